-- An independent count of due dates: one day after the other, in the database, from the table of the notices.
-- It shares nothing with the code under test but the rules: 民法典第二百条至第二百零四条, and that paused time is added.

CREATE FUNCTION pg_temp.works(day date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT is_working FROM workflow_app_calendarday d WHERE d.day = works.day), extract(isodow FROM works.day) < 6)
$$;

CREATE TEMP TABLE walked_day AS
    SELECT day::date AS day, pg_temp.works(day::date) AS works
    FROM generate_series('2023-01-01'::date, '2027-12-31'::date, '1 day') AS day;
ALTER TABLE walked_day ADD PRIMARY KEY (day);
ANALYZE walked_day;

CREATE FUNCTION pg_temp.local_day(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT (moment AT TIME ZONE 'Asia/Shanghai')::date
$$;

CREATE FUNCTION pg_temp.at_local(day date, hour time) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT (day + hour) AT TIME ZONE 'Asia/Shanghai'
$$;

-- The end of office of the first working day whose end of office is not before the moment.
CREATE FUNCTION pg_temp.office_end(moment timestamptz, closes time) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    today date := pg_temp.local_day(moment);
BEGIN
    LOOP
        IF (SELECT works FROM walked_day w WHERE w.day = today) AND pg_temp.at_local(today, closes) >= moment THEN
            RETURN pg_temp.at_local(today, closes);
        END IF;
        today := today + 1;
    END LOOP;
END $$;

-- By stopwatch: as much working time passes outside of the pauses as lies between the start and the plain due date.
CREATE FUNCTION pg_temp.due_in_working_days(started timestamptz, amount int, pauses tstzmultirange, hours time[])
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    first date := pg_temp.local_day(started);
    today date := first;
    left_over int := amount;
    last date;
    plain timestamptz;
    needed interval := '0';
    period int;
    piece tstzrange;
    running tstzmultirange;
BEGIN
    WHILE left_over > 0 LOOP
        today := today + 1;
        IF (SELECT works FROM walked_day w WHERE w.day = today) THEN left_over := left_over - 1; END IF;
    END LOOP;
    last := today;
    plain := pg_temp.at_local(last, hours[cardinality(hours)]);
    IF isempty(pauses) THEN RETURN plain; END IF;
    FOR today IN SELECT w.day FROM walked_day w WHERE w.works AND w.day BETWEEN first AND last ORDER BY w.day LOOP
        FOR period IN 1..cardinality(hours) BY 2 LOOP
            needed := needed + greatest('0', pg_temp.at_local(today, hours[period + 1])
                - greatest(started, pg_temp.at_local(today, hours[period])));
        END LOOP;
    END LOOP;
    FOR today IN SELECT w.day FROM walked_day w WHERE w.works AND w.day >= first ORDER BY w.day LOOP
        FOR period IN 1..cardinality(hours) BY 2 LOOP
            CONTINUE WHEN pg_temp.at_local(today, hours[period + 1]) <= started;
            running := tstzmultirange(tstzrange(greatest(started, pg_temp.at_local(today, hours[period])),
                pg_temp.at_local(today, hours[period + 1]))) - pauses;
            FOR piece IN SELECT unnest(running) LOOP
                IF upper(piece) - lower(piece) >= needed THEN RETURN lower(piece) + needed; END IF;
                needed := needed - (upper(piece) - lower(piece));
            END LOOP;
        END LOOP;
    END LOOP;
    RAISE EXCEPTION 'the days are used up';
END $$;

-- In days or months: paused time is added to the end, which then moves off rest days.
CREATE FUNCTION pg_temp.due_in_calendar_time(started timestamptz, amount int, unit text, pauses tstzmultirange, hours time[])
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    closes time := hours[cardinality(hours)];
    -- 2026-01-31 + 1 month is 2026-02-28 here too (民法典第二百零二条).
    reached timestamptz := pg_temp.at_local((pg_temp.local_day(started)
        + CASE unit WHEN 'month' THEN make_interval(months => amount) ELSE make_interval(days => amount) END)::date, closes);
    due timestamptz := pg_temp.office_end(reached, closes);
    piece tstzrange;
BEGIN
    FOR piece IN SELECT unnest(pauses) LOOP
        EXIT WHEN lower(piece) >= due;
        reached := greatest(reached + (upper(piece) - lower(piece)), upper(piece));
        due := pg_temp.office_end(reached, closes);
    END LOOP;
    RETURN due;
END $$;

CREATE FUNCTION pg_temp.walked_due(started timestamptz, amount int, unit text, pauses tstzmultirange, hours time[])
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE unit
        WHEN 'working_day' THEN pg_temp.due_in_working_days(started, amount,
            pauses * tstzmultirange(tstzrange(started, NULL)), hours)
        ELSE pg_temp.due_in_calendar_time(started, amount, unit, pauses * tstzmultirange(tstzrange(started, NULL)), hours)
    END
$$;
