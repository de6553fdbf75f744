"""What the database itself holds: the audit trail refuses change, and changes of the calendar are counted."""

from django.db import migrations

from workflow_app.models.triggers import (
    APPEND_ONLY,
    APPEND_ONLY_UNDO,
    CALENDAR_VERSION,
    CALENDAR_VERSION_UNDO,
)


class Migration(migrations.Migration):
    dependencies = [("workflow_app", "0001_start")]
    operations = [
        migrations.RunSQL(APPEND_ONLY, APPEND_ONLY_UNDO),
        migrations.RunSQL(CALENDAR_VERSION, CALENDAR_VERSION_UNDO),
    ]
