"""Answers to "what is this attribute here": one value of a text, or none, with a probability.

labelled texts -> described spans -> span model (and tagger, where wanted) -> log probabilities, added -> for a text and
an attribute the best value, if it is likely enough

The two models err on different texts: the first knows words and their neighbours by heart, the second what words are
like. They are joined by a logarithmic opinion pool (Genest and Zidek, Combining Probability Distributions, 1986), in
which TAGGED is the tagger's weight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kgspark.extract.trained import span_model
from kgspark.extract.trained.answers import Question
from kgspark.extract.trained.benchmark_files import Item
from kgspark.extract.trained.span_features import Spans, describe
from kgspark.extract.trained.span_model import Candidates, SpanModel

if TYPE_CHECKING:
    from kgspark.extract.trained.tagger import Tagger

# A value is given from this probability on: below a half, since an answer missed costs F1 as much as a wrong one given.
ANSWERED = 0.45
TAGGED = 0.3
# Words of the text in the middle up to which the tagger is worth its time. Measured: on titles (17 words) it lifts F1
# from .852 to .875, on titles with descriptions (58) it takes ten times as long and lifts nothing.
_SHORT_TEXT = 32
# What a span scores that the tagger did not see because the text was cut.
_UNSEEN = -40.0


@dataclass(frozen=True)
class Asked:
    """A text in parts, its category, and the attributes asked of it."""

    parts: tuple[str, ...]
    category: str
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """``value`` is None for none; the place (part, begin, end) is None where the text does not write it."""

    value: str | None
    probability: float
    place: tuple[int, int, int] | None


@dataclass(frozen=True)
class AttributeModel:
    """A fitted model of a set of attributes; ``tagger`` is None where none was wanted."""

    spans: SpanModel
    tagger: Tagger | None = None

    def answers(self, parts: Sequence[str], category: str, attributes: Sequence[str]) -> dict[str, Answer]:
        """An answer for each attribute asked of a text."""
        return next(self.answers_all([Asked(tuple(parts), category, tuple(attributes))]))

    def answers_all(self, asked: Sequence[Asked]) -> Iterator[dict[str, Answer]]:
        """Answers for each text in turn; many are asked at once so that a GPU has something to do."""
        at_once = self.tagger.window if self.tagger else 1
        for start in range(0, len(asked), at_once):
            window = asked[start : start + at_once]
            described = [describe(text.parts, text.category) for text in window]
            for text, spans, tagged in zip(window, described, self._tagged(window, described), strict=True):
                yield {name: self._answer(spans, name, tagged.get(name)) for name in text.attributes}

    def _answer(self, described: Spans, attribute: str, tagged: npt.NDArray[np.float64] | None) -> Answer:
        candidates, scores = self.spans.scored(described, attribute)
        if tagged is not None:
            scores = (1 - TAGGED) * scores + TAGGED * _of_candidates(candidates, tagged)
        return _best(described, candidates, np.exp(scores - scores.max()))

    def _tagged(self, asked: Sequence[Asked], described: Sequence[Spans]) -> list[dict[str, npt.NDArray[np.float64]]]:
        """The tagger's log probabilities of all spans and of none, for attributes that are read from spans alone."""
        names = [[name for name in text.attributes if not self.spans.answers.listed(name)] for text in asked]
        tagged: list[dict[str, npt.NDArray[np.float64]]] = [{} for _ in asked]
        rows = [row for row, each in enumerate(names) if each]
        if self.tagger is not None and rows:
            read = self.tagger.lower([asked[row].parts for row in rows], [described[row] for row in rows])
            scores = self.tagger.span_scores(read, [names[row] for row in rows])
            for row, of_text in zip(rows, scores, strict=True):
                tagged[row] = dict(zip(names[row], of_text, strict=True))
        return tagged


def fit(items: Sequence[Item], tagger: bool | None = None) -> AttributeModel:
    """Fit on labelled texts, with the span tagger or without (None: with it where the texts are short); the same items
    give the same model.
    """
    texts = [describe(item.parts, item.category) for item in items]
    questions = [
        Question(number, name, right) for number, item in enumerate(items) for name, right in item.answers.items()
    ]
    spans = span_model.fit(texts, questions)
    if tagger is None:
        lengths = sorted(sum(len(part.split()) for part in item.parts) for item in items)
        tagger = lengths[len(lengths) // 2] <= _SHORT_TEXT
    if not tagger:
        return AttributeModel(spans)
    # torch is imported only where it is wanted: it takes seconds and hundreds of megabytes.
    from kgspark.extract.trained import tagger_training

    return AttributeModel(spans, tagger_training.fit([i.parts for i in items], texts, questions, spans.answers))


def _of_candidates(candidates: Candidates, tagged: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    scores = np.maximum(tagged[:-1][candidates.spans], _UNSEEN)
    return np.where(candidates.spans >= 0, scores, tagged[-1])


def _best(described: Spans, candidates: Candidates, mass: npt.NDArray[np.float64]) -> Answer:
    """The most probable value over all its places, or none; ties go to the value that sorts last."""
    p = mass / mass.sum()
    total: dict[str | None, float] = {}
    place: dict[str | None, tuple[float, int]] = {}
    for value, span, share in zip(candidates.values, candidates.spans.tolist(), p.tolist(), strict=True):
        total[value] = total.get(value, 0.0) + share
        place[value] = max(place.get(value, (-1.0, -1)), (share, span))
    none = total.pop(None)
    value, sure = max(total.items(), key=lambda item: (item[1], str(item[0])), default=(None, 0.0))
    if sure < ANSWERED:
        return Answer(None, none, None)
    at = place[value][1]
    where = (int(described.part[at]), int(described.begin[at]), int(described.end[at])) if at >= 0 else None
    return Answer(value, sure, where)
