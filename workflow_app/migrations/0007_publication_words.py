"""What the search of publications finds them by, filled for those that are there."""

from itertools import islice

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
_BATCH = 1000
_WRITE = """
INSERT INTO workflow_app_publicationwords (publication_id, words)
SELECT publication_id, words::tsvector FROM unnest(%s::bigint[], %s::text[]) AS given(publication_id, words)
"""


def fill(apps, schema_editor):
    """Write the words of every publication, a thousand at a time."""
    publications = apps.get_model("workflow_app", "Publication").objects.order_by("pk")
    found = publications.values_list("pk", "title", "content").iterator(_BATCH)
    with schema_editor.connection.cursor() as cursor:
        while batch := list(islice(found, _BATCH)):
            keys = [key for key, _, _ in batch]
            words = [
                vector_of(title, *(str(content.get(name, "")) for name in _TEXTS))
                for _, title, content in batch
            ]
            cursor.execute(_WRITE, (keys, words))


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
