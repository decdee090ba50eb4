"""What people decided: read from a file they keep, checked, and turned into rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.resolve import decisions
from kgspark.resolve.cluster import DIFFERENT, SAME

HEADER = "left_offer_id,right_offer_id,left_title,decision\n"


def _file(folder: Path, *lines: str, header: str = HEADER) -> str:
    path = folder / "decisions.csv"
    path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_decisions_are_read_in_either_order_and_once(spark: SparkSession, tmp_path: Path) -> None:
    place = _file(tmp_path, 'b,a,"a title, with a comma",Same', "a,c,x,different", "a,b,x,same", "a,d,x,")
    assert decisions.agreed(decisions.read(spark, place)) == [("a", "b", SAME), ("a", "c", DIFFERENT)]
    known = decisions.of_rows([("a", "b", SAME), ("a", "gone", DIFFERENT)], ["b", "a"])
    assert (known.left.tolist(), known.right.tolist(), known.said.tolist()) == ([1], [0], [SAME])


@pytest.mark.parametrize(
    ("lines", "header", "message"),
    [
        (["a,b,x,same", "b,a,x,different"], HEADER, "same and different are both said of a, b"),
        (["a,b,x,perhaps"], HEADER, "say same or different"),
        (["a,a,x,same"], HEADER, "of two offers"),
        (["a,b"], "left_offer_id,right_offer_id\n", "lacks decision"),
    ],
)
def test_a_bad_file_is_named(spark: SparkSession, tmp_path: Path, lines: list[str], header: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decisions.agreed(decisions.read(spark, _file(tmp_path, *lines, header=header)))


def test_a_missing_file_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing.csv cannot be read"):
        decisions.read(spark, str(tmp_path / "nothing.csv"))


def test_without_a_place_nobody_decided(spark: SparkSession) -> None:
    assert decisions.agreed(decisions.read(spark, None)) == []
