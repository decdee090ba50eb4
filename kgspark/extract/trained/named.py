"""What a fitted reader adds to an offer: values of attributes that matter in its category and nothing else has read.

attributes of the category, less those already read -> asked of title and description together -> readings by column
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kgspark.extract.trained import attribute_store, distant_labels
from kgspark.extract.trained.attribute_model import Answer, Asked, AttributeModel
from kgspark.extract.values.lexicon import Lexicon
from kgspark.extract.values.reading import Reading
from kgspark.extract.values.written_numbers import DIGITS
from kgspark.graph.values import quantity

EXTRACTOR = "reader"


@functools.lru_cache(maxsize=1)
def loaded(folder: str, device: str) -> AttributeModel:
    """The worker's model on its device: loaded once a process, which serves many tasks."""
    return attribute_store.load(folder, device)


@dataclass(frozen=True)
class Unread:
    """An offer's texts, its category path, and by text what was read already."""

    texts: Sequence[str]
    path: tuple[str, ...]
    found: Sequence[list[Reading]]


def read(model: AttributeModel, offers: Sequence[Unread], lexicon: Lexicon) -> Iterator[list[list[Reading]]]:
    """For each offer more readings for each of its texts, none where one is found already; the model is not asked where
    nothing is missing, and of all offers together, which a GPU wants.
    """
    missing = [_missing(offer, lexicon) for offer in offers]
    asked = [
        Asked(tuple(offer.texts), distant_labels.category(offer.path), names)
        for offer, names in zip(offers, missing, strict=True)
        if names
    ]
    answers = model.answers_all(asked)
    for offer, names in zip(offers, missing, strict=True):
        yield _more(offer, next(answers) if names else {}, lexicon)


def _missing(offer: Unread, lexicon: Lexicon) -> tuple[str, ...]:
    known = {reading.attribute for readings in offer.found for reading in readings}
    return tuple(name for name in distant_labels.asked(offer.path, lexicon) if name not in known)


def _more(offer: Unread, answers: dict[str, Answer], lexicon: Lexicon) -> list[list[Reading]]:
    more: list[list[Reading]] = [[] for _ in offer.texts]
    for name, answer in answers.items():
        if answer.value is None or answer.place is None:
            continue
        part, begin, end = answer.place
        if any(r.begin < end and begin < r.end for r in [*offer.found[part], *more[part]]):
            continue
        words = offer.texts[part][begin:end]
        number, unit = quantity(words.strip(), DIGITS) or (None, None)
        value = f"{number} {unit}" if number else lexicon.spelling(name, words)
        more[part].append(Reading(begin, end, name, value, number, unit, answer.probability, EXTRACTOR))
    return more
