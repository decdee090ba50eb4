"""Resolve the offers of some sources and say how right that is, against a gold file.

source YAMLs -> offers as a night would clean them -> the whole method, people's answers obeyed -> scores on the
records with gold
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pyspark.errors import AnalysisException

from kgspark.config import Config
from kgspark.errors import InputError
from kgspark.night import Night
from kgspark.process.memory import peak_driver_mb
from kgspark.resolve import corpus, decisions, gold, measures, repeats, spreading
from kgspark.resolve.cluster import DIFFERENT, UNDECIDED
from kgspark.resolve.corpus import Ints
from kgspark.resolve.gold import Gold
from kgspark.resolve.matcher import Matcher
from kgspark.resolve.measures import Band, Scores
from kgspark.resolve.offers import corpus_of, listed, promises, sources_of
from kgspark.resolve.resolver import Resolution, Verdict
from kgspark.schema import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from kgspark.ingest.sources import Source


@dataclass(frozen=True)
class Report:
    """Everything that an evaluation says: scores are over the ``judged`` records, those with gold.

    ``decided`` pairs of them had a person's answer: with them the scores say what a night would give, and flatter the
    matcher.
    """

    offers: int
    judged: int
    gold_records_without_offer: int
    pairs: Scores
    b_cubed: Scores
    exact_clusters: Scores
    candidates: int
    candidate_recall: float
    accepted: int
    decided: int
    calibration: list[Band]
    seconds: dict[str, float]
    peak_mb: float

    def record(self) -> dict[str, Any]:
        """As JSON takes it."""
        scores = {name: getattr(self, name) for name in ("pairs", "b_cubed", "exact_clusters")}
        return asdict(self) | {name: asdict(score) | {"f1": score.f1} for name, score in scores.items()}


def evaluate(
    spark: SparkSession,
    sources: Sequence[Source],
    cfg: Config,
    gold_file: Path,
    gold_columns: Sequence[str] = (),
    where: str | None = None,
    fitted: Matcher | None = None,
) -> Report:
    """Read the sources, resolve their offers in this process, and measure.

    ``where`` is SQL over the columns of silver.offers and narrows the offers before anything is resolved; a ``fitted``
    matcher is told which words are common among the offers of all these sources. Answers of
    people that ``cfg.resolve.decisions`` names are obeyed and learnt from, as in a night.
    Raises InputError where a source, the gold file, the answers or the SQL is not as it must be.
    """
    started = time.perf_counter()
    answers = decisions.agreed(decisions.rows(decisions.read(spark, cfg.resolve.decisions)))
    frame = offers_of(spark, sources, cfg)
    try:
        # Read for what sources promise, for the sellers' sizes and for the rows: cleaned once.
        chosen = (frame.where(where) if where else frame).persist()
        told = promises(chosen, sources, fitted, cfg.resolve)
        # As a night of these sources does, whose offers are all counted.
        knowing = fitted and spreading.under(fitted, spreading.of_frame(fitted.frequencies, listed(frame, told.once)))
        read = listed(chosen, told.once, "source", "record_id").toArrow()
        chosen.unpersist()
    except AnalysisException as error:
        raise InputError(f"--where {where}: {str(error).splitlines()[0]}") from None
    reading = time.perf_counter() - started
    keys = zip(read.column("source").to_pylist(), read.column("record_id").to_pylist(), strict=True)
    truth = gold.read(gold_file, gold_columns, [s.name for s in sources], {key: row for row, key in enumerate(keys)})
    started = time.perf_counter()
    offers = corpus_of(read)
    normalising = time.perf_counter() - started
    by_people = decisions.of_rows(answers.obeyed, read.column("offer_id").to_pylist())
    found = repeats.resolve(offers, sources_of(read), told, cfg.resolve, by_people, fitted=knowing)
    seconds = {"reading": reading, "normalising": normalising} | found.seconds
    return measure(found, truth, corpus.codes(read.column("source").to_pylist()), seconds)


def offers_of(spark: SparkSession, sources: Sequence[Source], cfg: Config) -> DataFrame:
    """silver.offers of the sources, cleaned as a night would; nothing is written."""
    from kgspark.ingest import offers, records
    from kgspark.ingest.frame import read_sources
    from kgspark.ingest.preflight import check_sources

    check_sources(spark, list(sources), cfg.ingest)
    night = Night(datetime.datetime.now(datetime.UTC).date(), "evaluate", tuple(sources))
    catalog, reviews, done = (spark.createDataFrame([], table(name).struct) for name in records.TABLES.values())
    raw = read_sources(spark, sources, cfg.ingest)
    bronze = records.build(raw, catalog, reviews, done, cfg=cfg.ingest, night=night)
    return offers.build(bronze[records.TABLES["catalogue"]], cfg=cfg.silver, night=night)["silver.offers"]


def measure(found: Resolution, truth: Gold, sources: Ints, seconds: dict[str, float]) -> Report:
    """Score a resolution on the records with gold."""
    judged = np.flatnonzero(truth.cluster >= 0)
    predicted, cluster = found.clusters.cluster[judged], truth.cluster[judged]
    if truth.listed:
        pairs = measures.pairwise_listed(found.clusters.cluster, truth.left, truth.right, sources)
    else:
        pairs = measures.pairwise(predicted, cluster)
    left, right = found.pairs.left, found.pairs.right
    known = (truth.cluster[left] >= 0) & (truth.cluster[right] >= 0)
    true = known & (truth.cluster[left] == truth.cluster[right])
    all_true = len(truth.left) if truth.listed else measures.pairs_within(cluster)
    believed = (found.p > 0) & known & (found.decided == UNDECIDED)
    return Report(
        offers=len(truth.cluster),
        judged=len(judged),
        gold_records_without_offer=truth.unknown,
        pairs=pairs,
        b_cubed=measures.b_cubed(predicted, cluster),
        exact_clusters=measures.exact_clusters(predicted, cluster),
        candidates=len(found.pairs),
        candidate_recall=min(float(true.sum()) / all_true, 1.0) if all_true else 0.0,
        accepted=int(((found.verdict < Verdict.BEATEN) & (found.decided != DIFFERENT)).sum()),
        decided=int((found.decided != UNDECIDED).sum()),
        calibration=measures.calibration(found.p[believed], true[believed]),
        seconds={step: round(value, 2) for step, value in seconds.items()},
        peak_mb=round(peak_driver_mb(), 1),
    )


def lines(report: Report) -> list[str]:
    """The report for people."""
    named = (("pairs", report.pairs), ("B-cubed", report.b_cubed), ("exact clusters", report.exact_clusters))
    said = [f"{report.offers:,} offers, {report.judged:,} of them with gold"]
    if report.gold_records_without_offer:
        said.append(f"{report.gold_records_without_offer:,} rows of the gold file name a record that no offer has")
    if report.decided:
        said.append(f"{report.decided:,} pairs as people decided them; the calibration leaves them out")
    said += [f"{name:<15} precision {s.precision:.3f}  recall {s.recall:.3f}  F1 {s.f1:.3f}" for name, s in named]
    said.append(
        f"candidates      {report.candidates:,}, recall {report.candidate_recall:.3f}; accepted {report.accepted:,}"
    )
    said += [
        f"calibration     {b.low:.1f}-{b.low + 0.1:.1f}: {b.pairs:>6,} pairs, "
        f"promised {b.expected:.2f}, observed {b.observed:.2f}"
        for b in report.calibration
    ]
    said.append("seconds         " + ", ".join(f"{step} {value:.1f}" for step, value in report.seconds.items()))
    return [*said, f"peak memory     {report.peak_mb:,.0f} MiB (this process and its JVM)"]
