"""The Django application."""

from django.apps import AppConfig


class AssessorConfig(AppConfig):
    """Registers system checks and receivers when Django starts."""

    name = "assessor"
    verbose_name = "Sovereignty Assessor"

    def ready(self) -> None:
        """Import the checks and receivers so that Django knows them."""
        from assessor import checks, receivers  # noqa: F401
