"""Settings of product resolution: block ``resolve`` of the configuration."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field

from kgspark.settings import Settings

log = logging.getLogger(__name__)

# What decides a pair beside the numbers of a fitted matcher. The thresholds of the union are not among it: what is done
# with a probability is the business of the night that asks.
DECIDING = (
    "max_offers_per_gtin",
    "max_offers_per_mpn",
    "mpn_confidence",
    "candidates",
    "unguarded_candidates",
    "max_word_offers",
    "max_gram_offers",
    "min_kept_probability",
)


class ResolveSettings(Settings):
    """Which offers are compared, from which probability a pair is believed, and where that is computed."""

    engine: Literal["auto", "graphframes", "driver", "arrow"] = Field(
        "auto", description="Engine of the connected components; all give the same products"
    )
    matcher: str | None = Field(
        None,
        description="Folder of a fitted matcher to apply (an earlier night's artefact); null: the last release's, as "
        "far as refit_at allows",
    )
    refit_at: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Share of the offers, of the last fit and of tonight, that are not the same in both, above which a "
        "night fits a new matcher",
    )
    refit_answers: int = Field(
        50,
        ge=1,
        description="Answers of people, more or less than at the last fit, from which a night fits a new matcher",
    )
    decisions: str | None = Field(
        None, description="What people decided on pairs: CSV file or Delta table; see kgspark resolve review"
    )
    review_pairs: int = Field(
        1000, ge=0, description="Pairs that silver.review_pairs lists for people to judge, the least certain first"
    )
    max_driver_offers: int = Field(
        100_000,
        ge=0,
        description="Offers up to which one process resolves them; above, Spark does, with the same pairs",
    )
    max_fit_offers: int = Field(
        50_000, ge=1000, description="Offers that a matcher is fitted on where Spark resolves: neighbours by hash"
    )
    shard_offers: int = Field(
        500_000, ge=1000, description="Offers that a task searches in, where Spark resolves: memory of a worker"
    )
    max_repeat_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Share of a source's offers repeated by their seller above which 'unique' is not believed",
    )
    max_offers_per_gtin: int = Field(
        50, ge=2, description="Offers above which a shared GTIN joins none of them: a placeholder, not a product"
    )
    max_offers_per_mpn: int = Field(
        50, ge=2, description="Offers above which a shared brand and model number joins none of them"
    )
    mpn_confidence: float = Field(
        0.9,
        gt=0,
        le=1,
        description="Probability that one brand and model number is one product, a GTIN's being 1, where too few pairs "
        "win for anything to be learnt",
    )
    candidates: int = Field(
        10, ge=1, description="Nearest offers that each of the three searches gives an offer (name, text, 3-grams)"
    )
    unguarded_candidates: int = Field(
        30, ge=1, description="The same for offers of sellers that repeat products, or list few where most do"
    )
    max_word_offers: int = Field(
        2000, ge=1, description="Offers above which a word is not searched by: it costs most and tells least"
    )
    max_gram_offers: int = Field(500, ge=1, description="Offers above which a character 3-gram is not searched by")
    min_probability: float = Field(
        0.5, gt=0, le=1, description="Probability from which a pair is taken for one product"
    )
    min_mean_probability: float = Field(
        0.4,
        ge=0,
        le=1,
        description="Mean probability of all pairs between two groups of offers from which they may unite, where their "
        "sellers repeat products, or list few offers as most do",
    )
    min_kept_probability: float = Field(
        0.05, gt=0, le=1, description="Probability from which a pair is kept in silver.offer_pairs"
    )
    max_cluster_offers: int = Field(
        500, ge=2, description="Offers of the largest product; a larger one falls apart along its weakest pairs"
    )
    min_winners: int = Field(
        100,
        ge=1,
        description="Best pairs (half as many as offers with a best partner) without which nothing can be learnt; with "
        "fewer, only shared keys join offers",
    )

    def deciding(self) -> dict[str, float]:
        """The settings that decide a pair, as a matcher keeps them."""
        return {name: getattr(self, name) for name in DECIDING}

    def under(self, kept: Mapping[str, float]) -> Self:
        """These settings with those that a fitted matcher was fitted under, so that it gives the pairs it gave then."""
        told = {name: value for name, value in kept.items() if getattr(self, name) != value}
        for name, value in sorted(told.items()):
            log.warning(
                "resolve.%s is %s in the configuration and %s in the matcher that is applied: the matcher's counts; "
                "fit a new one to change it", name, getattr(self, name), value,
            )  # fmt: skip
        return self.model_copy(update=told) if told else self
