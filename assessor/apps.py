"""The Django application."""

from django.apps import AppConfig


class AssessorConfig(AppConfig):
    """Registers the system checks when Django starts."""

    name = "assessor"
    verbose_name = "Sovereignty Assessor"

    def ready(self) -> None:
        """Import the checks so that Django knows them."""
        from assessor import checks  # noqa: F401
