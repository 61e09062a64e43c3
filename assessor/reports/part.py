"""What every part of the report model shares: it never changes, and knows no key that its schema does not."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of the report model: immutable, and no key that the schema does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
