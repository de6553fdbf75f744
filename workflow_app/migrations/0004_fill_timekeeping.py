"""Fill what 0003 added: the chain of escalation from the warning points, and what clocks and tasks repeat of cases."""

from django.db import migrations

_CHAIN = """coalesce((SELECT jsonb_object_agg(p, CASE WHEN p::int < 80 THEN 'assignee' WHEN p::int < 100 THEN 'queue'
    ELSE 'supervisor' END) FROM jsonb_array_elements_text({points}) p), '{{}}')"""

# ruff: noqa: S608 - no value from outside
FILL = f"""
UPDATE workflow_app_deadlinerule SET escalation = {_CHAIN.format(points="warning_points")};
UPDATE workflow_app_clock SET escalation = {_CHAIN.format(points="warning_points")};
UPDATE workflow_app_case SET rules = coalesce((
    SELECT jsonb_object_agg(key, (value - 'warning_points')
        || jsonb_build_object('escalation', {_CHAIN.format(points="value -> 'warning_points'")}))
    FROM jsonb_each(rules)), '{{}}');
UPDATE workflow_app_clock SET process = c.process, agency_id = c.agency_id, is_applicants = coalesce((
    SELECT bool_and(t.role = 'applicant') FROM workflow_app_task t
    WHERE t.case_id = workflow_app_clock.case_id AND t.clock = workflow_app_clock.name
        AND t.created_at >= workflow_app_clock.started_at), false)
    FROM workflow_app_case c WHERE c.id = case_id;
UPDATE workflow_app_task SET process = c.process FROM workflow_app_case c WHERE c.id = case_id;
UPDATE workflow_app_case SET answered_at = coalesce((
    SELECT min(k.stopped_at) FROM workflow_app_clock k WHERE k.case_id = workflow_app_case.id
        AND k.name = CASE WHEN process IN ('objection', 'repair') THEN 'handle' ELSE 'decide' END), closed_at)
    WHERE status <> 'withdrawn';
"""


class Migration(migrations.Migration):
    dependencies = [("workflow_app", "0003_timekeeping")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
