"""What sellers declare, as a lexicon for the texts of all: values of attributes, and what patterns mean by category.

listings -> declared values with enough support, synonyms under one label -> found in titles, right or wrong where the
seller says so himself -> probability by value and category, shrunk towards the attribute's

A value's probability is the share of titles with it whose own seller declares it, among those who declare the
attribute, pulled to the share of the attribute, and in a category to that of the value: Beta-binomial shrinkage with
PULL pseudo-titles (Gelman et al., Bayesian Data Analysis, 2013, chapter 2).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kgspark.extract import grammar, synonyms
from kgspark.extract.folding import CJK, folded
from kgspark.extract.reading import Reading
from kgspark.extract.words import Phrases, phrase
from kgspark.graph.values import quantity

EVERYWHERE = ""
PULL = 5.0
# Of an attribute that nobody declares beside a title that names it.
UNKNOWN = 0.5
LONGEST = 6
_SHORTEST, _SHORTEST_CJK = 3, 2
# A reading's rule, unit and attribute; a declared value: attribute and words.
Rule = tuple[str, str, str]
Value = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Listing:
    """What is learnt from: an offer's title, its categories from the root, what it declares by attribute, its GTIN, its
    description.
    """

    title: str
    path: tuple[str, ...]
    declared: dict[str, str]
    gtin: str | None = None
    description: str = ""


@dataclass
class Lexicon:
    """``labels`` is the spelling that stands for each value, ``right`` and ``seen`` count by value or rule and
    category, ``declared`` and ``listings`` say which attributes matter in which category.
    """

    labels: dict[Value, str] = field(default_factory=dict)
    right: dict[tuple[str, Value | Rule], int] = field(default_factory=dict)
    seen: dict[tuple[str, Value | Rule], int] = field(default_factory=dict)
    declared: dict[tuple[str, str], int] = field(default_factory=dict)
    listings: dict[str, int] = field(default_factory=dict)

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
        name = key[0] if len(key) == 2 else None
        base = prior
        if name is not None:
            right, seen = (total.get(name, 0) for total in self.overall)
            base = (right + PULL * prior) / (seen + PULL)
        for level in levels(path):
            right, seen = self.right.get((level, key), 0), self.seen.get((level, key), 0)
            base = (right + PULL * base) / (seen + PULL)
        return base

    def spelling(self, attribute: str, raw: str) -> str:
        """A declared value as most sellers spell it; a value that few declare keeps its own spelling."""
        return self.labels.get((attribute, phrase(folded(raw))), " ".join(raw.split()))

    def matters(self, attribute: str, path: Sequence[str]) -> float | None:
        """The share of a category's listings that declare the attribute; None where none declares anything."""
        for level in reversed(levels(path)):
            if self.listings.get(level):
                return self.declared.get((level, attribute), 0) / self.listings[level]
        return None

    def values(self, plain: str, path: Sequence[str]) -> list[Reading]:
        """Every declared value that stands in a folded text, each place by its most probable attribute."""
        found = []
        for words, begin, end in self.phrases.find(plain):
            sure = {name: self.sure((name, words), path) for name in self.attributes[words]}
            name = min(sure, key=lambda n: (-sure[n], n))
            found.append(Reading(begin, end, name, self.labels[name, words], None, None, sure[name], "lexicon"))
        return found

    def named(self, reading: Reading, path: Sequence[str]) -> Reading:
        """A reading of the grammar under the name that sellers use for it, with the probability they give it."""
        names = self.rules.get((reading.extractor, reading.unit or ""), [])
        keys = {name: (reading.extractor, reading.unit or "", name) for name in names}
        votes = {
            name: sum(self.right.get((level, key), 0) * weight for weight, level in _weighted(path))
            for name, key in keys.items()
        }
        best = min(votes, key=lambda n: (-votes[n], n), default=None)
        if best is None or not votes[best]:
            return reading
        sure = self.sure(keys[best], path, reading.confidence)
        return Reading(
            reading.begin, reading.end, best, reading.value, reading.number, reading.unit, sure, reading.extractor
        )


def levels(path: Sequence[str]) -> list[str]:
    """Everything, the root category, the leaf: from the most general down."""
    known = [folded(label) for label in path]
    return [EVERYWHERE, *dict.fromkeys(known[:1] + known[-1:])]


def attribute_name(name: str) -> str:
    """As ``graph.names.attribute_name``, outside Spark."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def learn(listings: Iterable[Listing], min_support: int, said_by_people: Mapping[Value, str] | None = None) -> Lexicon:
    """The lexicon of these listings; a value needs ``min_support`` of them, or a person who says what it means."""
    read = list(listings)
    spellings: dict[Value, Counter[str]] = defaultdict(Counter)
    for listing in read:
        for name, raw in listing.declared.items():
            words = phrase(folded(raw))
            if _searchable(raw, words):
                spellings[name, words][raw] += 1
    kept = {value: said for value, said in spellings.items() if sum(said.values()) >= min_support}
    labels = {value: min(said, key=lambda s: (-said[s], s)) for value, said in kept.items()}
    one_for_all = synonyms.learn(_products(read), {value: sum(said.values()) for value, said in kept.items()})
    labels |= {value: labels[other] for value, other in one_for_all.items()}
    lexicon = Lexicon(labels | dict(said_by_people or {}))
    right: Counter[tuple[str, Value | Rule]] = Counter()
    seen: Counter[tuple[str, Value | Rule]] = Counter()
    for listing in read:
        judged: list[tuple[Value | Rule, bool]] = [*_judged_values(listing, lexicon), *_judged_rules(listing)]
        for key, agrees in judged:
            for level in levels(listing.path):
                seen[level, key] += 1
                right[level, key] += agrees
    declared = Counter((level, name) for one in read for level in levels(one.path) for name in one.declared)
    telling = Counter(level for one in read if one.declared for level in levels(one.path))
    return Lexicon(lexicon.labels, dict(right), dict(seen), dict(declared), dict(telling))


def _products(listings: Iterable[Listing]) -> list[list[dict[str, str]]]:
    """What the listings of each GTIN declare."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for listing in listings:
        if listing.gtin:
            found[listing.gtin].append(listing.declared)
    return list(found.values())


def _judged_values(listing: Listing, lexicon: Lexicon) -> list[tuple[Value, bool]]:
    """The values in a title of attributes that its seller declares, and whether he declares the same."""
    declared = {name: lexicon.spelling(name, raw) for name, raw in listing.declared.items()}
    found = {words for words, _, _ in lexicon.phrases.find(folded(listing.title))}
    return [
        ((name, words), declared[name] == lexicon.labels[name, words])
        for words in sorted(found)
        for name in lexicon.attributes[words]
        if name in declared
    ]


def _judged_rules(listing: Listing) -> list[tuple[Rule, bool]]:
    """The readings of the grammar in a title, by the attribute that declares them; wrong ones where only others do."""
    said = [(name, raw, quantity(raw.strip(), grammar.DIGITS)) for name, raw in sorted(listing.declared.items())]
    judged: list[tuple[Rule, bool]] = []
    for reading in grammar.read(listing.title):
        same = [name for name, raw, amount in said if _agrees(reading, raw, amount)]
        other = [name for name, _, amount in said if amount and amount[1] == reading.unit] if not same else []
        if reading.extractor == "pattern:model" and not same:
            other = [name for name, _, _ in said if name == "model"]
        judged += [((reading.extractor, reading.unit or "", name), bool(same)) for name in same or other]
    return judged


def _agrees(reading: Reading, raw: str, amount: tuple[str, str] | None) -> bool:
    if amount is not None and reading.number is not None and amount[1] in (reading.unit, "packs"):
        return amount[0] == reading.number
    squashed = "".join(phrase(folded(raw)))
    return squashed == "".join(phrase(reading.value))


def _searchable(raw: str, words: tuple[str, ...]) -> bool:
    """Whether a declared value says something wherever it stands: ``M``, ``12`` and ``500 g`` do not, by words."""
    squashed = "".join(words)
    shortest = _SHORTEST_CJK if CJK.search(squashed) else _SHORTEST
    numeric = squashed.isdigit() or quantity(raw.strip(), grammar.DIGITS) is not None
    return len(words) <= LONGEST * (3 if CJK.search(squashed) else 1) and len(squashed) >= shortest and not numeric


def _totals(counts: dict[tuple[str, Value | Rule], int]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for (level, key), count in counts.items():
        if level == EVERYWHERE and len(key) == 2:
            totals[key[0]] += count
    return dict(totals)


def _weighted(path: Sequence[str]) -> list[tuple[float, str]]:
    """Levels with the weight of their votes: a leaf's own sellers know best what they mean."""
    return list(zip((1.0, 3.0, 10.0), levels(path), strict=False))
