"""How right the attribute reader is on a labelled file: fitted on some of it, asked about the rest.

items -> folds, or train and test -> fit -> an answer or none for each question -> precision, recall, F1

Scores. A question is an item and an attribute; the attribute's name is given. The answer is one value or none. It is
right when it equals one of the question's right values, both in lower case and with runs of white space as one space
(nothing else is forgiven: "men" is not "men's"). Precision is right answers over answers given, recall is right answers
over questions that have a right value, micro-F1 their harmonic mean; an answer to a question without a right value
costs precision only. Macro-F1 is the mean of F1 over the attributes that have a right value among the questions asked.
Frequency bands are by the number of questions with a right value that training had for the attribute.

Folds are by a checksum of the text, so that equal texts never stand on both sides.
"""

from __future__ import annotations

import resource
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgspark.errors import InputError
from kgspark.extract.trained import attribute_model
from kgspark.extract.trained.benchmark_files import Item, read

BANDS = ((0, 9), (10, 99), (100, None))


@dataclass(frozen=True)
class Asked:
    """A question, its right values, the answer (None for none), its probability, and how often training had it."""

    attribute: str
    right: frozenset[str]
    answer: str | None
    probability: float
    trained: int


@dataclass(frozen=True)
class Score:
    """Counts of some questions, and what follows from them."""

    right: int
    answered: int
    answerable: int

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> Score:
        """Count."""
        return cls(
            sum(one.answer in one.right for one in asked),
            sum(one.answer is not None for one in asked),
            sum(bool(one.right) for one in asked),
        )

    @property
    def precision(self) -> float:
        """Share of the answers that are right."""
        return self.right / self.answered if self.answered else 0.0

    @property
    def recall(self) -> float:
        """Share of the questions with a right value that are answered rightly."""
        return self.right / self.answerable if self.answerable else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.answered + self.answerable
        return 2 * self.right / both if both else 0.0

    def record(self) -> dict[str, float | int]:
        """As JSON."""
        figures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        counts = {"right": self.right, "answered": self.answered, "answerable": self.answerable}
        return {name: round(value, 4) for name, value in figures.items()} | counts


@dataclass(frozen=True)
class Report:
    """All answers, the seconds that fitting and asking took, and the peak memory of the process."""

    asked: tuple[Asked, ...]
    fit_seconds: float
    ask_seconds: float
    peak_mb: float

    def by_attribute(self) -> dict[str, Score]:
        """A score for each attribute, the most frequent first."""
        names = sorted({one.attribute for one in self.asked})
        scores = {name: Score.of([one for one in self.asked if one.attribute == name]) for name in names}
        return dict(sorted(scores.items(), key=lambda item: (-item[1].answerable, item[0])))

    def macro_f1(self) -> float:
        """The mean over the attributes that have a right value."""
        known = [score.f1 for score in self.by_attribute().values() if score.answerable]
        return sum(known) / len(known) if known else 0.0

    def by_band(self) -> dict[str, Score]:
        """A score for each frequency band."""
        found = {}
        for low, high in BANDS:
            name = f"{low}-{high}" if high is not None else f"{low}+"
            inside = [one for one in self.asked if one.trained >= low and (high is None or one.trained <= high)]
            found[name] = Score.of(inside)
        return found

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "questions": len(self.asked),
            "micro": Score.of(self.asked).record(),
            "macro_f1": round(self.macro_f1(), 4),
            "bands": {name: score.record() for name, score in self.by_band().items()},
            "attributes": {name: score.record() for name, score in self.by_attribute().items()},
            "calibration": calibration(self.asked),
            "fit_seconds": round(self.fit_seconds, 1),
            "ask_seconds": round(self.ask_seconds, 1),
            "peak_mb": round(self.peak_mb),
        }


def evaluate(train: Path, test: Path | None, folds: int, tagger: bool | None = None) -> Report:
    """Fit on ``train`` and ask about ``test``; without ``test``, about each of ``folds`` parts of ``train`` in turn.

    ``tagger`` as in ``attribute_model.fit``.

    Raises InputError where a file is not labelled texts, or there is nothing to fit or ask.
    """
    items = read(train)
    if test is not None:
        rounds = [(items, read(test))]
    else:
        parts = [zlib.crc32("\n".join(item.parts).encode("utf-8", "surrogatepass")) % folds for item in items]
        rounds = [
            (
                [item for item, part in zip(items, parts, strict=True) if part != fold],
                [item for item, part in zip(items, parts, strict=True) if part == fold],
            )
            for fold in range(folds)
        ]
    if not all(known and asked for known, asked in rounds):
        raise InputError(f"{train} has too few texts ({len(items)}) to fit on some and ask about others.")
    answers: list[Asked] = []
    fitting = asking = 0.0
    for known, wanted in rounds:
        start = time.perf_counter()
        model = attribute_model.fit(known, tagger)
        fitted = time.perf_counter()
        answers += _ask(model, known, wanted)
        fitting += fitted - start
        asking += time.perf_counter() - fitted
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Report(tuple(answers), fitting, asking, peak)


def _ask(model: attribute_model.AttributeModel, known: Sequence[Item], wanted: Sequence[Item]) -> list[Asked]:
    trained: dict[str, int] = {}
    for item in known:
        for name, right in item.answers.items():
            trained[name] = trained.get(name, 0) + bool(right)
    asked = []
    questions = [attribute_model.Asked(item.parts, item.category, tuple(item.answers)) for item in wanted]
    for item, answers in zip(wanted, model.answers_all(questions), strict=True):
        for name, right in item.answers.items():
            said = answers[name]
            asked.append(Asked(name, right, said.value, said.probability, trained.get(name, 0)))
    return asked


def calibration(asked: Sequence[Asked]) -> list[dict[str, float | int]]:
    """For each tenth of promised probability: answers, the mean promised, the share right."""
    rows: list[dict[str, float | int]] = []
    for tenth in range(10):
        inside = [a for a in asked if a.answer is not None and min(int(a.probability * 10), 9) == tenth]
        if inside:
            promised = sum(a.probability for a in inside) / len(inside)
            right = sum(a.answer in a.right for a in inside) / len(inside)
            rows.append({"answers": len(inside), "promised": round(promised, 3), "right": round(right, 3)})
    return rows


def lines(report: Report) -> list[str]:
    """For a terminal."""

    def line(name: str, score: Score) -> str:
        return f"{name:<32} {score.precision:9.3f} {score.recall:9.3f} {score.f1:9.3f} {score.answerable:9d}"

    head = f"{'':<32} {'precision':>9} {'recall':>9} {'F1':>9} {'values':>9}"
    return [
        f"{len(report.asked)} questions, fitted in {report.fit_seconds:.0f} s, asked in {report.ask_seconds:.0f} s, "
        f"{report.peak_mb:.0f} MB at most",
        head,
        line("micro", Score.of(report.asked)),
        f"{'macro over attributes':<32} {'':>9} {'':>9} {report.macro_f1():9.3f}",
        *[line(f"trained on {name} values", score) for name, score in report.by_band().items() if score.answerable],
        "",
        *[line(name, score) for name, score in report.by_attribute().items()],
        "",
        "promised  right  answers",
        *[f"{row['promised']:8.3f} {row['right']:6.3f} {row['answers']:8d}" for row in calibration(report.asked)],
    ]
