"""The door for files: one that grows past the limit is not read on, every other is scanned before anybody reads it."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    SkipFile,
    TemporaryFileUploadHandler,
)
from django.utils.translation import gettext

from assessor.services import scanning
from assessor.services.scanning import ScanRefused

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


class _KeepsRequest(FileUploadHandler):
    """Keeps the request with a file, so that whoever has it scanned can say who sent it."""

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Return the file with its request in `came_with`."""
        file = super().file_complete(file_size)
        if file is not None:
            file.came_with = self.request  # type: ignore[attr-defined]
        return file


class InMemory(_KeepsRequest, MemoryFileUploadHandler):
    """Small files."""


class OnDisc(_KeepsRequest, TemporaryFileUploadHandler):
    """Large files."""


class TakenFile(forms.FileField):
    """A file that comes in: every form takes files through this field.

    What the operator's scanner refuses is said beside the field, and the rest of the form stays.
    """

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the file once it was scanned."""
        found = super().clean(data, initial)
        if isinstance(found, UploadedFile):
            try:
                scanning.check_upload(found)
            except ScanRefused as refusal:
                raise forms.ValidationError(refusal.sentence(gettext), code="scanned") from refusal
        return found
