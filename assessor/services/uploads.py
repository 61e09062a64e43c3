"""Stops reading an upload where it grows past the limit; the rest of the form arrives all the same."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

# The one field through which a whole assessment with its files comes in.
ARCHIVE_FIELD = "exchange"


class SizeGate(FileUploadHandler):
    """Stands before Django's own handlers: a file past the limit is dropped, and its field is remembered.

    The names of the fields whose files were dropped are in `request.too_large`.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin to count."""
        super().new_file(*args, **kwargs)
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand a chunk on, unless the file has grown too large by it."""
        self.seen += len(raw_data)
        if self.seen > (settings.ARCHIVE_MAX_BYTES if self.field_name == ARCHIVE_FIELD else settings.UPLOAD_MAX_BYTES):
            request = self.request
            request.too_large = {*getattr(request, "too_large", ()), self.field_name}  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers that follow."""
