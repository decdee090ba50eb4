"""Settings of product resolution: block ``resolve`` of the configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kgspark.settings import Settings


class ResolveSettings(Settings):
    """Which shared keys make offers one product, and when a key is too common to be believed."""

    engine: Literal["auto", "graphframes", "driver", "arrow"] = Field(
        "auto", description="Engine of the connected components; all give the same products"
    )
    max_offers_per_gtin: int = Field(
        50, ge=2, description="Offers above which a shared GTIN joins none of them: a placeholder, not a product"
    )
    max_offers_per_mpn: int = Field(
        50, ge=2, description="Offers above which a shared brand and model number joins none of them"
    )
    min_mpn_length: int = Field(
        4, ge=1, description="Letters and digits a model number needs to join offers, a digit among them"
    )
    mpn_confidence: float = Field(
        0.9, gt=0, le=1, description="Probability that one brand and model number is one product; a GTIN's is 1"
    )
    candidates: int = Field(
        10, ge=1, description="Nearest offers that each of the three searches gives an offer (name, text, 3-grams)"
    )
    max_word_offers: int = Field(
        2000, ge=1, description="Offers above which a word is not searched by: it costs most and tells least"
    )
    max_gram_offers: int = Field(500, ge=1, description="Offers above which a character 3-gram is not searched by")
    min_probability: float = Field(
        0.5, gt=0, le=1, description="Probability from which a pair is taken for one product"
    )
    max_cluster_offers: int = Field(
        500, ge=2, description="Offers of the largest product; a larger one falls apart along its weakest pairs"
    )
    min_winners: int = Field(
        100,
        ge=1,
        description="Best pairs without which nothing can be learnt; with fewer, only shared keys join offers",
    )
