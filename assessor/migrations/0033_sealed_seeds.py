"""Seeds of second steps are sealed."""

from django.db import migrations

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
        ("assessor", "0032_one_order_for_one_instant"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
