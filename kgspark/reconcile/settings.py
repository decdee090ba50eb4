"""Settings of reconcile.products: block ``reconcile`` of the configuration."""

from __future__ import annotations

from pydantic import Field

from kgspark.settings import Settings


class ReconcileSettings(Settings):
    """How golden records are chosen."""

    max_title_length: int = Field(
        150, ge=1, description="Longest title that is preferred for its length, in characters; longer ones are stuffed"
    )
    max_description_length: int = Field(
        20_000, ge=1, description="Longest description that may win, in characters; longer ones are dumps of a page"
    )
