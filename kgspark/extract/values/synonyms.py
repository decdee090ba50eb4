"""Values that mean the same, learnt from offers of one product, and corrected by people.

listings by GTIN -> pairs of values that sellers declare for one product -> sets of values that nearly always meet ->
the most declared spelling for all of a set; a person's table comes last and is obeyed

Two values are one when, in the products in which the rarer of them meets any other spelling, it meets the other one
mostly. Errors are spread over many values, so no single one reaches that share.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

from kgspark.errors import InputError
from kgspark.extract.text.folding import folded
from kgspark.extract.text.words import Value, phrase

COLUMNS = ("attribute", "value", "means")
# Products in which two values meet, and their share of those in which the rarer of the two meets another.
_MEETINGS, _SHARE = 3, 0.6


def learn(products: Iterable[Iterable[Mapping[str, str]]], support: Mapping[Value, int]) -> dict[Value, Value]:
    """Each value that has a synonym, and the one that stands for it: the most declared of the set.

    ``products`` give the declarations (attribute to value) of the offers of each product; ``support`` says how many
    offers declare a value, and only values with support are looked at.
    """
    met: Counter[tuple[Value, Value]] = Counter()
    alone: Counter[Value] = Counter()
    for offers in products:
        said: dict[str, set[Value]] = defaultdict(set)
        for declared in offers:
            for attribute, raw in declared.items():
                value = (attribute, phrase(folded(raw)))
                if value in support:
                    said[attribute].add(value)
        for values in said.values():
            met.update(combinations(sorted(values), 2))
            if len(values) > 1:
                alone.update(values)
    kept = [
        pair
        for pair, times in sorted(met.items())
        if times >= _MEETINGS and times >= _SHARE * min(alone[v] for v in pair)
    ]
    return _stand_in(kept, support)


def read(path: Path) -> dict[Value, str]:
    """What a person wrote: for a value of an attribute what it means; an empty meaning is the value itself.

    Raises InputError where the file is no CSV with the columns attribute, value and means.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"attributes.synonyms: {path} cannot be read ({error}); give a CSV file.") from None
    for row in rows:
        if not set(COLUMNS) <= set(row) or not row["attribute"] or not row["value"]:
            raise InputError(f"attributes.synonyms: {path} needs the columns {', '.join(COLUMNS)}, found {dict(row)}.")
    return {(row["attribute"], phrase(folded(row["value"]))): row["means"] or row["value"] for row in rows}


def _stand_in(pairs: Iterable[tuple[Value, Value]], support: Mapping[Value, int]) -> dict[Value, Value]:
    """The sets that the pairs make, each value with the most declared of its set."""
    parent: dict[Value, Value] = {}

    def root(value: Value) -> Value:
        while (above := parent.get(value, value)) != value:
            value = above
        return value

    for one, other in pairs:
        first, second = sorted((root(one), root(other)), key=lambda v: (-support[v], v))
        parent[second] = first
    return {value: root(value) for value in sorted(parent) if root(value) != value}
