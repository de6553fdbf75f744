"""Database rules that Django cannot say in a model."""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON workflow_app_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON workflow_app_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

APPEND_ONLY_UNDO = """
DROP TRIGGER event_no_truncate ON workflow_app_event;
DROP TRIGGER event_append_only ON workflow_app_event;
DROP FUNCTION refuse_change();
"""

CALENDAR_VERSION = """
CREATE FUNCTION mark_calendar_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workflow_app_calendarversion (id, version) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET version = gen_random_uuid();
    RETURN NULL;
END $$;
CREATE TRIGGER calendar_day_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON workflow_app_calendarday
    FOR EACH STATEMENT EXECUTE FUNCTION mark_calendar_change();
CREATE TRIGGER calendar_notice_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON workflow_app_calendarnotice
    FOR EACH STATEMENT EXECUTE FUNCTION mark_calendar_change();
CREATE TRIGGER region_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON workflow_app_region
    FOR EACH STATEMENT EXECUTE FUNCTION mark_calendar_change();
"""

CALENDAR_VERSION_UNDO = """
DROP TRIGGER region_changed ON workflow_app_region;
DROP TRIGGER calendar_notice_changed ON workflow_app_calendarnotice;
DROP TRIGGER calendar_day_changed ON workflow_app_calendarday;
DROP FUNCTION mark_calendar_change();
"""
