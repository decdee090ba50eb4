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
    min_text_confidence: float = Field(
        0.8,
        ge=0,
        le=1,
        description="Probability of a reading in the text from which it may contradict a declared value",
    )
    max_category_factor: float = Field(
        20, gt=1, description="Times above or below its category's median from which a declared quantity is unusual"
    )
    min_category_offers: int = Field(
        20, ge=1, description="Offers of a category that must declare a quantity before its median says what is usual"
    )
    min_conflict: float = Field(
        0.9,
        ge=0,
        le=1,
        description="Probability of being wrong from which a declared value never wins in a golden record",
    )
    min_fill_confidence: float = Field(
        0.9, ge=0, le=1, description="Probability of a reading in the text from which it fills what no offer declares"
    )
