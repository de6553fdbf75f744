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
