"""Answers to "what is this attribute here": one value of a text, or none, with a probability.

labelled texts -> described spans -> span model (and tagger, where wanted) -> log probabilities, added -> for a text and
an attribute the best value, if it is likely enough

The two models err on different texts: the first knows words and their neighbours by heart, the second what words are
like. They are joined by a logarithmic opinion pool (Genest and Zidek, Combining Probability Distributions, 1986), in
which TAGGED is the tagger's weight.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        described = describe(parts, category)
        tagged = self._tagged(parts, described, attributes)
        found = {}
        for attribute in attributes:
            candidates, scores = self.spans.scored(described, attribute)
            if attribute in tagged:
                scores = (1 - TAGGED) * scores + TAGGED * _of_candidates(candidates, tagged[attribute])
            found[attribute] = _best(described, candidates, np.exp(scores - scores.max()))
        return found

    def _tagged(
        self, parts: Sequence[str], described: Spans, attributes: Sequence[str]
    ) -> dict[str, npt.NDArray[np.float64]]:
        """The tagger's log probabilities of all spans and of none, for attributes that are read from spans alone."""
        asked = [name for name in attributes if not self.spans.answers.listed(name)]
        if self.tagger is None or not asked:
            return {}
        rows = self.tagger.span_scores(self.tagger.lower(parts, described), asked)
        return dict(zip(asked, rows, strict=True))


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
