"""Makers that no source declares, learnt from how titles open.

listings of sources that never name a brand -> words that open titles of several sellers, and seldom stand elsewhere ->
without those before which the maker comes ("refurbished") and those that are half a name -> listings with their maker

Sellers do not agree on how to praise, but on what a thing is called: name first, then what it is. So a word is a
maker's name in a category when titles of ``MIN_SELLERS`` sellers open with it, at least ``MIN_OPENING`` of those that
hold it, and what follows varies. Independent sellers stand in for the declarations that teach the other values.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kgspark.extract.text.folding import CJK, folded
from kgspark.extract.text.words import Value, phrase, words
from kgspark.extract.values.listings import Listing

BRAND = "brand"
# Sellers in all, and of one category; share of the category's titles that hold the word and open with it.
MIN_SELLERS, MIN_HERE, MIN_OPENING = 4, 2, 0.5
# Share of titles in which the next word opens titles, too: it is the maker ("refurbished apple").
_MODIFIES = 0.4
# Two words are one name where the second follows in nearly all of so many titles: "russell hobbs".
_JOINED, _TITLES = 0.98, 15
# Half a name: two seconds follow in nearly all ("fisher paykel", "fisher price"), or one in all of few titles; a grade:
# single letters do.
_HALF = 0.95


@dataclass
class _Opener:
    titles: int = 0
    sellers: set[tuple[str, str]] = field(default_factory=set)
    following: Counter[str] = field(default_factory=Counter)

    def add(self, other: _Opener) -> None:
        self.titles += other.titles
        self.sellers |= other.sellers
        self.following.update(other.following)


def named(listings: Sequence[Listing]) -> list[Listing]:
    """The listings, with the maker as brand where the title opens with one and the source never declares any;
    ``makerless`` where no maker opens titles of its category, so that makers' names are other words there ("apple").
    """
    silent = {one.source for one in listings} - {one.source for one in listings if BRAND in one.declared}
    makers = _makers([one for one in listings if one.source in silent])
    return [_with_maker(one, makers) if one.source in silent else one for one in listings]


def names(listings: Sequence[Listing]) -> set[Value]:
    """The brands that the listings declare, as values."""
    return {(BRAND, phrase(folded(one.declared[BRAND]))) for one in listings if BRAND in one.declared}


def _with_maker(listing: Listing, makers: dict[str, dict[str, int]]) -> Listing:
    known = makers.get(_root(listing))
    if not known:
        return replace(listing, makerless=True)
    said = words(folded(listing.title))
    if not said or said[0][0] not in known:
        return listing
    last = said[min(known[said[0][0]], len(said)) - 1]
    return replace(listing, declared=listing.declared | {BRAND: listing.title[said[0][1] : last[2]]})


def _makers(listings: Sequence[Listing]) -> dict[str, dict[str, int]]:
    """By root category the first words of makers' names, and how many words each name has."""
    openers: dict[str, dict[str, _Opener]] = defaultdict(lambda: defaultdict(_Opener))
    holding: dict[str, Counter[str]] = defaultdict(Counter)
    for listing in listings:
        said = [word for word, _, _ in words(folded(listing.title))]
        root = _root(listing)
        holding[root].update(set(said))
        if said and len(said[0]) > 1 and said[0].isalpha() and not CJK.match(said[0]):
            opener = openers[root][said[0]]
            opener.titles += 1
            opener.sellers.add((listing.source, listing.seller))
            opener.following.update(said[1:2])
    fitting = {
        (root, word): one
        for root, found in openers.items()
        for word, one in found.items()
        if len(one.sellers) >= MIN_HERE and one.titles >= MIN_OPENING * holding[root][word]
    }
    everywhere: dict[str, _Opener] = defaultdict(_Opener)
    for (_, word), one in fitting.items():
        everywhere[word].add(one)
    opening = {word: one for word, one in everywhere.items() if len(one.sellers) >= MIN_SELLERS}
    lengths = {word: _length(one, set(opening)) for word, one in opening.items()}
    makers: dict[str, dict[str, int]] = defaultdict(dict)
    for root, word in sorted(fitting):
        if lengths.get(word):
            makers[root][word] = lengths[word]
    return makers


def _length(opener: _Opener, opening: set[str]) -> int:
    """How many words the name has that begins so; 0 where it is none."""
    following, titles = opener.following, opener.titles
    modifies = sum(times for word, times in following.items() if word in opening)
    letters = sum(times for word, times in following.items() if len(word) == 1 and word.isalpha())
    if modifies > _MODIFIES * titles or letters > _HALF * titles:
        return 0
    (first, *others) = [times for _, times in following.most_common(2)] or [0]
    if first >= _JOINED * titles:
        return 2 if titles >= _TITLES else 0
    return 0 if titles >= _TITLES and first + sum(others) >= _HALF * titles else 1


def _root(listing: Listing) -> str:
    return folded(listing.path[0]) if listing.path else ""
