"""Settings of extract.aspects: block ``aspects`` of the configuration."""

from __future__ import annotations

from pydantic import Field

from kgspark.settings import Settings


class AspectsSettings(Settings):
    """How the lexicon of opinions is learnt, and which of its readings are kept."""

    lexicon: str | None = Field(
        None,
        description="Folder of a learnt lexicon to apply, such as an earlier night's artefact; null: the last "
        "release's, as far as refit_at allows",
    )
    refit_at: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Share of the reviews, of the last fit and of tonight, that are not the same in both, above which "
        "a night learns a new lexicon",
    )
    max_fit_reviews: int = Field(
        20_000, ge=0, description="Reviews of each language that the lexicon is learnt from, drawn by hash"
    )
    min_support: int = Field(
        8, ge=2, description="Reviews that must speak of an aspect, or in an opinion word, before the lexicon takes it"
    )
    min_confidence: float = Field(0.5, ge=0, le=1, description="Probability from which a reading is kept")
    max_text_length: int = Field(20_000, ge=100, description="Characters of a review that are read; the rest is not")
    max_quote_length: int = Field(
        240, ge=20, description="Characters of a sentence that is quoted; longer ones are cut"
    )
