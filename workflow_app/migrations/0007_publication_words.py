"""What the search of publications finds them by, filled for those that are there."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from workflow_app.domain.shingles import vector_of

_TEXTS = (
    "subject",
    "subject_code",
    "matter",
    "matter_en",
    "commitment_code",
    "agency",
    "agency_en",
    "title_en",
)
_WRITE = "INSERT INTO workflow_app_publicationwords (publication_id, words) VALUES (%s, %s::tsvector)"


def fill(apps, schema_editor):
    """Write the words of every publication, a thousand at a time."""
    rows = apps.get_model("workflow_app", "Publication").objects.values_list("pk", "title", "content")
    with schema_editor.connection.cursor() as cursor:
        for pk, title, content in rows.iterator(1000):
            cursor.execute(_WRITE, (pk, vector_of(title, *(str(content.get(name, "")) for name in _TEXTS))))


class Migration(migrations.Migration):
    dependencies = [("workflow_app", "0006_portal_and_desk")]

    operations = [
        migrations.CreateModel(
            name="PublicationWords",
            fields=[
                (
                    "publication",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="workflow_app.publication",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["words"], name="publication_words")
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
