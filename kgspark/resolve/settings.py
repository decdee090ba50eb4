"""Settings of resolve.products: block ``resolve`` of the configuration."""

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
