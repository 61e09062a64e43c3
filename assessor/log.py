"""What the log says; loaded before anything else, so it knows nothing of the product."""

import logging

from django.core.exceptions import PermissionDenied


class RefusalsInALine(logging.Filter):
    """Keeps a refusal in one line: a 403 is an answer, and its traceback would look like a fault of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the traceback off a refusal."""
        if record.exc_info and isinstance(record.exc_info[1], PermissionDenied):
            record.exc_info, record.exc_text = None, None
        return True
