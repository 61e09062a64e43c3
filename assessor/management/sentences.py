"""What every command says of a failure: one sentence on standard error, and exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError

from assessor.errors import AssessorError


@contextmanager
def failures_told(file: object = "") -> Iterator[None]:
    """Raise `CommandError` with a sentence for what fails inside; `file` is named where the system names none."""
    try:
        yield
    except AssessorError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(
            f"{error.filename or file}: {error.strerror}. Check the name and the permissions."
        ) from error
    except DatabaseError as error:
        raise CommandError(f"The database refused: {str(error).strip()}.") from error
