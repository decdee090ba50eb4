"""Sources that do not say whether sellers list a product once; people's answers; offers that were not learnt from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kgspark.resolve import learn, matcher, measures, pair_rows, repeats, resolver
from kgspark.resolve.cluster import DIFFERENT
from kgspark.resolve.corpus import Corpus, hash_texts
from kgspark.resolve.repeats import Promises
from kgspark.resolve.resolver import Decisions, Verdict
from kgspark.resolve.settings import ResolveSettings
from tests.resolve import worlds

CFG = ResolveSettings(min_winners=30)


def _world(products: int = 300) -> tuple[Corpus, list[str], np.ndarray]:
    ids, sellers, titles, true = worlds.two_shops(products)
    return worlds.build(ids, sellers, titles, unique=False), ["shops"] * len(ids), np.array(true)


def test_a_source_that_does_not_say_is_resolved_as_one_that_promises() -> None:
    offers, sources, _ = _world()
    silent = repeats.resolve(offers, sources, Promises((), ("shops",)), CFG)
    promised = repeats.resolve(offers, sources, Promises(("shops",)), CFG)
    assert silent.matcher.once == promised.matcher.once == ("shops",)
    assert silent.clusters.cluster.tolist() == promised.clusters.cluster.tolist()


def test_a_source_that_repeats_products_is_found_out() -> None:
    """Every other offer is given to the wrong shop: half of all partners then are at the own seller."""
    ids, sellers, titles, _ = worlds.two_shops(400)
    other = {"left": "right", "right": "left"}
    mixed = [other[seller] if hash_texts([name])[0] % 2 else seller for name, seller in zip(ids, sellers, strict=True)]
    offers, sources = worlds.build(ids, mixed, titles, unique=False), ["shops"] * len(ids)
    assert repeats.resolve(offers, sources, Promises((), ("shops",)), CFG).matcher.once == ()
    assert repeats.resolve(offers, sources, Promises(("shops",)), CFG).matcher.once == ("shops",)


def test_a_source_that_says_that_it_repeats_is_still_resolved_with_care() -> None:
    offers, sources, true = _world()
    found = repeats.resolve(offers, sources, Promises(()), CFG)
    scores = measures.pairwise(found.clusters.cluster, true)
    assert found.matcher.once == ()
    assert scores.precision > 0.6, "was .09 while pairs that did not win were believed"
    assert scores.recall > 0.6


def test_complaints_alone_move_no_probability() -> None:
    offers, sources, true = _world()
    free = repeats.resolve(offers, sources, Promises(("shops",)), CFG)
    joined = free.verdict == Verdict.JOINED
    wrong = np.flatnonzero(joined & (true[free.pairs.left] != true[free.pairs.right]))
    assert len(wrong) >= learn.LABELS_TO_ANCHOR
    said = Decisions(free.pairs.left[wrong], free.pairs.right[wrong], np.full(len(wrong), DIFFERENT, dtype=np.int8))
    told = repeats.resolve(offers, sources, Promises(("shops",)), CFG, said)
    assert (told.verdict == Verdict.JOINED).sum() > 0.7 * joined.sum()


def test_a_pair_called_different_takes_no_slot() -> None:
    offers, sources, true = _world()
    free = repeats.resolve(offers, sources, Promises(("shops",)), CFG)
    left, right = free.pairs.left, free.pairs.right
    wrong = np.flatnonzero((free.verdict == Verdict.JOINED) & (true[left] != true[right]))
    said = Decisions(left[wrong], right[wrong], np.full(len(wrong), DIFFERENT, dtype=np.int8))
    told = resolver.resolve(replace(offers, unique=np.ones(len(offers), dtype=bool)), CFG, free.matcher, said)
    assert not told.won[told.decided == DIFFERENT].any()
    freed = set(left[wrong].tolist()) | set(right[wrong].tolist())
    again = [pair for pair in np.flatnonzero(told.won).tolist() if {int(told.pairs.left[pair])} & freed]
    assert again


def test_equal_rows_have_equal_scores_whatever_stands_beside_them() -> None:
    values = np.repeat(np.random.default_rng(1).normal(size=(1, 23)), 4099, axis=0)
    coefficients = np.random.default_rng(2).normal(size=23)
    whole = learn.linear(values, coefficients)
    parts = [learn.linear(values[:size], coefficients) for size in (1, 7, 333)]
    assert len({value for part in [whole, *parts] for value in part.tolist()}) == 1
    assert whole[0] == pytest.approx(float(values[0] @ coefficients))


def test_tokens_that_were_not_learnt_from_have_the_weight_of_their_bucket() -> None:
    offers, _, _ = _world()
    whole = resolver.resolve(replace(offers, unique=np.ones(len(offers), dtype=bool)), CFG)
    known = replace(
        whole.matcher.frequencies,
        tokens=(*whole.matcher.frequencies.tokens, "zz1234"),
        name=np.append(whole.matcher.frequencies.name, 2),
        text=np.append(whole.matcher.frequencies.text, 2),
    )
    built = matcher.build(known, offers, whole.pairs, learn.learn(whole.pairs, whole.score), CFG)
    assert (built.fitted.tokens[:, :, -1] != 0).any()


def test_no_offers_are_no_products() -> None:
    found = repeats.resolve(worlds.build([], [], []), [], Promises(("shops",), ("others",)), CFG)
    assert len(found.pairs) == 0
    assert pair_rows.of_resolution([], found).num_rows == 0


def test_a_very_long_title_costs_its_own_length() -> None:
    titles = [f"kettle red {n} a{n:04}" for n in range(40)]
    offers = worlds.small(*titles, "kettle red " + "x" * 10_000, "kettle red 3 a0003", sellers="l" * 40 + "rr")
    found = resolver.resolve(offers, CFG)
    table = pair_rows.of_resolution([str(n) for n in range(len(offers))], found)
    assert table.nbytes < 5_000_000
