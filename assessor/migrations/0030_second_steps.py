"""Seeds of second steps are sealed, and an organisation may want one of its members."""

from django.db import migrations, models

from assessor.services.second_steps import SEEDS, sealed


def seal(apps, schema_editor):
    """Seal every seed that lies open, bound to its account; what is sealed already stays as it is."""
    rows = apps.get_model("mfa", "Authenticator").objects
    for kind, name in SEEDS.items():
        for row in rows.filter(type=kind).iterator():
            seed = row.data.get(name, "")
            if seed and not seed.startswith("v1:"):
                row.data[name] = sealed(seed, row.user_id, kind)
                row.save(update_fields=["data"])


class Migration(migrations.Migration):

    dependencies = [
        ("assessor", "0027_stored_keys"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="second_step_required",
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
