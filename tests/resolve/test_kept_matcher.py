"""A night goes on with the matcher of the last one, until too much is another."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.resolve import distributed, matching, store
from kgspark.resolve.cluster import DIFFERENT, SAME
from tests.resolve.test_distributed import CFG, NIGHT


@pytest.fixture
def folder(fitted: matching.Fit, tmp_path: Path) -> str:
    return fitted.save(str(tmp_path), "a test")


def test_on_the_same_offers_it_gives_the_same_pairs(
    offers: DataFrame, nobody: DataFrame, fitted: matching.Fit, folder: str, tmp_path: Path
) -> None:
    again = matching.fit(offers, nobody, cfg=CFG, night=NIGHT, kept=folder)
    assert (again.kept, again.save(str(tmp_path), "another night")) == (folder, folder)
    assert fitted.rows is not None
    assert fitted.rows.num_rows > 0
    assert again.rows == fitted.rows
    # One that the settings name is kept with the lake all the same.
    named = matching.fit(offers, nobody, cfg=CFG.model_copy(update={"matcher": folder}), night=NIGHT)
    assert named.save(str(tmp_path / "lake"), "a test") == folder.replace(str(tmp_path), str(tmp_path / "lake"))
    assert named.rows == fitted.rows


def test_an_edited_offer_moves_only_its_own_pairs(
    offers: DataFrame, nobody: DataFrame, fitted: matching.Fit, folder: str
) -> None:
    title = F.when(F.col("offer_id") == "left/7", "another thing altogether").otherwise(F.col("title"))
    again = matching.fit(offers.withColumn("title", title), nobody, cfg=CFG, night=NIGHT, kept=folder)
    assert again.kept == folder

    def pairs(found: matching.Fit) -> dict[tuple[str, str], float]:
        assert found.rows is not None
        listed = (found.rows.column(name).to_pylist() for name in ("left_offer_id", "right_offer_id", "score"))
        return {
            (left, right): score for left, right, score in zip(*listed, strict=True) if "left/7" not in (left, right)
        }

    before, after = pairs(fitted), pairs(again)
    both = before.keys() & after.keys()
    assert len(both) > 0.9 * len(before)
    assert {pair for pair in both if before[pair] != after[pair]} == set()


def test_too_many_other_offers_or_answers_or_a_lost_folder_ask_for_a_new_one(
    spark: SparkSession, offers: DataFrame, nobody: DataFrame, folder: str, tmp_path: Path
) -> None:
    def kept(rows: DataFrame, decided: DataFrame, place: str = folder, **settings: float) -> str | None:
        return matching.fit(rows, decided, cfg=CFG.model_copy(update=settings), night=NIGHT, kept=place).kept

    number = offers.count()
    fewer = offers.orderBy("offer_id").limit(int(0.7 * number))
    assert kept(fewer, nobody) is None
    assert kept(fewer, nobody, refit_at=0.31) == folder
    answers = spark.createDataFrame([("left/1", "right/2", DIFFERENT)], distributed.DECISIONS)
    assert kept(offers, answers) == folder
    assert kept(offers, answers, refit_answers=1) is None
    # As many answers as at the fit, and another one.
    told = matching.fit(offers, answers, cfg=CFG, night=NIGHT).save(str(tmp_path), "a test")
    turned = spark.createDataFrame([("left/1", "right/2", SAME)], distributed.DECISIONS)
    assert kept(offers, answers, told, refit_answers=2) == told
    assert kept(offers, turned, told, refit_answers=2) is None
    # A word that was in no title is in a sixth of them.
    sixth = F.when(F.xxhash64("offer_id") % 6 == 0, F.concat("title", F.lit(" xyzzy9")))
    flood = offers.withColumn("title", F.coalesce(sixth, "title"))
    assert kept(flood, nobody, refit_at=0.5, max_word_offers=200) == folder
    assert kept(flood, nobody, refit_at=0.5, max_word_offers=5) is None
    assert kept(offers, nobody, place=f"{folder}/nowhere") is None


def test_one_that_learnt_nothing_is_not_gone_on_with(offers: DataFrame, nobody: DataFrame, tmp_path: Path) -> None:
    cfg = CFG.model_copy(update={"min_winners": 10_000})
    folder = matching.fit(offers, nobody, cfg=cfg, night=NIGHT).save(str(tmp_path), "a test")
    assert not store.load(folder).learnt
    assert matching.fit(offers, nobody, cfg=cfg, night=NIGHT, kept=folder).kept is None
