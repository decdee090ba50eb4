"""What a fitted reader adds to an offer: values of attributes that matter in its category and nothing else has read.

attributes of the category, less those already read -> asked of title and description together -> readings by column
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from kgspark.extract.trained import attribute_store, distant_labels
from kgspark.extract.trained.attribute_model import AttributeModel
from kgspark.extract.values.lexicon import Lexicon
from kgspark.extract.values.reading import Reading
from kgspark.extract.values.written_numbers import DIGITS
from kgspark.graph.values import quantity

EXTRACTOR = "reader"


@functools.lru_cache(maxsize=1)
def loaded(folder: str) -> AttributeModel:
    """The worker's model: loaded once a process, which serves many tasks."""
    return attribute_store.load(folder)


def read(
    model: AttributeModel, texts: Sequence[str], path: tuple[str, ...], found: Sequence[list[Reading]], lexicon: Lexicon
) -> list[list[Reading]]:
    """More readings for each of the texts, none where one is ``found`` already; the model is not asked where nothing
    is missing.
    """
    known = {reading.attribute for readings in found for reading in readings}
    missing = [name for name in distant_labels.asked(path, lexicon) if name not in known]
    more: list[list[Reading]] = [[] for _ in texts]
    if not missing:
        return more
    for name, answer in model.answers(texts, distant_labels.category(path), missing).items():
        if answer.value is None or answer.place is None:
            continue
        part, begin, end = answer.place
        if any(r.begin < end and begin < r.end for r in [*found[part], *more[part]]):
            continue
        words = texts[part][begin:end]
        number, unit = quantity(words.strip(), DIGITS) or (None, None)
        value = f"{number} {unit}" if number else lexicon.spelling(name, words)
        more[part].append(Reading(begin, end, name, value, number, unit, answer.probability, EXTRACTOR))
    return more
