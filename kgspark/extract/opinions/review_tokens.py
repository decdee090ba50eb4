"""A review's text as words with their places: English by a pattern, Chinese by jieba.

text -> tokens in lower case and simplified characters, begin and end in code points; punctuation stays to part clauses
"""

from __future__ import annotations

import functools
import re
from collections.abc import Container
from dataclasses import dataclass

from kgspark.chinese import segmenter
from kgspark.extract.opinions.opinion_words import language
from kgspark.extract.text.folding import simplified

_ENGLISH = re.compile(
    r"[^\W\d_]+(?=n['’]t\b)|n['’]t\b|['’](?:s|re|ve|ll|m|d)\b"
    r"|[^\W_]+(?:-[^\W_]+|['’](?!(?:s|re|ve|ll|m|d)\b)[^\W_]+)*|[^\w\s]",
    re.IGNORECASE,
)
LONGEST_JOINED = 4
_HAN = re.compile(r"[\u4e00-\u9fff]")
# Degree words that jieba keeps together with the word they modify: 很好, 太差.
# What makes a noun of the word before, where jieba parts them: 柔软|度.
NOUN_ENDINGS = frozenset("度性感量率")
# Denied sizes that mean something else.
_OF_THEIR_OWN = frozenset(["不少", "不多", "不老", "不新", "不透", "不干", "不软"])
_PREFIXES = frozenset("很太真挺更最超蛮偏")


@dataclass(frozen=True)
class Tokens:
    """The words of one text; ``begin`` and ``end`` are code points, end not included."""

    words: tuple[str, ...]
    begin: tuple[int, ...]
    end: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.words)


def tokens(text: str, code: str) -> Tokens:
    """The text cut into words.

    >>> tokens("It isn't bad.", "en").words
    ('it', 'is', "n't", 'bad', '.')
    """
    cut = _english(text) if code == "en" else _chinese(text)
    words, begins, ends = zip(*cut, strict=True) if cut else ((), (), ())
    return Tokens(words, begins, ends)


def joined(cut: Tokens, known: Container[str]) -> Tokens:
    """The tokens with neighbours made one where together they are a known word; the longest first.

    >>> joined(tokens("半夜冻醒了", "zh"), {"半夜冻醒"}).words
    ('半夜冻醒', '了')
    """
    words, begins, ends = [], [], []
    at = 0
    while at < len(cut):
        size = next((n for n in range(LONGEST_JOINED, 1, -1) if "".join(cut.words[at : at + n]) in known), 1)
        size = min(size, len(cut) - at)
        words.append("".join(cut.words[at : at + size]))
        begins.append(cut.begin[at])
        ends.append(cut.end[at + size - 1])
        at += size
    return Tokens(tuple(words), tuple(begins), tuple(ends))


def _english(text: str) -> list[tuple[str, int, int]]:
    return [(m.group().lower().replace("’", "'"), m.start(), m.end()) for m in _ENGLISH.finditer(text)]


def _chinese(text: str) -> list[tuple[str, int, int]]:
    seeds = language("zh").seeds
    found: list[tuple[str, int, int]] = []
    at = 0
    for word in segmenter().cut(simplified(text)):
        lowered = word.lower() if len(word.lower()) == len(word) else word
        # White space parts clauses in Chinese; as one token, however long.
        parts = [" "] if word.isspace() else _parts(lowered, seeds)
        if word in NOUN_ENDINGS and found and _HAN.match(found[-1][0]):
            found[-1] = (found[-1][0] + word, found[-1][1], at + len(word))
            at, parts = at + len(word), []
        for part in parts:
            end = at + (len(word) if word.isspace() else len(part))
            found.append((part, at, end))
            at = end
    return found


def _parts(word: str, seeds: dict[str, int]) -> list[str]:
    """A word of the dictionary that says more than one thing, in its parts: 很|好, 不|方便, 价格|便宜."""
    if len(word) < 2 or word in seeds or not _HAN.match(word) or word in language("zh").degrees:
        return [word]
    if word[0] in _PREFIXES:
        return [word[0], word[1:]]
    if word[0] == "不" and ((rest := _parts(word[1:], seeds))[-1] in seeds or _tells_taste(word)):
        return [word[0], *rest]
    if len(word) == 4 and word[2:] in seeds:
        return [word[:2], word[2:]]
    return [word]


def _tells_taste(word: str) -> bool:
    """不甜, 不滑; but 不大 modifies what follows, and 不少 means many."""
    known = language("zh")
    return word[1:] in known.plain and word not in known.negations and word not in _OF_THEIR_OWN


@functools.cache
def parts_of_speech() -> dict[str, str]:
    """Chinese words -> part of speech, as jieba's dictionary has them; what it does not know is in no part."""
    with segmenter().get_dict_file() as file:
        lines = (line.decode("utf-8").split() for line in file)
        return {parts[0]: parts[2] for parts in lines if len(parts) > 2}
