"""Settings of extract.attributes: block ``attributes`` of the configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kgspark.settings import Settings


class AttributesSettings(Settings):
    """How attribute values are read in the texts of offers."""

    max_text_length: int = Field(
        4000, ge=1, description="Characters of a title or description that are read; what follows is boilerplate"
    )
    min_confidence: float = Field(0.5, ge=0, le=1, description="Probability below which a reading is not kept")
    min_support: int = Field(
        2, ge=1, description="Offers that must declare a value before other texts are searched for it"
    )
    max_fit_offers: int = Field(50_000, ge=1, description="Offers that the lexicon is learnt from (drawn by hash)")
    lexicon: str | None = Field(
        None,
        description="Folder of a fitted lexicon, such as an earlier night's; null: the last release's, as far as "
        "refit_at allows",
    )
    refit_at: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Share of the offers, of the last fit and of tonight, that are not the same in both, above which "
        "a night learns a new lexicon",
    )
    synonyms: str | None = Field(
        None, description="CSV of attribute, value, means: what people say of values; null: only what is learnt"
    )
    reader: str | None = Field(
        None,
        description="Folder of a fitted reader (kgspark attributes train), the same on every worker; null: none",
    )
    reader_device: Literal["auto", "cpu", "cuda"] = Field(
        "cpu",
        description="Where a reader's tagger runs, in each Python worker. cpu: text by text, so that no answer depends "
        "on another; on a GPU (cuda, or auto where there is one) many texts at once, and confidences differ in their "
        "last digits by what else is asked",
    )
