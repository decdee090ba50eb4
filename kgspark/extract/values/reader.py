"""All that is read in one text: by the grammar, by the lexicon, by what the offer itself declares.

text -> readings of each extractor -> the surest at each place
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgspark.extract.text.folding import folded
from kgspark.extract.text.words import Phrases, phrase
from kgspark.extract.values import grammar
from kgspark.extract.values.hosts import OF_HOST, of_host
from kgspark.extract.values.lexicon import COMMON, Lexicon
from kgspark.extract.values.reading import Reading
from kgspark.extract.values.written_numbers import DIGITS
from kgspark.graph.values import quantity

# A seller's own value, found in his own text: wrong only where the words mean something else there, and worth nothing
# where nearly all declare it ("new").
_DECLARED = 0.97


def read(text: str, path: Sequence[str], declared: Mapping[str, str], lexicon: Lexicon) -> list[Reading]:
    """Readings of one text of an offer, in order; no two overlap.

    ``declared`` is what the offer says of itself, by attribute. Of two readings of one place the surer stands, then the
    longer.
    """
    plain = folded(text)
    found = [lexicon.named(reading, path) for reading in grammar.read(text)]
    found += lexicon.values(plain, path)
    found += _own(plain, declared, lexicon)
    found = [r for r in found if r.attribute not in OF_HOST or not of_host(plain, r.begin)]
    kept: list[Reading] = []
    taken = bytearray(len(text))
    for reading in sorted(found, key=lambda r: (-r.confidence, r.begin - r.end, r.begin, r.attribute, r.extractor)):
        if not any(taken[reading.begin : reading.end]):
            kept.append(reading)
            taken[reading.begin : reading.end] = b"\1" * (reading.end - reading.begin)
    return sorted(kept, key=lambda reading: reading.begin)


def _own(plain: str, declared: Mapping[str, str], lexicon: Lexicon) -> list[Reading]:
    names: dict[tuple[str, ...], str] = {}
    for name, raw in sorted(declared.items(), reverse=True):
        words = phrase(folded(raw))
        common = lexicon.shares.get((name, words), 0.0) > COMMON
        if sum(map(len, words)) >= 2 and not "".join(words).isdigit() and not common:
            names[words] = name
    found = []
    for words, begin, end in Phrases.of(names).find(plain):
        raw = declared[names[words]]
        amount = quantity(raw.strip(), DIGITS)
        number, unit = amount or (None, None)
        value = f"{number} {unit}" if amount else lexicon.spelling(names[words], raw)
        found.append(Reading(begin, end, names[words], value, number, unit, _DECLARED, "declared"))
    return found
