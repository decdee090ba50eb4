"""The base of every settings block: frozen, typed, and strict about keys it does not know."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """One block of the configuration; each field's description states its unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")
