"""Words that came into many titles at once are no evidence, though the matcher that is kept never met them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark.resolve import matching, spreading
from kgspark.resolve.matcher import Matcher
from kgspark.resolve.offers import corpus_of, listed
from tests.resolve.test_distributed import CFG, NIGHT

WORD = "xyzzy9"


@pytest.fixture(scope="module")
def flood(offers: DataFrame) -> DataFrame:
    """A third of the titles end with a word that was in none."""
    third = F.when(F.xxhash64("offer_id") % 3 == 0, F.concat("title", F.lit(f" {WORD}")))
    return offers.withColumn("title", F.coalesce(third, "title")).localCheckpoint()


def test_what_has_spread_is_found_in_one_process_and_over_spark(flood: DataFrame, fitted: matching.Fit) -> None:
    known = fitted.matcher.frequencies
    read = listed(flood, ("left", "right"))
    here = spreading.of_corpus(known, corpus_of(read.toArrow()))
    assert here.tokens.keys() == {WORD}
    held = flood.where(F.col("title").contains(WORD)).count()
    assert held / 2 <= here.tokens[WORD][0] <= 2 * held
    # Its 3-grams were in no title either.
    assert here.grams
    assert spreading.of_frame(known, read, None) == (here, here)


def test_nothing_has_spread_among_the_offers_of_the_fit(offers: DataFrame, fitted: matching.Fit) -> None:
    corpus = corpus_of(listed(offers, ("left", "right")).toArrow())
    spread = spreading.of_corpus(fitted.matcher.frequencies, corpus)
    assert spread == spreading.Spread()
    assert spreading.under(fitted.matcher, spread) is fitted.matcher


def test_the_word_joins_nothing(
    flood: DataFrame, nobody: DataFrame, fitted: matching.Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fitted.save(str(tmp_path), "a test")
    cfg = CFG.model_copy(update={"refit_at": 0.5})

    def likely() -> set[tuple[str, str]]:
        again = matching.fit(flood, nobody, cfg=cfg, night=NIGHT, kept=folder)
        assert again.kept == folder
        assert again.rows is not None
        rows = again.rows.filter(pc.greater(again.rows.column("probability"), 0.5))
        return set(zip(*(rows.column(name).to_pylist() for name in ("left_offer_id", "right_offer_id")), strict=True))

    def wrong(pairs: set[tuple[str, str]]) -> int:
        return sum(left.partition("/")[2] != right.partition("/")[2] for left, right in pairs)

    known = likely()
    monkeypatch.setattr(spreading, "FEWEST", 10_000)
    unknown = likely()
    assert wrong(known) < wrong(unknown)


def test_a_matcher_knows_the_number_and_the_weight_of_its_bucket(fitted: matching.Fit, flood: DataFrame) -> None:
    corpus = corpus_of(listed(flood, ("left", "right")).toArrow())
    before: Matcher = fitted.matcher
    after = spreading.under(before, spreading.Spread({WORD: (64, 64)}, {int(corpus.gram_codes[0]): 4096}))
    assert after.frequencies.tokens == (*before.frequencies.tokens, WORD)
    assert after.frequencies.name[-1] == after.frequencies.text[-1] == 64
    assert after.fitted.tokens.shape[2] == before.fitted.tokens.shape[2] + 1
    np.testing.assert_array_equal(after.fitted.tokens[:, :, :-1], before.fitted.tokens)
    row = after.frequencies.gram_rows(corpus.gram_codes[:1])[0]
    assert after.frequencies.gram_df[row] == 4096
    assert (np.diff(after.frequencies.grams) > 0).all()
