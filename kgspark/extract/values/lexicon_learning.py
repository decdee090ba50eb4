"""Learning a lexicon from listings.

listings -> makers, where a source declares none -> declared values with enough support, synonyms under one label ->
found in titles, and what the grammar reads there, right or wrong where the seller says so himself -> counts by value or
rule and category
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from kgspark.extract.text.folding import CJK, folded
from kgspark.extract.text.words import Value, phrase
from kgspark.extract.values import associations, grammar, makers, synonyms
from kgspark.extract.values.hosts import OF_HOST, of_host
from kgspark.extract.values.lexicon import LONGEST, PULL, Lexicon, Rule, levels
from kgspark.extract.values.listings import Listing
from kgspark.extract.values.reading import Reading
from kgspark.extract.values.written_numbers import DIGITS
from kgspark.graph.values import quantity

_SHORTEST, _SHORTEST_CJK = 3, 2
# Letters of an abbreviation, and how like two spellings of one name are.
_INITIALS, _MISTYPED = 4, 0.8


def learn(listings: Iterable[Listing], min_support: int, said_by_people: Mapping[Value, str] | None = None) -> Lexicon:
    """The lexicon of these listings; a value needs ``min_support`` of them, or a person who says what it means."""
    given = list(listings)
    read = makers.named(given)
    guessed = makers.names(read) - makers.names(given)
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
    labels = associations.learn(read, labels) | labels
    shares = _shares(spellings, {value: labels[value] for value in kept})
    lexicon = Lexicon(labels | dict(said_by_people or {}), shares)
    right: Counter[tuple[str, Value | Rule]] = Counter()
    seen: Counter[tuple[str, Value | Rule]] = Counter()
    for listing in read:
        judged: list[tuple[Value | Rule, bool]] = [*_judged_values(listing, lexicon, guessed), *_judged_rules(listing)]
        for key, agrees in judged:
            for level in levels(listing.path):
                seen[level, key] += 1
                right[level, key] += agrees
    declared = Counter((level, name) for one in read for level in levels(one.path) for name in one.declared)
    speaking: dict[str, set[str]] = defaultdict(set)
    for one in read:
        speaking[one.source] |= set(one.declared)
    could = Counter((level, name) for one in read for level in levels(one.path) for name in speaking[one.source])
    speakers = Counter(name for names in speaking.values() for name in names)
    local = frozenset(name for name, sources in speakers.items() if sources == 1 < len(speaking))
    return Lexicon(lexicon.labels, shares, dict(right), dict(seen), dict(declared), dict(could), local)


def _shares(spellings: Mapping[Value, Counter[str]], labels: Mapping[Value, str]) -> dict[Value, float]:
    """Each kept value's share of all declarations of its attribute, its synonyms counted with it; of few declarations
    a cautious one.
    """
    totals: Counter[str] = Counter()
    by_label: Counter[tuple[str, str]] = Counter()
    for value, said in spellings.items():
        totals[value[0]] += sum(said.values())
        if value in labels:
            by_label[value[0], labels[value]] += sum(said.values())
    return {value: by_label[value[0], label] / (totals[value[0]] + PULL) for value, label in labels.items()}


def _products(listings: Iterable[Listing]) -> list[list[dict[str, str]]]:
    """What the listings of each GTIN declare."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for listing in listings:
        if listing.gtin:
            found[listing.gtin].append(listing.declared)
    return list(found.values())


def _judged_values(listing: Listing, lexicon: Lexicon, guessed: set[Value]) -> list[tuple[Value, bool]]:
    """The values in a title of attributes that its seller declares, and whether he declares the same; makers that only
    titles name (``guessed``) are other words where no maker opens titles.
    """
    plain = folded(listing.title)
    found: dict[Value, bool] = {}
    for words, begin, _ in lexicon.phrases.find(plain):
        for name in lexicon.attributes[words]:
            raw = listing.declared.get(name)
            if listing.makerless and (name, words) in guessed:
                found[name, words] = False
            if raw is None or (name in OF_HOST and of_host(plain, begin)):
                continue
            same = lexicon.spelling(name, raw) == lexicon.labels[name, words]
            if same or not _may_be_same(folded(raw), words):
                found[name, words] = same
    return sorted(found.items())


def _may_be_same(raw: str, words: tuple[str, ...]) -> bool:
    """Whether another spelling may be the same value: mistyped, cut short, or of another script; it proves nothing."""
    one, other = "".join(phrase(raw)), "".join(words)
    if (CJK.search(one) is None) != (CJK.search(other) is None):
        return True
    rest = iter(other)
    short = len(one) <= _INITIALS and one[:1] == other[:1] and all(letter in rest for letter in one)
    return short or SequenceMatcher(None, one, other, autojunk=False).ratio() >= _MISTYPED


def _judged_rules(listing: Listing) -> list[tuple[Rule, bool]]:
    """The readings of the grammar in a title, by the attribute that declares them; wrong ones where only others do."""
    said = [(name, raw, quantity(raw.strip(), DIGITS)) for name, raw in sorted(listing.declared.items())]
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
    numeric = squashed.isdigit() or quantity(raw.strip(), DIGITS) is not None
    return len(words) <= LONGEST * (3 if CJK.search(squashed) else 1) and len(squashed) >= shortest and not numeric
