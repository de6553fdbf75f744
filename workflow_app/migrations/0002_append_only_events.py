"""The audit trail refuses change, whoever asks."""

from django.db import migrations

from workflow_app.models.triggers import APPEND_ONLY, APPEND_ONLY_UNDO


class Migration(migrations.Migration):
    dependencies = [("workflow_app", "0001_start")]
    operations = [migrations.RunSQL(APPEND_ONLY, APPEND_ONLY_UNDO)]
