"""Words that came into many titles at once are no evidence, though the matcher that is kept never met them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.resolve import matching, resolver, spreading
from kgspark.resolve.corpus import Corpus, hash_texts
from kgspark.resolve.matcher import Frequencies, Matcher
from kgspark.resolve.offers import corpus_of, listed
from tests.resolve import worlds
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
    assert spreading.of_frame(known, read) == here


def test_what_had_spread_before_some_offers_changed(
    offers: DataFrame, flood: DataFrame, fitted: matching.Fit, spark: SparkSession
) -> None:
    known = fitted.matcher.frequencies
    read, before = (listed(each, ("left", "right")) for each in (flood, offers))
    touched = flood.where(F.col("title").contains(WORD)).select("offer_id")
    were = before.join(touched, on="offer_id", how="left_semi")
    now, then = spreading.of_both(known, read, touched, were)
    assert (now, then) == (spreading.of_frame(known, read), spreading.Spread())
    # Those whose title gained the word, and others that hold a 3-gram of it.
    assert _ids(spreading.holding(read, now, spreading.Spread({}, now.grams))) == _ids(touched)
    assert _ids(spreading.holding(read, now, then)) >= _ids(touched)
    assert _ids(spreading.holding(read, now, now)) == set()


def _ids(frame: DataFrame) -> set[str]:
    return {row.offer_id for row in frame.select("offer_id").collect()}


def _told(name: int, text: int, names: int, texts: int) -> spreading.Spread:
    """What is said of a word that so many names and texts hold tonight, where the matcher knows so many."""
    known = Frequencies(1000, ("friday",), *(np.array([held]) for held in (name, text)), *[np.empty(0, np.int64)] * 2)
    empty = np.empty(0, np.int64)
    return spreading._spread(known, ["friday"], np.array([names]), np.array([texts]), empty, empty)


def test_names_and_texts_spread_apart() -> None:
    # A word of descriptions comes into titles; one of titles into descriptions; a few more of either; both.
    assert _told(0, 150, 1000, 1150).tokens == {"friday": (1024, 0)}
    assert _told(300, 300, 300, 2400).tokens == {"friday": (0, 4096)}
    assert _told(10, 100, 70, 790).tokens == {}
    assert _told(1, 1, 40, 300).tokens == {"friday": (64, 256)}


def test_a_word_that_spreads_in_texts_keeps_its_weight_in_names(fitted: matching.Fit) -> None:
    before = fitted.matcher
    row = int(np.argmax(before.frequencies.name))
    token, held = before.frequencies.tokens[row], int(before.frequencies.name[row])
    after = spreading.under(before, spreading.Spread({token: (0, 4096)}))
    assert (after.frequencies.name[row], after.frequencies.text[row]) == (held, 4096)
    np.testing.assert_array_equal(after.fitted.tokens, before.fitted.tokens)
    # Whatever holds it in its name holds it in its text.
    after = spreading.under(before, spreading.Spread({token: (4096, 0)}))
    assert (after.frequencies.name[row], after.frequencies.text[row]) == (4096, 4096)


def test_nothing_has_spread_among_the_offers_of_the_fit(offers: DataFrame, fitted: matching.Fit) -> None:
    corpus = corpus_of(listed(offers, ("left", "right")).toArrow())
    spread = spreading.of_corpus(fitted.matcher.frequencies, corpus)
    assert spread == spreading.Spread()
    assert spreading.under(fitted.matcher, spread) is fitted.matcher


@pytest.mark.parametrize(("products", "seed"), [(100, 8), (300, 9)])
def test_the_word_joins_nothing_and_parts_nothing(products: int, seed: int) -> None:
    ids, sellers, titles, true = worlds.two_shops(products, seed)
    third = [f"{title} {WORD}" if of % 3 == 0 else title for title, of in zip(titles, hash_texts(ids), strict=True)]
    before, flood = (worlds.build(ids, sellers, said) for said in (titles, third))
    fitted = resolver.resolve(before, CFG).matcher

    def likely(offers: Corpus, by: Matcher) -> tuple[int, int]:
        """Right and wrong pairs above one half."""
        found = resolver.resolve(offers, CFG, by)
        same = np.array(true)[found.pairs.left] == np.array(true)[found.pairs.right]
        return int(((found.p > 0.5) & same).sum()), int(((found.p > 0.5) & ~same).sum())

    right_before, wrong_before = likely(before, fitted)
    right_unknown, wrong_unknown = likely(flood, fitted)
    right, wrong = likely(flood, spreading.under(fitted, spreading.of_corpus(fitted.frequencies, flood)))
    assert wrong <= wrong_before < wrong_unknown
    assert right_unknown < right_before <= right + 1


def test_a_kept_matcher_is_told_of_the_word(
    flood: DataFrame, nobody: DataFrame, fitted: matching.Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fitted.save(str(tmp_path), "a test")
    cfg = CFG.model_copy(update={"refit_at": 0.5})

    def rows() -> pa.Table:
        again = matching.fit(flood, nobody, cfg=cfg, night=NIGHT, kept=folder)
        assert again.kept == folder
        assert again.rows is not None
        return again.rows

    told = rows()
    monkeypatch.setattr(spreading, "FEWEST", 10_000)
    assert told != rows()
    monkeypatch.undo()
    assert told == rows()


def test_a_matcher_knows_the_number_and_gives_it_no_weight(fitted: matching.Fit, flood: DataFrame) -> None:
    corpus = corpus_of(listed(flood, ("left", "right")).toArrow())
    before: Matcher = fitted.matcher
    after = spreading.under(before, spreading.Spread({WORD: (64, 64)}, {int(corpus.gram_codes[0]): 4096}))
    assert after.frequencies.tokens == (*before.frequencies.tokens, WORD)
    assert after.frequencies.name[-1] == after.frequencies.text[-1] == 64
    assert after.fitted.tokens.shape[2] == before.fitted.tokens.shape[2] + 1
    np.testing.assert_array_equal(after.fitted.tokens[:, :, :-1], before.fitted.tokens)
    assert not after.fitted.tokens[:, :, -1].any()
    row = after.frequencies.gram_rows(corpus.gram_codes[:1])[0]
    assert after.frequencies.gram_df[row] == 4096
    assert (np.diff(after.frequencies.grams) > 0).all()
