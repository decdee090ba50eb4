"""bought_with: statistics against SciPy and by hand, thresholds, caps, evidence, order."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import combinations

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy.stats import chi2_contingency

from kgspark.graph.co_purchase import bought_with, llr, npmi
from kgspark.graph.facts_settings import FactsSettings
from kgspark.graph.readings import Facts
from tests.builders import rows

Baskets = dict[str, list[str]]


def _facts(spark: SparkSession, baskets: dict[str, Baskets], cfg: FactsSettings, *, shuffled: bool = False) -> Facts:
    """bought_with of baskets by shop: product 'a' is 'product/000000000000000a'."""
    names = sorted({name for shop in baskets.values() for basket in shop.values() for name in basket})
    lines = [
        {
            "source": shop, "record_id": f"{basket}:{name}:{place}", "type": "purchase", "offer_id": f"offer/{name}",
            "basket_id": f"basket/{shop}{basket}", "origins": {"product_key": {"field": "sku", "begin": 0, "end": 1}},
        }
        for shop, held in baskets.items() for basket, content in held.items() for place, name in enumerate(content)
    ]  # fmt: skip
    offers = [{"offer_id": f"offer/{n}", "product_id": f"product/{n:0>16}"} for n in names]
    if shuffled:
        random.Random(1).shuffle(lines)
    interactions = rows(spark, "silver.interactions", lines)
    return bought_with(
        interactions.repartition(3) if shuffled else interactions, rows(spark, "silver.product_offers", offers), cfg
    )


def _pairs(edges: DataFrame) -> dict[str, tuple[float, int, dict[str, str]]]:
    return {r.src[-1] + r.dst[-1]: (r.weight, r.support, r.properties) for r in edges.collect()}


# a and b: together in 4 of 10 baskets, each in 5. c: in every second basket, by chance.
SHOP: Baskets = {
    "1": ["a", "b", "c"], "2": ["a", "b"], "3": ["a", "b", "c"], "4": ["b", "a", "a"], "5": ["a"],
    "6": ["b", "c"], "7": ["c"], "8": ["d"], "9": ["c"], "0": ["d"],
}  # fmt: skip


def test_a_pair_by_hand(spark: SparkSession) -> None:
    facts = _facts(spark, {"till": SHOP}, FactsSettings(min_llr=1.0))
    # lift = 4 x 10 / (5 x 5); G2 of the table [[4, 1], [1, 4]]; NPMI = ln 1.6 / ln 2.5
    ratio = 2 * (2 * 4 * math.log(4 / 2.5) + 2 * 1 * math.log(1 / 2.5))
    expected = (round(math.log(1.6) / math.log(2.5), 6), 4, {"lift": "1.6", "llr": f"{ratio:.4f}"})
    assert _pairs(facts.edges) == {"ab": expected}
    (edge,) = facts.edges.collect()
    assert edge.confidence == round(1 - math.exp(-ratio / 2), 6)
    # Two baskets, a record for either end, of the smallest record where a basket repeats a product.
    said = facts.evidence.collect()
    by_basket = Counter(r.record_id.partition(":")[0] for r in said)
    assert set(by_basket.values()) == {2}
    assert len(by_basket) == 2
    assert {(r.source, r.bronze_table, r.field, r.begin, r.end) for r in said} == {
        ("till", "bronze.interaction_records", "sku", 0, 1)
    }


def test_llr_and_npmi_are_those_of_scipy_and_the_book(spark: SparkSession) -> None:
    tables = [(4, 5, 5, 10), (30, 100, 60, 22_000), (3, 3, 3, 1_000_000), (10, 10, 10, 10), (1, 5, 4, 20)]
    frame = spark.createDataFrame(tables, "both long, one long, other long, total long")
    found = frame.select(
        llr(*map(F.col, frame.columns)).alias("llr"), npmi(*map(F.col, frame.columns)).alias("npmi")
    ).collect()
    for (both, one, other, total), row in zip(tables, found, strict=True):
        cells = [[both, one - both], [other - both, total - one - other + both]]
        if all(map(sum, cells)) and both < total:
            expected = chi2_contingency(cells, correction=False, lambda_="log-likelihood").statistic
            assert row["llr"] == pytest.approx(expected, abs=1e-6)
            assert row["npmi"] == pytest.approx(math.log(both * total / one / other) / math.log(total / both))
        else:
            assert (row["llr"], row["npmi"]) == (pytest.approx(0, abs=1e-9), None)


def test_support_size_and_strangers(spark: SparkSession) -> None:
    low = FactsSettings(min_llr=0.5)
    few = {"1": ["a", "b"], "2": ["a", "b"], "3": ["c"], "4": ["c"], "5": ["c"]}
    assert _pairs(_facts(spark, {"till": few}, low).edges) == {}  # two baskets, three are asked for
    big = FactsSettings(min_llr=0.5, max_basket_products=2)
    assert _pairs(_facts(spark, {"till": SHOP}, big).edges) == {}  # baskets 1 and 3 hold three: two are left
    # x and y meet by chance in their shop; 90 baskets of another shop must not make them look related.
    here = {str(n): ["x", "y"] for n in range(5)}
    there = {str(n): ["z"] for n in range(90)}
    assert _pairs(_facts(spark, {"here": here, "there": there}, low).edges) == {}


def test_no_product_has_more_pairs_than_the_cap(spark: SparkSession) -> None:
    # The hub h goes with a, b, c, d by falling strength.
    content = {"a": 8, "b": 7, "c": 6, "d": 5}
    baskets = {f"{name}{n}": ["h", name] for name, times in content.items() for n in range(times)}
    baskets |= {f"lone{name}{n}": [name] for name, times in content.items() for n in range(9 - times)}
    baskets |= {f"other{n}": ["e"] for n in range(60)}
    pairs = _pairs(_facts(spark, {"till": baskets}, FactsSettings(min_llr=0.1, max_pairs_per_product=2)).edges)
    assert sorted(pairs) == ["ah", "bh"]


@pytest.mark.parametrize("seed", [1, 2])
def test_pairs_equal_a_plain_count_in_any_order(spark: SparkSession, seed: int) -> None:
    rng = random.Random(seed)
    names = "abcdefgh"
    baskets = {str(n): rng.sample(names, k=rng.randint(1, 3)) for n in range(60)}
    cfg = FactsSettings(min_llr=0.2, min_pair_baskets=2, max_pairs_per_product=100)
    ones = Counter(name for basket in baskets.values() for name in basket)
    expected = {}
    for pair, both in Counter(p for b in baskets.values() for p in combinations(sorted(b), 2)).items():
        with_one, with_other = ones[pair[0]], ones[pair[1]]
        cells = [[both, with_one - both], [with_other - both, 60 - with_one - with_other + both]]
        ratio = chi2_contingency(cells, correction=False, lambda_="log-likelihood").statistic
        if both >= 2 and both * 60 > with_one * with_other and ratio >= 0.2:
            expected["".join(pair)] = (
                round(math.log(both * 60 / with_one / with_other) / math.log(60 / both), 6),
                both,
            )
    facts = _facts(spark, {"till": baskets}, cfg)
    assert {pair: values[:2] for pair, values in _pairs(facts.edges).items()} == expected
    again = _facts(spark, {"till": baskets}, cfg, shuffled=True)
    assert sorted(map(str, again.edges.collect())) == sorted(map(str, facts.edges.collect()))
    assert sorted(map(str, again.evidence.collect())) == sorted(map(str, facts.evidence.collect()))
