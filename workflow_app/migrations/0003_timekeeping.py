"""Changes with preview, figures, reminders, and what boards are read from."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import workflow_app.models.figures


class Migration(migrations.Migration):
    dependencies = [
        ("workflow_app", "0002_append_only_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("calendar", "工作日历"), ("hours", "办公时间"), ("rules", "时限规则")],
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "草稿"),
                            ("applied", "已生效"),
                            ("undone", "已撤销"),
                            ("discarded", "已放弃"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("content", models.JSONField(default=dict)),
                ("before", models.JSONField(null=True)),
                ("created_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ChangeEffect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("moves", "到期时间变动"),
                            ("overdue", "变为超期"),
                            ("recovers", "不再超期"),
                        ],
                        max_length=10,
                    ),
                ),
                ("before_due_at", models.DateTimeField()),
                ("after_due_at", models.DateTimeField()),
                ("before_terms", models.JSONField(default=dict)),
                ("after_terms", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Figure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField()),
                ("process", models.SlugField(db_index=False, max_length=40)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("clock", "时限"),
                            ("task", "步骤"),
                            ("case", "案件"),
                            ("officer", "经办人"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("count", models.PositiveIntegerField(default=0)),
                ("late_count", models.PositiveIntegerField(default=0)),
                ("net_working_seconds", models.BigIntegerField(default=0)),
                ("gross_working_seconds", models.BigIntegerField(default=0)),
                ("gross_calendar_seconds", models.BigIntegerField(default=0)),
                ("histogram", workflow_app.models.figures.CountsField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("note", models.CharField(blank=True, max_length=200)),
                ("told", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="clock",
            name="clock_due",
        ),
        migrations.RemoveIndex(model_name="task", name="task_mine"),
        migrations.RemoveConstraint(model_name="clock", name="one_running_clock_per_name"),
        migrations.AddField(
            model_name="calendarnotice",
            name="link",
            field=models.URLField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="case",
            name="answered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="is_counted",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="clock",
            name="agency",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="workflow_app.agency",
            ),
        ),
        migrations.AddField(
            model_name="clock",
            name="escalation",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="clock",
            name="is_applicants",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="clock",
            name="is_counted",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="clock",
            name="process",
            field=models.SlugField(db_index=False, default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="deadlinerule",
            name="escalation",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="deadlinerule",
            name="is_edited",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="task",
            name="is_counted",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="task",
            name="process",
            field=models.SlugField(db_index=False, default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("status__in", ("open", "claimed"))),
                fields=["assignee", "due_at", "id"],
                include=("agency", "process", "element", "role", "clock"),
                name="task_mine",
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stopped_at__isnull", True)),
                fields=("case", "name"),
                name="one_running_clock_per_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "stopped"), ("stopped_at__isnull", False)),
                    models.Q(models.Q(("status", "stopped"), _negated=True), ("stopped_at__isnull", True)),
                    _connector="OR",
                ),
                name="stopped_clock_says_when",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("answered_at__isnull", False), ("is_counted", False)),
                fields=["id"],
                name="case_uncounted",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("status", "running")),
                fields=["due_at"],
                include=("agency", "process", "name", "is_applicants"),
                name="clock_due",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("breached_at__isnull", False)),
                fields=["breached_at", "id"],
                include=("agency", "process", "name", "status"),
                name="clock_breached",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("is_counted", False), ("status", "stopped")),
                fields=["id"],
                name="clock_uncounted",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["filed_at"], include=("agency", "process"), name="case_filed"),
        ),
        migrations.AddIndex(
            model_name="creditrecord",
            index=models.Index(
                condition=models.Q(("category__in", ("licence", "penalty")), ("is_deleted", False)),
                fields=["published_on"],
                include=("source_agency", "decision_on"),
                name="record_published",
            ),
        ),
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(condition=models.Q(("is_listed", True)), fields=["id"], name="subject_listed"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("is_counted", False), ("status", "done")),
                fields=["id"],
                name="task_uncounted",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="applied_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="undone_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="changeeffect",
            name="change",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="effects", to="workflow_app.change"
            ),
        ),
        migrations.AddField(
            model_name="changeeffect",
            name="clock",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="effects", to="workflow_app.clock"
            ),
        ),
        migrations.AddField(
            model_name="figure",
            name="agency",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="workflow_app.agency",
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reminders", to="workflow_app.case"
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="task",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reminders", to="workflow_app.task"
            ),
        ),
        migrations.AddField(
            model_name="clockrung", name="attempts", field=models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddField(model_name="clockrung", name="problem", field=models.TextField(blank=True)),
        migrations.AddField(model_name="clockrung", name="retry_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="savedview",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="views", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ("draft", "discarded")),
                    models.Q(
                        ("applied_at__isnull", False),
                        ("applied_by__isnull", False),
                        ("before__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="applied_change_names_who_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "undone"), _negated=True),
                    models.Q(("undone_at__isnull", False), ("undone_by__isnull", False)),
                    _connector="OR",
                ),
                name="undone_change_names_who_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="changeeffect",
            constraint=models.UniqueConstraint(
                fields=("change", "clock"), name="one_effect_per_change_and_clock"
            ),
        ),
        migrations.AddConstraint(
            model_name="figure",
            constraint=models.UniqueConstraint(
                fields=("kind", "month", "process", "agency", "name"), name="one_figure_per_month_and_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("user", "name"), name="one_view_per_user_and_name"),
        ),
        # Boards read indexes alone, which holds for pages that have been vacuumed since they were written; by itself
        # PostgreSQL waits until a fifth of the table is new, and that is where all that is open lies.
        migrations.RunSQL(
            "ALTER TABLE workflow_app_clock SET (autovacuum_vacuum_insert_scale_factor = 0.01); "
            "ALTER TABLE workflow_app_task SET (autovacuum_vacuum_insert_scale_factor = 0.01);",
            "ALTER TABLE workflow_app_clock RESET (autovacuum_vacuum_insert_scale_factor); "
            "ALTER TABLE workflow_app_task RESET (autovacuum_vacuum_insert_scale_factor);",
        ),
    ]
