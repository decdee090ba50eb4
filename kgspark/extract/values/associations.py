"""Chinese words that stand in titles where sellers declare a value in another language: 灰色 for "grey".

listings that declare an attribute, in Chinese, without the value itself -> runs of two to four characters -> those that
nearly always stand beside one value, for makers of many kinds -> synonyms of that value

A series stands beside one colour as often as the word for it does, but only among one maker's offers; and a word for a
colour explains many of the offers of that colour, where a chance companion explains few.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from kgspark.extract.text.folding import folded
from kgspark.extract.text.words import Value, phrase
from kgspark.extract.values.hosts import OF_HOST
from kgspark.extract.values.listings import Listing

_SHORTEST, _LONGEST = 2, 4
# Titles that hold a run beside its value, their makers, their share of the run's titles and of the value's.
_TITLES, _MAKERS, _OF_RUN, _OF_VALUE = 4, 3, 0.9, 0.15
# Beside a value that most titles have ("new") stands every word.
_OF_ALL = 0.5


def learn(listings: Iterable[Listing], labels: dict[Value, str]) -> dict[Value, str]:
    """Runs of Chinese characters, as values, and the label that each stands for."""
    makers: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    beside: Counter[tuple[str, str, str]] = Counter()
    runs: Counter[tuple[str, str]] = Counter()
    values: Counter[tuple[str, str]] = Counter()
    titles: Counter[str] = Counter()
    for listing in listings:
        said = folded(listing.title)
        for attribute, raw in sorted(listing.declared.items()):
            label = labels.get((attribute, phrase(folded(raw))))
            if label is None or attribute in OF_HOST or folded(label) in said:
                continue
            found = _runs(said)
            if found:
                values[attribute, label] += 1
                titles[attribute] += 1
            for run in found:
                runs[attribute, run] += 1
                beside[attribute, run, label] += 1
                makers[attribute, run, label].add(listing.declared.get("brand", "/".join(listing.path)))
    kept = {
        key: times
        for key, times in beside.items()
        if times >= _TITLES
        and len(makers[key]) >= _MAKERS
        and times >= _OF_RUN * runs[key[0], key[1]]
        and times >= _OF_VALUE * values[key[0], key[2]]
        and values[key[0], key[2]] <= _OF_ALL * titles[key[0]]
    }
    return {(a, phrase(run)): label for a, run, label in sorted(kept) if not _part_of_longer(a, run, label, kept)}


def _runs(said: str) -> set[str]:
    """The runs of Chinese characters of a folded text."""
    chinese = "".join(c if "\u3400" <= c <= "\u9fff" else " " for c in said).split()
    return {
        part[at : at + size]
        for part in chinese
        for size in range(_SHORTEST, _LONGEST + 1)
        for at in range(len(part) - size + 1)
    }


def _part_of_longer(attribute: str, run: str, label: str, kept: dict[tuple[str, str, str], int]) -> bool:
    """Whether a longer run says the same nearly as often: then the shorter is a piece of it."""
    return any(
        len(other) > len(run) and run in other and times >= _OF_RUN * kept[attribute, run, label]
        for (a, other, said), times in kept.items()
        if (a, said) == (attribute, label)
    )
