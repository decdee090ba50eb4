"""How well aspect terms are found and judged, learnt on one file and measured on another.

training file -> network (one a seed) -> polarity of the given terms; spans of terms in raw sentences -> figures
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from kgspark.errors import InputError
from kgspark.extract.opinions.aspect_file import POLARITIES, Sentence, read

if TYPE_CHECKING:
    from kgspark.extract.opinions.aspect_training import AspectReader


@dataclass(frozen=True)
class Run:
    """Figures of one seed: ``accuracy`` and ``macro_f1`` of polarities, the rest of exact spans."""

    seed: int
    accuracy: float
    macro_f1: float
    precision: float
    recall: float
    f1: float
    seconds: float


@dataclass(frozen=True)
class Report:
    """What was learnt from, what was judged, and a run for each seed; ``majority`` is the most frequent polarity."""

    trained_items: int
    trained_sentences: int
    items: int
    sentences: int
    majority: float
    runs: tuple[Run, ...]

    def mean(self, name: str) -> float:
        """Mean of a figure over the seeds."""
        return fmean(getattr(run, name) for run in self.runs)

    def record(self) -> dict[str, Any]:
        """As JSON takes it."""
        means = {name: round(self.mean(name), 4) for name in ("accuracy", "macro_f1", "precision", "recall", "f1")}
        return means | asdict(self)


def evaluate(train_file: Path, test_file: Path, seeds: int) -> Report:
    """Learn on one file and judge the other, once for each seed from 0.

    Polarity: the share of items whose polarity is right, given sentence and term. Terms: a found span counts as right
    when it is a term's, word for word; a term that several items name counts once. Sentences are rebuilt by putting
    the term in its place; items of one sentence are read together. Raises InputError where a file breaks the format or
    the extra ``learn`` is not installed.
    """
    learnt_from, judged = read(train_file), read(test_file)
    try:
        from kgspark.extract.opinions.aspect_training import Training, train
    except ImportError as error:
        raise InputError(
            f"Aspects are learnt with torch, which is missing ({error}); pip install 'kgspark[learn]'."
        ) from None
    runs = []
    for seed in range(seeds):
        started = time.perf_counter()
        runs.append(_run(seed, train(learnt_from, seed, Training()), judged, started))
    polarities = Counter(term.polarity for sentence in judged for term in sentence.terms)
    return Report(
        sum(len(sentence.terms) for sentence in learnt_from),
        len(learnt_from),
        polarities.total(),
        len(judged),
        round(max(polarities.values()) / polarities.total(), 4),
        tuple(runs),
    )


def _run(seed: int, reader: AspectReader, judged: Sequence[Sentence], started: float) -> Run:
    right = np.array([POLARITIES.index(term.polarity) for sentence in judged for term in sentence.terms])
    said = reader.judge(judged).argmax(axis=1)
    found = reader.find(judged)
    true = sum(len(spans & {t.span for t in one.terms}) for spans, one in zip(found, judged, strict=True))
    all_found, all_true = sum(map(len, found)), sum(len({term.span for term in one.terms}) for one in judged)
    return Run(
        seed,
        round(float((said == right).mean()), 4),
        round(fmean(_f1(said == kind, right == kind) for kind in range(len(POLARITIES))), 4),
        round(true / max(all_found, 1), 4),
        round(true / all_true, 4),
        round(2 * true / (all_found + all_true), 4),
        round(time.perf_counter() - started, 1),
    )


def _f1(said: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> float:
    both = float((said & right).sum())
    return 2 * both / max(float(said.sum() + right.sum()), 1.0)


def lines(report: Report) -> list[str]:
    """The report for people."""
    return [
        f"learnt from {report.trained_items:,} items in {report.trained_sentences:,} sentences, "
        f"judged {report.items:,} in {report.sentences:,} ({report.majority:.3f} of one polarity)",
        *(
            f"seed {run.seed}: accuracy {run.accuracy:.4f}, macro F1 {run.macro_f1:.4f}; terms: precision "
            f"{run.precision:.4f}, recall {run.recall:.4f}, F1 {run.f1:.4f}; {run.seconds:.0f} s"
            for run in report.runs
        ),
        f"mean: accuracy {report.mean('accuracy'):.4f}, macro F1 {report.mean('macro_f1'):.4f}; "
        f"terms F1 {report.mean('f1'):.4f}",
    ]
