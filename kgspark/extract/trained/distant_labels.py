"""Labels for a reader of named attributes out of what sellers declare: nobody reads a title for it.

listings -> attributes that matter in their category -> declared value in the text: right; no value of the attribute
anywhere in the text: none; anything else is left out -> items

(Mintz et al., Distant supervision for relation extraction without labeled data, 2009.) A value that the text says in
other words, or says of another thing, would teach a mistake; so a text that holds some other known value of the
attribute is no example of "none".
"""

from __future__ import annotations

from collections.abc import Iterable

from kgspark.extract.text.folding import folded
from kgspark.extract.text.words import Phrases, phrase
from kgspark.extract.trained.benchmark_files import Item, normal
from kgspark.extract.values.lexicon import Lexicon
from kgspark.extract.values.listings import Listing

# An attribute that fewer of a category's listings declare is not asked for there.
MATTERS = 0.1


def items(listings: Iterable[Listing], lexicon: Lexicon) -> list[Item]:
    """An item for each listing that answers anything, in the listings' order."""
    found = []
    for listing in listings:
        answers = _answers(listing, lexicon)
        if answers:
            found.append(Item((listing.title, listing.description), category(listing.path), answers))
    return found


def category(path: tuple[str, ...]) -> str:
    """What a reader is told of a listing's category: the leaf."""
    return folded(path[-1]) if path else ""


def asked(path: tuple[str, ...], lexicon: Lexicon) -> list[str]:
    """The attributes that matter in a category, by what its sellers declare."""
    return [name for name in lexicon.names if (lexicon.matters(name, path) or 0.0) >= MATTERS]


def _answers(listing: Listing, lexicon: Lexicon) -> dict[str, frozenset[str]]:
    text = f"{listing.title}\n{listing.description}"
    plain, small = folded(text), normal(text)
    answers: dict[str, frozenset[str]] = {}
    for name in asked(listing.path, lexicon):
        raw = listing.declared.get(name)
        if raw is None:
            continue
        said = {text[begin:end] for _, begin, end in Phrases.of([phrase(folded(raw))]).find(plain)}
        if said:
            answers[name] = frozenset(map(normal, said))
        elif normal(raw) in small:
            answers[name] = frozenset({normal(raw)})
        elif not any(name in lexicon.attributes[words] for words, _, _ in lexicon.phrases.find(plain)):
            answers[name] = frozenset()
    return answers
