"""What is known of a language before any review is read: closed classes of words, seeds of opinion, names of aspects.

language/en.yaml, language/zh.yaml, language/aspects.yaml -> Language, canonical names
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

LANGUAGES = ("en", "zh")
_NO_SETS = ("likes", "good", "bad", "pairs")


@dataclass(frozen=True)
class Language:
    """The closed classes of one language, as the YAML explains them; ``seeds`` are opinions with their polarity."""

    code: str
    negations: frozenset[str]
    contrasts: frozenset[str]
    degrees: frozenset[str]
    intense: frozenset[str]
    copulas: frozenset[str]
    auxiliaries: frozenset[str]
    reporting: frozenset[str]
    determiners: frozenset[str]
    function: frozenset[str]
    plain: frozenset[str]
    excess: frozenset[str]
    verbal_nouns: frozenset[str]
    pointing: frozenset[str]
    definite: frozenset[str]
    introducing: frozenset[str]
    kinds: frozenset[str]
    no_aspect: frozenset[str]
    wishes: frozenset[str]
    supposing: frozenset[str]
    aspect_tags: frozenset[str]
    opinion_tags: frozenset[str]
    likes: dict[str, int]
    seeds: dict[str, int]
    pairs: dict[tuple[str, str], int]


@functools.cache
def language(code: str) -> Language:
    """The words of ``en`` or ``zh``."""
    read = _read(code)
    sets = {name: frozenset(str(read[name]).split()) for name in read if name not in _NO_SETS}
    pairs = {(aspect, word): sign for aspect, said in read["pairs"].items() for word, sign in said.items()}
    seeds = dict.fromkeys(str(read["good"]).split(), 1) | dict.fromkeys(str(read["bad"]).split(), -1)
    return Language(code=code, likes=read["likes"], seeds=seeds, pairs=pairs, **sets)


@functools.cache
def aspect_names() -> dict[str, str]:
    """Other names of aspects -> the canonical name."""
    return {other: canonical for canonical, others in _read("aspects").items() for other in (canonical, *others)}


def canonical(term: str) -> str:
    """The name under which an aspect is known: its canonical one, else itself in lower case and singular.

    >>> canonical("Colors"), canonical("物流"), canonical("zippers")
    ('colour', 'delivery', 'zipper')
    """
    names, lowered = aspect_names(), term.lower()
    single = singular(lowered)
    return names.get(lowered) or names.get(single) or single


def singular(term: str) -> str:
    """An English noun, or the last word of several, without its plural ending; rough where the language is.

    >>> singular("batteries"), singular("battery lives"), singular("glass"), singular("dresses"), singular("shoes")
    ('battery', 'battery life', 'glass', 'dress', 'shoe')
    """
    if term.endswith("lives"):
        return term[:-3] + "fe"
    if term.endswith("ies") and len(term) > 4:
        return term[:-3] + "y"
    if term.endswith(("sses", "shes", "ches", "xes")):
        return term[:-2]
    if term.endswith("s") and not term.endswith(("ss", "us", "is")) and len(term) > 3:
        return term[:-1]
    return term


@functools.cache
def _read(name: str) -> dict[str, Any]:
    text = resources.files("kgspark.extract").joinpath("language", f"{name}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content
