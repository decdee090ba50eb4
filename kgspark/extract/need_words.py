"""Seeds of needs: which words are audiences, times and places, and under which name a need is known.

language/needs.yaml -> NeedWords of a language, canonical names
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

USED_FOR, USED_BY, USED_WHEN, USED_WHERE = RELATIONS = ("used_for", "used_by", "used_when", "used_where")


@dataclass(frozen=True)
class NeedWords:
    """Seeds and the words of patterns of one language, as the YAML explains them."""

    audiences: frozenset[str]
    times: frozenset[str]
    places: frozenset[str]
    no_need: frozenset[str]
    vague: frozenset[str]
    objects: frozenset[str]
    willing: frozenset[str]
    fitting: frozenset[str]
    gifts: frozenset[str]
    uses: frozenset[str]
    prepositions: frozenset[str]
    often: frozenset[str]

    def relation(self, phrase: str, head: str) -> str | None:
        """What the seeds say that a need is; None where they do not know it."""
        for relation, seeds in ((USED_BY, self.audiences), (USED_WHEN, self.times), (USED_WHERE, self.places)):
            if phrase in seeds or head in seeds:
                return relation
        return None


@dataclass(frozen=True)
class Need:
    """A need in a text: ``begin`` and ``end`` are code points, ``need`` its canonical name."""

    relation: str | None
    need: str
    begin: int
    end: int
    strong: bool


@functools.cache
def need_words(code: str) -> NeedWords:
    """The seeds of ``en`` or ``zh``."""
    return NeedWords(**{name: frozenset(str(words).split()) for name, words in _read()[code].items()})


@functools.cache
def _names() -> dict[str, str]:
    return {other: name for name, others in _read()["names"].items() for other in (name, *others)}


def need_name(phrase: str) -> str:
    """The name under which a need is known.

    >>> need_name("kids"), need_name("冬天"), need_name("long flights")
    ('children', 'winter', 'long flights')
    """
    return _names().get(phrase, phrase)


@functools.cache
def _read() -> dict[str, Any]:
    text = resources.files("kgspark.extract").joinpath("language", "needs.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content
