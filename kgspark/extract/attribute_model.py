"""Answers to "what is this attribute here": one value of a text, or none, with a probability.

labelled texts -> described spans -> span model -> for a text and an attribute the best value, if it is likely enough
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kgspark.extract import span_model
from kgspark.extract.answers import Question
from kgspark.extract.benchmark_files import Item
from kgspark.extract.span_features import describe
from kgspark.extract.span_model import SpanModel

# A value is given from this probability on: below a half, since an answer missed costs F1 as much as a wrong one given.
ANSWERED = 0.45


@dataclass(frozen=True)
class Answer:
    """``value`` is None for none; the place (part, begin, end) is None where the text does not write it."""

    value: str | None
    probability: float
    place: tuple[int, int, int] | None


@dataclass(frozen=True)
class AttributeModel:
    """A fitted model of a set of attributes."""

    spans: SpanModel

    def answers(self, parts: Sequence[str], category: str, attributes: Sequence[str]) -> dict[str, Answer]:
        """An answer for each attribute asked of a text."""
        described = describe(parts, category)
        found = {}
        for attribute in attributes:
            p = self.spans.probabilities(described, attribute)
            none, _ = p.pop(None)
            value, (sure, span) = max(p.items(), key=lambda item: (item[1][0], str(item[0])), default=(None, (0.0, -1)))
            place = None
            if span >= 0:
                place = int(described.part[span]), int(described.begin[span]), int(described.end[span])
            found[attribute] = Answer(value, sure, place) if sure >= ANSWERED else Answer(None, none, None)
        return found


def fit(items: Sequence[Item]) -> AttributeModel:
    """Fit on labelled texts; the same items give the same model."""
    texts = [describe(item.parts, item.category) for item in items]
    questions = [
        Question(number, name, right) for number, item in enumerate(items) for name, right in item.answers.items()
    ]
    return AttributeModel(span_model.fit(texts, questions))
