"""Settings of graph.facts: block ``facts`` of the configuration."""

from __future__ import annotations

from pydantic import Field

from kgspark.settings import Settings


class FactsSettings(Settings):
    """What counts as a value and as a pair bought together."""

    max_value_length: int = Field(
        120, ge=1, description="Longest attribute value that becomes a node, in characters; longer ones are prose"
    )
    min_text_confidence: float = Field(
        0.9, ge=0, le=1, description="Probability of a reading in an offer's texts from which it may become a fact"
    )
    significant_digits: int = Field(
        6, ge=1, le=28, description="Digits kept of a quantity after conversion to its canonical unit"
    )
    max_basket_products: int = Field(
        100,
        ge=2,
        description="Distinct products above which a basket is left out of bought_with: n make n(n-1)/2 pairs",
    )
    min_pair_baskets: int = Field(3, ge=1, description="Baskets that must hold both products of a bought_with edge")
    min_llr: float = Field(
        10.83, ge=0, description="Lowest log-likelihood ratio G2 of a bought_with edge; 10.83 is p = 0.001"
    )
    max_pairs_per_product: int = Field(
        20, ge=1, description="bought_with edges of a product at most: a pair must be among the best of both its ends"
    )
