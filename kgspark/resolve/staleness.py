"""Whether the last release's matcher still fits tonight's offers and answers, or a new one must be fitted.

sketches of offers and answers, then and now; words that became common since -> the matcher, or None
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from pyspark.sql import functions as F

from kgspark import artifacts, drift
from kgspark.resolve import store
from kgspark.resolve.corpus import document_frequency, hash_texts
from kgspark.resolve.matcher import Matcher, columns
from kgspark.resolve.offers import corpus_of, listed
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger(__name__)
# The name of the sketch of people's answers in a matcher's manifest.
ANSWERS = "answers"
# Offers that are looked into for words that became common, and how many of these must hold one: a word that is twice as
# frequent as the cap allows is then hardly missed, and one below the cap hardly taken for it.
_SAMPLE, _HELD = 2000, 20


def hashes(said: Sequence[tuple[str, str, int]]) -> tuple[int, ...]:
    """A hash of each answer, which is another where the answer is."""
    return tuple(sorted(hash_texts(f"{left}\0{right}\0{code}" for left, right, code in said).view(np.int64).tolist()))


def good_enough(
    folder: str | None,
    offers: DataFrame,
    number: int,
    rows: Sequence[int],
    answers: Sequence[int],
    cfg: ResolveSettings,
) -> Matcher | None:
    """The matcher in a folder, if it learnt anything, and offers (silver.offers, ``number`` of them, and their sketch),
    their words and people's answers (their hashes) are much those that it was fitted on.
    """
    if not folder or not drift.holds(folder, rows, cfg.refit_at):
        return None
    matcher = store.load(folder)
    other = set(answers) ^ set(artifacts.manifest(folder).get("seen", {}).get(ANSWERS, ()))
    if not matcher.learnt or len(other) >= cfg.refit_answers:
        return None
    common = newly_common(offers, number, matcher, cfg)
    if common:
        log.info("resolve: a new matcher is fitted, as it knows nothing of words that are common now: %s", common[:10])
    return None if common else matcher


def newly_common(offers: DataFrame, number: int, matcher: Matcher, cfg: ResolveSettings) -> list[str]:
    """Words that more than twice ``max_word_offers`` offers hold, as far as a sample tells, and at most the cap held
    when the matcher was fitted: it would search by them, and take them for rare.
    """
    drawn = offers.orderBy(F.xxhash64("offer_id"), "offer_id").limit(_SAMPLE)
    sample = corpus_of(listed(drawn, ()).toArrow())
    held = document_frequency(sample.text)
    most = cfg.max_word_offers
    # Few offers are all in the sample; none of their words can be too common.
    of_all = held * max(1.0, number / max(len(sample), 1))
    found = np.flatnonzero((of_all > 2 * most) & (held >= _HELD) & (columns(matcher.frequencies, sample).text <= most))
    return [sample.vocabulary[column] for column in found]
