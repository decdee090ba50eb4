"""Features, competition, calibration, learning, union: by hand, against oracles, and whatever the row order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from kgspark.errors import InputError
from kgspark.resolve import calibrate, cluster, compete, features, learn, resolver, store
from kgspark.resolve.cluster import Refusal
from kgspark.resolve.hits import Outcome
from kgspark.resolve.settings import ResolveSettings
from tests.resolve import worlds

CFG = ResolveSettings(min_winners=30)
ONE, TWO = np.array([0]), np.array([1])


def _feature(name: str, *titles: str) -> float:
    offers = worlds.small(*titles)
    evidence = features.compute(offers, features.count(offers), ONE, TWO)
    return float(evidence.values[0, features.NAMES.index(name)])


@pytest.mark.parametrize(
    ("name", "one", "other", "expected"),
    [
        ("name_cosine", "red kettle", "red kettle", 1.0),
        ("name_cosine", "red kettle", "blue lamp", 0.0),
        ("larger_cover", "kettle", "kettle red", 1.0),
        ("unit_conflicts", "phone 64gb", "phone 128gb", 1.0),
        ("unit_conflicts", "phone 64gb", "phone 64gb 5inch", 0.0),
        ("number_conflict", "series 3", "series 4", 1.0),
        ("number_conflict", "tv 65", "tv 65inch 4", 0.0),
        ("code_conflict", "tv", "tv ue49nu8000", 0.0),
        ("code_longer", "tv ue49nu8000", "ue49nu8000t", 1.0),
        ("code_longer", "tv ue49nu8000", "ue49nu8000", 0.0),
        ("code_longer", "tv ue49nu8000", "ue49nu9000", 0.0),
    ],
)
def test_features(name: str, one: str, other: str, expected: float) -> None:
    assert _feature(name, one, other) == pytest.approx(expected)


def test_what_becomes_of_tokens() -> None:
    offers = worlds.small("ue49nu8000t tv black", "samsung tv ue49nu8000")
    evidence = features.compute(offers, features.count(offers), ONE, TWO)
    found = {
        offers.vocabulary[token]: Outcome(outcome)
        for token, outcome in zip(evidence.token, evidence.outcome, strict=True)
    }
    assert found == {
        "ue49nu8000t": Outcome.PREFIX,
        "ue49nu8000": Outcome.HIT,  # inside the other's text
        "tv": Outcome.HIT,
        "black": Outcome.MISS,
        "samsung": Outcome.MISS,
    }


def test_words_of_another_script_are_silent() -> None:
    offers = worlds.small("oribex 黑色 保护套 sb0191", "oribex black case sb0191")
    evidence = features.compute(offers, features.count(offers), ONE, TWO)
    found = {offers.vocabulary[t]: Outcome(o) for t, o in zip(evidence.token, evidence.outcome, strict=True)}
    assert {found[word] for word in ("oribex", "sb0191")} == {Outcome.HIT}
    assert {found[word] for word in ("black", "case", "黑色", "保护")} == {Outcome.FOREIGN}
    assert evidence.values[0, features.NAMES.index("larger_cover")] == pytest.approx(1.0)


def test_winners_are_best_for_both_and_decoys_come_next() -> None:
    # Offers 0, 1 of one shop, 2, 3 of another; 0-2 is best, which leaves 1-3 although 1-2 scores more.
    offers = worlds.small("a", "b", "c", "d", sellers="llrr")
    left, right = np.array([0, 1, 1, 0]), np.array([2, 2, 3, 3])
    rank = compete.order(np.array([4.0, 3.0, 2.0, 1.0]), compete.ties(offers, left, right))
    first, second = compete.slots(offers, left, right)
    won = compete.winners(rank, first, second)
    assert won.tolist() == [True, False, True, False]
    assert compete.decoys(rank, first, second, won).tolist() == [False, True, False, True]


def test_the_curve_is_isotonic_regression() -> None:
    score = np.random.default_rng(3).normal(size=80) + np.repeat([1.0, 0.0], 40)
    won = np.repeat([True, False], 40)
    curve = calibrate.fit(score, won, ~won)
    oracle = IsotonicRegression(y_min=0.001, y_max=0.999, out_of_bounds="clip").fit(score, won)
    assert curve.q == pytest.approx(oracle.predict(curve.scores))
    assert (np.diff(curve.probability(np.sort(score))) >= 0).all()
    held = curve.anchored(score[won], 10.0)
    assert held.probability(score[won]).sum() == pytest.approx(10.0, abs=1e-4)


def test_logistic_regression_agrees_with_scikit_learn() -> None:
    random = np.random.default_rng(5)
    x = random.normal(size=(300, 3))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = (x @ [1.0, -2.0, 0.5] + random.normal(size=300) > 0).astype(float)
    intercept, slopes = learn.logistic(x, y, np.ones(300), ridge=2.0)
    oracle = LogisticRegression(C=0.5, tol=1e-10).fit(x, y)
    assert slopes == pytest.approx(oracle.coef_[0], abs=1e-5)
    assert intercept == pytest.approx(oracle.intercept_[0], abs=1e-5)


def _union(
    pairs: str, sellers: str, most: int = 10, said: str = "", guarded: bool = True
) -> tuple[list[str], list[int]]:
    """'01 12': pairs from the surest down; a letter a seller; a mark a pair of what people said (= ! or .)."""
    ends = np.array([[int(pair[0]), int(pair[1])] for pair in pairs.split()])
    codes = np.array([ord(c) for c in sellers])
    meaning = {"=": cluster.SAME, "!": cluster.DIFFERENT, ".": cluster.UNDECIDED}
    decided = np.array([meaning[c] for c in said or "." * len(ends)], dtype=np.int8)
    links = cluster.Links(ends[:, 0], ends[:, 1], np.arange(len(ends)), np.full(len(ends), 0.9), decided)
    members = cluster.Members(codes, np.ones(len(codes), dtype=bool), np.full(len(codes), guarded))
    found = cluster.union(links, members, ResolveSettings(max_cluster_offers=most))
    groups: dict[int, str] = {}
    for offer, label in enumerate(found.cluster.tolist()):
        groups[label] = groups.get(label, "") + str(offer)
    return sorted(groups.values()), found.refusal.tolist()


def test_a_union_is_refused_where_a_seller_would_meet_itself() -> None:
    assert _union("01 12 23", "abca") == (["012", "3"], [0, 0, Refusal.SELLER])


def test_a_cluster_above_the_limit_falls_apart_at_its_weakest_pair() -> None:
    assert _union("01 23 12", "abcd", most=3) == (["01", "23"], [0, 0, Refusal.SIZE])


def test_what_people_said_comes_first_and_stays() -> None:
    # 0 and 2 must not meet, so the weaker pair, 1-2, gives way. Offers 3 and 4 are of one seller that lists a product
    # once: a person knows better.
    groups, refusal = _union("01 12 02 34", "abcdd", said="..!=")
    assert groups == ["01", "2", "34"]
    assert refusal == [0, Refusal.PERSON, Refusal.PERSON, 0]


def test_without_a_seller_to_guard_them_groups_must_be_alike_as_wholes() -> None:
    # 2 and 3 are alike, the other three pairs between both groups are not: a chain.
    assert _union("01 34 23 12", "abcde") == (["01234"], [0, 0, 0, 0])
    assert _union("01 34 23 12", "abcde", guarded=False) == (["01", "234"], [0, 0, 0, Refusal.LINKS])


def test_labels_move_the_probabilities() -> None:
    """Where people say that half of the doubtful pairs are wrong, the matcher promises less of them."""
    ids, sellers, titles, _ = worlds.two_shops(200)
    offers = worlds.build(ids, sellers, titles)
    found = resolver.resolve(offers, CFG)
    doubtful = np.flatnonzero(found.won)[:60]
    left, right = found.pairs.left[doubtful], found.pairs.right[doubtful]
    said = np.where(np.arange(60) % 2 == 0, cluster.SAME, cluster.DIFFERENT).astype(np.int8)
    taught = resolver.resolve(offers, CFG, decisions=resolver.Decisions(left, right, said))
    assert taught.matcher.fitted.calibration.constant > found.matcher.fitted.calibration.constant
    chosen = taught.decided != cluster.UNDECIDED
    assert (
        taught.verdict[chosen & (taught.decided == cluster.DIFFERENT)].tolist()
        == [resolver.Verdict.REFUSED_PERSON] * 30
    )


def _together(ids: list[str], found: resolver.Resolution) -> set[frozenset[str]]:
    groups: dict[int, set[str]] = {}
    for name, label in zip(ids, found.clusters.cluster.tolist(), strict=True):
        groups.setdefault(label, set()).add(name)
    return {frozenset(group) for group in groups.values()}


def test_two_shops_are_resolved_whatever_the_row_order() -> None:
    ids, sellers, titles, true = worlds.two_shops(200)
    found = resolver.resolve(worlds.build(ids, sellers, titles), CFG)
    truth: dict[int, set[str]] = {}
    for name, product in zip(ids, true, strict=True):
        truth.setdefault(product, set()).add(name)
    right = _together(ids, found) & {frozenset(group) for group in truth.values()}
    assert len(right) > 0.85 * len(truth)
    order = np.random.default_rng(1).permutation(len(ids))
    shuffled = [[column[i] for i in order] for column in (ids, sellers, titles)]
    again = resolver.resolve(worlds.build(*shuffled), CFG)
    assert _together(shuffled[0], again) == _together(ids, found)
    # Pairs stand in the order of their hashes.
    assert again.p.tolist() == found.p.tolist()


def test_a_stored_matcher_gives_the_same_pairs(tmp_path) -> None:  # type: ignore[no-untyped-def]
    ids, sellers, titles, _ = worlds.two_shops(120)
    offers = worlds.build(ids, sellers, titles)
    fitted = resolver.resolve(offers, CFG)
    folder = store.save(fitted.matcher, str(tmp_path), "two shops")
    assert store.save(fitted.matcher, str(tmp_path), "two shops") == folder
    again = resolver.resolve(offers, CFG, store.load(folder))
    assert again.p.tolist() == fitted.p.tolist()
    assert again.score.tolist() == fitted.score.tolist()
    model = tmp_path / "matcher" / folder.rsplit("/", 1)[1] / "model.json"
    model.write_text(model.read_text().replace('"offers": ', '"offers": 1'))
    with pytest.raises(InputError, match="was changed"):
        store.load(folder)


def test_a_stored_matcher_keeps_the_settings_it_was_fitted_under(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids, sellers, titles, _ = worlds.two_shops(120)
    offers = worlds.build(ids, sellers, titles)
    fitted = resolver.resolve(offers, CFG)
    kept = store.load(store.save(fitted.matcher, str(tmp_path), "two shops"))
    other = CFG.model_copy(update={"candidates": 1, "max_word_offers": 3, "min_probability": 0.9})
    assert len(resolver.resolve(offers, other).pairs) < len(fitted.pairs)
    again = resolver.resolve(offers, other, kept)
    assert again.p.tolist() == fitted.p.tolist()
    assert "resolve.candidates is 1 in the configuration and 10 in the matcher" in caplog.text
    # From which probability offers join is no matter of the matcher.
    joined = fitted.p >= 0.5
    assert 0 < (again.verdict == resolver.Verdict.JOINED).sum() <= ((fitted.p >= 0.9) & joined).sum() < joined.sum()


def test_contributions_add_up_to_the_score() -> None:
    ids, sellers, titles, _ = worlds.two_shops(80)
    offers = worlds.build(ids, sellers, titles)
    found = resolver.resolve(offers, CFG)
    by_feature, by_token = found.matcher.contributions(offers, found.pairs)
    total = by_feature.sum(axis=1) + np.bincount(
        found.pairs.evidence.pair, weights=by_token, minlength=len(found.pairs)
    )
    total += found.matcher.fitted.intercepts[found.pairs.fold]
    assert total == pytest.approx(found.score)


@pytest.mark.parametrize(
    ("titles", "sellers"),
    [
        (["washing machine"] * 60, [f"s{n % 30}" for n in range(60)]),
        (["", "", ""], ["a", "b", "c"]),
        (["kettle", "kettle"], ["a", "b"]),
        (["x" * 10_000, "y" * 10_000], ["a", "b"]),
    ],
)
def test_where_nothing_can_be_learnt_offers_stay_apart(titles: list[str], sellers: list[str]) -> None:
    offers = worlds.build([f"offer/{n}" for n in range(len(titles))], sellers, titles)
    found = resolver.resolve(offers, ResolveSettings())
    assert len(set(found.clusters.cluster.tolist())) == len(titles)
