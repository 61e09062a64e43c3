"""Installations of their own, as for backups."""

from tests.services.backups.conftest import install

__all__ = ["install"]
