"""Messages that wait for office hours."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_start"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="held_until",
            field=models.DateTimeField(null=True),
        ),
    ]
