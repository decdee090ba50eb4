"""What people decided: read from a file they keep, checked, and turned into rows."""

from __future__ import annotations

import datetime
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.night import Night
from kgspark.resolve import decisions, distributed, matching
from kgspark.resolve.cluster import DIFFERENT, SAME
from kgspark.resolve.settings import ResolveSettings
from tests.builders import rows

HEADER = "left_offer_id,right_offer_id,left_title,decision\n"


def _file(folder: Path, *lines: str, header: str = HEADER) -> str:
    path = folder / "decisions.csv"
    path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_answers_are_read_in_either_order_and_once(spark: SparkSession, tmp_path: Path) -> None:
    place = _file(tmp_path, 'b,a,"a title, with a comma",Same', "a,c,x,different", "a,b,x,same", "a,d,x,")
    found = decisions.rows(decisions.read(spark, place))
    assert decisions.agreed(found) == decisions.Answers((("a", "b", SAME), ("a", "c", DIFFERENT)))
    known = decisions.of_rows([("a", "b", SAME), ("a", "gone", DIFFERENT)], ["b", "a"])
    assert (known.left.tolist(), known.right.tolist(), known.said.tolist()) == ([1], [0], [SAME])


@pytest.mark.parametrize(
    ("lines", "header", "message"),
    [
        (["a,b,x,perhaps", "a,,x,same", "a,a,x,same"], HEADER, "none of 2 answers says same or different"),
        (["a,b"], "left_offer_id,right_offer_id\n", "lacks decision"),
    ],
)
def test_a_bad_file_is_named(spark: SparkSession, tmp_path: Path, lines: list[str], header: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decisions.rows(decisions.read(spark, _file(tmp_path, *lines, header=header)))


def test_an_answer_that_cannot_be_read_is_set_aside(spark: SparkSession, tmp_path: Path) -> None:
    place = _file(tmp_path, "a,b,x,same", "c,b,x,perhaps", "a,,x,same", "d,d,x,different")
    found = decisions.agreed(decisions.rows(decisions.read(spark, place)))
    assert found.obeyed == (("a", "b", SAME),)
    assert [(each.left, each.right, each.rule) for each in found.set_aside] == [
        ("a", "a", "answer_unreadable"),
        ("b", "c", "answer_unreadable"),
        ("d", "d", "answer_unreadable"),
    ]


def _agreed(said: str) -> tuple[list[str], list[str]]:
    """'a=b a!c': what is obeyed, and the pairs that are not."""
    rows = [(pair[0], pair[2], SAME if pair[1] == "=" else DIFFERENT) for pair in said.split()]
    found = decisions.agreed(rows)
    obeyed = [f"{left}{'=' if code == SAME else '!'}{right}" for left, right, code in found.obeyed]
    assert {each.rule for each in found.set_aside} <= {"answer_contradicted"}
    return obeyed, [each.left + each.right for each in found.set_aside]


@pytest.mark.parametrize(
    ("said", "obeyed", "set_aside"),
    [
        pytest.param("a=b b=c a=c", ["a=b", "a=c", "b=c"], [], id="all agree"),
        pytest.param("a=b a!b c=d", ["a!b", "c=d"], ["ab"], id="a pair said both ways"),
        pytest.param("a=b b=c a!c", ["a!c"], ["ab", "bc"], id="a chain"),
        pytest.param("a=b b=c a!c b=d d=e", ["a!c", "b=d", "d=e"], ["ab", "bc"], id="what hangs on a chain stays"),
        pytest.param("a=b b=c a=d c=d a!c", ["a!c"], ["ab", "ad", "bc", "cd"], id="two chains"),
        pytest.param("a=b b=c c=d a!d b!d", ["a=b", "a!d", "b!d"], ["bc", "cd"], id="the ends of one chain twice"),
        pytest.param("a=b b!c c=d a!d", ["a=b", "a!d", "b!c", "c=d"], [], id="two differents contradict nothing"),
    ],
)
def test_different_stands_and_the_chain_against_it_yields(said: str, obeyed: list[str], set_aside: list[str]) -> None:
    found, aside = _agreed(said)
    assert (found, aside) == (obeyed, set_aside)
    assert _agreed(" ".join(said.split()[::-1])) == (found, aside)


def test_a_chain_is_told_with_its_remedy() -> None:
    found = decisions.agreed([("a", "b", SAME), ("a", "c", DIFFERENT), ("b", "c", SAME)])
    assert {each.reason for each in found.set_aside} == {
        "a = b = c by these answers, but a and c are called different: correct one of them"
    }


pairs = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1]), max_size=14)


@given(pairs, pairs)
def test_whatever_people_say_what_is_obeyed_can_be(same: list[tuple[int, int]], apart: list[tuple[int, int]]) -> None:
    """Every different is obeyed, no obeyed answers contradict each other, and without any different nothing yields."""
    said = [(str(one), str(other), SAME) for one, other in same]
    said += [(str(one), str(other), DIFFERENT) for one, other in apart]
    obeyed = decisions.agreed(sorted(set(said))).obeyed
    assert {row for row in obeyed if row[2] == DIFFERENT} == {row for row in said if row[2] == DIFFERENT}
    graph = nx.Graph([(left, right) for left, right, code in obeyed if code == SAME])
    assert not [pair for pair in apart if {*map(str, pair)} <= {*graph} and nx.has_path(graph, *map(str, pair))]
    if not apart:
        assert {(left, right) for left, right, _ in obeyed} == {(str(one), str(other)) for one, other in same}


def test_a_night_says_which_answers_it_does_not_obey(spark: SparkSession) -> None:
    night = Night(date=datetime.date(2026, 1, 2), run_id="run-1")
    offers = rows(
        spark, "silver.offers", [{"offer_id": n, "record_id": n, "seller": n, "title": f"{n} kettle"} for n in "abcd"]
    )
    said = [("a", "b", SAME), ("b", "c", SAME), ("a", "c", DIFFERENT), ("c", "d", SAME), ("a", "d", None)]
    decided = spark.createDataFrame(said, distributed.DECISIONS)
    cfg = ResolveSettings(engine="driver")
    fitted = matching.fit(offers, decided, cfg=cfg, night=night)
    found = matching.build(offers, decided, cfg=cfg, night=night, fitted=fitted)
    told = found["silver.offer_pairs_rejected"].orderBy("record_id").collect()
    assert [(r.source, r.record_id, r.field, r.rule, r.kept, r.night) for r in told] == [
        ("decisions", "a b", "decision", "answer_contradicted", True, night.date),
        ("decisions", "a d", "decision", "answer_unreadable", True, night.date),
        ("decisions", "b c", "decision", "answer_contradicted", True, night.date),
    ]
    verdicts = {
        r.left_offer_id + r.right_offer_id: (r.decision, r.verdict) for r in found["silver.offer_pairs"].collect()
    }
    assert verdicts["ac"] == ("different", "refused_person")
    assert verdicts["cd"] == ("same", "joined")
    assert not {"ab", "bc"} & {pair for pair, (decision, _) in verdicts.items() if decision}


def test_a_missing_file_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing.csv cannot be read"):
        decisions.read(spark, str(tmp_path / "nothing.csv"))


def test_without_a_place_nobody_decided(spark: SparkSession) -> None:
    assert decisions.agreed(decisions.rows(decisions.read(spark, None))) == decisions.Answers()
