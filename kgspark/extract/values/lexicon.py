"""What sellers declare, as a lexicon for the texts of all: values of attributes, and what patterns mean by category.

listings -> declared values with enough support, synonyms under one label -> found in titles, right or wrong where the
seller says so himself -> probability by value and category, shrunk towards the attribute's

A value's probability is the share of titles with it whose own seller declares it, among those who declare the
attribute, pulled to the share of the attribute, and in a category to that of the value: Beta-binomial shrinkage with
PULL pseudo-titles (Gelman et al., Bayesian Data Analysis, 2013, chapter 2). Agreement by chance is taken out as in
Cohen's kappa: where nine of ten offers are declared new, the word "new" in a title proves little.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kgspark.extract.text.folding import folded
from kgspark.extract.text.words import Phrases, Value, phrase
from kgspark.extract.values.reading import Reading

EVERYWHERE = ""
PULL = 5.0
# Of an attribute that nobody declares beside a title that names it.
UNKNOWN = 0.5
LONGEST = 6
# Share of its attribute's declarations above which a value proves nothing where it stands: "new".
COMMON = 0.8
# Listings of a category without which its silence about an attribute says nothing.
_TELLING = 5
# A reading's rule, unit and attribute.
Rule = tuple[str, str, str]


@dataclass
class Lexicon:
    """``labels`` is the spelling that stands for each value, ``shares`` its share of the attribute's declarations,
    ``right`` and ``seen`` count by value or rule and category. ``declared`` says how many listings of a category
    declare an attribute, ``listings`` how many could: those of sources that declare it anywhere. ``local`` are the
    attributes that one source alone declares, of several.
    """

    labels: dict[Value, str] = field(default_factory=dict)
    shares: dict[Value, float] = field(default_factory=dict)
    right: dict[tuple[str, Value | Rule], int] = field(default_factory=dict)
    seen: dict[tuple[str, Value | Rule], int] = field(default_factory=dict)
    declared: dict[tuple[str, str], int] = field(default_factory=dict)
    listings: dict[tuple[str, str], int] = field(default_factory=dict)
    local: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.attributes: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name, words in sorted(self.labels):
            self.attributes[words].append(name)
        self.phrases = Phrases.of(self.attributes)
        self.names = sorted({name for _, name in self.declared})
        self.overall = _totals(self.right), _totals(self.seen)
        self.rules: dict[tuple[str, str], list[str]] = defaultdict(list)
        for level, key in sorted(self.seen, key=str):
            if level == EVERYWHERE and len(key) == 3:
                self.rules[key[0], key[1]].append(key[2])

    def sure(self, key: Value | Rule, path: Sequence[str], prior: float = UNKNOWN) -> float:
        """The probability that a title with this value, or a reading of this rule, means the attribute."""
        by_chance = 0.0
        base = prior
        if len(key) == 2:
            right, seen = (total.get(key[0], 0) for total in self.overall)
            base = (right + PULL * prior) / (seen + PULL)
            by_chance = self.shares.get(key, 0.0)
        for level in levels(path):
            right, seen = self.right.get((level, key), 0), self.seen.get((level, key), 0)
            base = (right + PULL * base) / (seen + PULL)
        return max(0.0, base - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0

    def spelling(self, attribute: str, raw: str) -> str:
        """A declared value as most sellers spell it; a value that few declare keeps its own spelling."""
        return self.labels.get((attribute, phrase(folded(raw))), " ".join(raw.split()))

    def matters(self, attribute: str, path: Sequence[str]) -> float | None:
        """The share of a category's listings that declare the attribute, of those whose sources ever do; None where
        there are too few to say.
        """
        for level in reversed(levels(path)[1:]):
            listings = self.listings.get((level, attribute), 0)
            if listings >= _TELLING:
                return self.declared.get((level, attribute), 0) / listings
        return None

    def foreign(self, attribute: str, path: Sequence[str]) -> bool:
        """Whether sellers of the category never speak of the attribute: there "orange" is a taste, no colour."""
        return self.matters(attribute, path) == 0

    def values(self, plain: str, path: Sequence[str]) -> list[Reading]:
        """Every declared value that stands in a folded text, each place by its most probable attribute."""
        found = []
        for words, begin, end in self.phrases.find(plain):
            telling = [n for n in self.attributes[words] if self.shares.get((n, words), 0.0) <= COMMON]
            names = [name for name in telling if not self.foreign(name, path)]
            sure = {name: self.sure((name, words), path) for name in names}
            name = min(sure, key=lambda n: (-sure[n], n), default=None)
            if name is not None:
                label = self.labels[name, words]
                found.append(Reading(begin, end, name, label, None, None, sure[name], "lexicon"))
        return found

    def named(self, reading: Reading, path: Sequence[str]) -> Reading:
        """A reading of the grammar under the name that sellers use for it, with the probability they give it.

        Where they have no name for it, and never use the grammar's in that category, it is probably something else. A
        name of one source alone says nothing in categories where that source lists nothing: a grocer's package_size is
        no name for the size of a screen.
        """
        unit = reading.unit or ""
        names = [n for n in self.rules.get((reading.extractor, unit), []) if not self.foreign(n, path)]
        votes = {
            name: sum(
                weight * self.right.get((level, (reading.extractor, unit, name)), 0)
                for weight, level in _weighted(path)
                if level != EVERYWHERE or name not in self.local
            )
            for name in names
        }
        best = min(votes, key=lambda n: (-votes[n], n), default=None)
        if best is not None and votes[best]:
            return replace(
                reading, attribute=best, confidence=self.sure((reading.extractor, unit, best), path, reading.confidence)
            )
        doubt = 0.5 if self.foreign(reading.attribute, path) else 1.0
        return replace(reading, confidence=reading.confidence * doubt)


def levels(path: Sequence[str]) -> list[str]:
    """Everything, the root category, the leaf: from the most general down."""
    known = [folded(label) for label in path]
    return [EVERYWHERE, *dict.fromkeys(known[:1] + known[-1:])]


def attribute_name(name: str) -> str:
    """As ``graph.names.attribute_name``, outside Spark."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def _totals(counts: dict[tuple[str, Value | Rule], int]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for (level, key), count in counts.items():
        if level == EVERYWHERE and len(key) == 2:
            totals[key[0]] += count
    return dict(totals)


def _weighted(path: Sequence[str]) -> list[tuple[float, str]]:
    """Levels with the weight of their votes: a leaf's own sellers know best what they mean."""
    return list(zip((1.0, 3.0, 10.0), levels(path), strict=False))
