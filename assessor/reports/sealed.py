"""Models that carry the hash of their own content, for the smaller papers beside the report."""

from typing import Any, Self

from pydantic import model_validator

from assessor.content import content_hash
from assessor.reports.part import Part


class Sealed(Part):
    """A model with its seal: `input_hash` is the sha256 of the canonical JSON of the rest, checked on reading."""

    input_hash: str

    @classmethod
    def sealed(cls, body: Part) -> Self:
        """Return `body` with its hash."""
        data = body.model_dump(mode="json")
        return cls.model_validate(data | {"input_hash": content_hash(data)})

    @model_validator(mode="after")
    def _seal_fits(self) -> Self:
        if self.input_hash != content_hash(self.plain(exclude={"input_hash"})):
            raise ValueError("input_hash does not fit the content: it was changed after it was made")
        return self

    def plain(self, exclude: set[str] | None = None) -> dict[str, Any]:
        """Return it as JSON data; what was read gains no keys."""
        return self.model_dump(mode="json", exclude_unset=True, exclude=exclude)

    def json_text(self) -> str:
        """Return it as indented JSON with a final newline; the same bytes for the same content."""
        return self.model_dump_json(indent=2, exclude_unset=True) + "\n"
