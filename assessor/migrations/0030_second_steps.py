"""An organisation may want a second step of its members."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("assessor", "0027_stored_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="second_step_required",
            field=models.BooleanField(default=False),
        ),
    ]
