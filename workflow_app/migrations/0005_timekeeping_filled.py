"""What 0004 has filled is required from now on, and what it was filled from is gone."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflow_app", "0004_fill_timekeeping")]
    operations = [
        migrations.AlterField(
            "clock",
            "agency",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="workflow_app.agency",
            ),
        ),
        migrations.RemoveField("clock", "warning_points"),
        migrations.RemoveField("deadlinerule", "warning_points"),
    ]
