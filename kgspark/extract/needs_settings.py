"""Settings of extract.needs: block ``needs`` of the configuration."""

from __future__ import annotations

from pydantic import Field

from kgspark.settings import Settings


class NeedsSettings(Settings):
    """Which needs are believed."""

    min_supporters: int = Field(
        3, ge=1, description="Independent shoppers and sellers that must state a need, in a strong pattern, to keep it"
    )
    max_text_length: int = Field(20_000, ge=100, description="Characters of a text that are read; the rest is not")
