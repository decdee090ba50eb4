"""The Arrow iterator that reads reviews: what runs inside Spark's Python workers.

review and its raw record -> words -> slots -> judgements of the lexicon -> the place of each in the raw record
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from kgspark.extract.aspects_settings import AspectsSettings
from kgspark.extract.opinions.opinion_lexicon import Judgement, Lexicon, Lexicons
from kgspark.extract.opinions.opinion_slots import slots
from kgspark.extract.opinions.opinion_walk import Slot
from kgspark.extract.opinions.opinion_words import language, singular
from kgspark.extract.opinions.review_tokens import Tokens, joined, tokens
from kgspark.extract.text.field_place import FieldPlace

READ = (
    "review_id string, source string, record_id string, offer_id string, language string, column string, "
    "text_begin int, text_end int, field string, begin int, end int, aspect string, term string, opinion string, "
    "opinion_begin int, opinion_end int, polarity int, denied boolean, quote string, confidence double, "
    "extractor string, extractor_version string"
)
VERSION = "4"
_TYPES = {"string": pa.string(), "int": pa.int32(), "double": pa.float64(), "boolean": pa.bool_()}
_ARROW = pa.schema([(name, _TYPES[kind]) for name, kind in (column.split() for column in READ.split(", "))])
_SENTENCE_ENDS = re.compile(r"[.!?;。！？；\n]+(?=\s|[^\x00-\x7f]|$)|[。！？；]")


@dataclass(frozen=True)
class Mention:
    """What a text says of one aspect: spans in code points of the text."""

    begin: int
    end: int
    opinion_begin: int
    opinion_end: int
    slot: Slot
    judgement: Judgement


def mentions(text: str, lexicon: Lexicon, categories: Iterable[str] = ()) -> Iterator[Mention]:
    """Every aspect that the text judges, from left to right; what names the product's category is none."""
    cut = tokens(text, lexicon.code)
    if lexicon.code == "zh":
        cut = joined(cut, lexicon.opinions)
    seen: set[tuple[int, str]] = set()
    named = _names(categories, lexicon.code)
    for slot in slots(cut, language(lexicon.code), lexicon.is_opinion):
        judged = lexicon.judge(cut.words, slot)
        if judged is None:
            continue
        first = slot.end - judged.words
        term = cut.words[first : slot.end]
        if (first, cut.words[slot.opinion]) in seen or _names_product(term, named, lexicon.code):
            continue
        seen.add((first, cut.words[slot.opinion]))
        yield _mention(cut, first, slot, judged)


def _mention(cut: Tokens, first: int, slot: Slot, judged: Judgement) -> Mention:
    opinion = slot.opinion
    return Mention(cut.begin[first], cut.end[slot.end - 1], cut.begin[opinion], cut.end[opinion], slot, judged)


def _names(categories: Iterable[str], code: str) -> frozenset[str]:
    if code == "zh":
        return frozenset(label for label in categories if label)
    return frozenset(singular(label.lower().split()[-1]) for label in categories if label.split())


def _names_product(term: tuple[str, ...], named: frozenset[str], code: str) -> bool:
    if code == "zh":
        # The head stands last: 绿茶 is a kind of 茶, 茶香 a part of it.
        word = "".join(term)
        return any(word in label or word.endswith(label) for label in named)
    return singular(term[-1]) in named


@dataclass(frozen=True)
class OpinionReader:
    """Turns Arrow batches of reviews with ``payload`` and ``categories`` into ``READ``."""

    lexicons: Lexicons
    cfg: AspectsSettings

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One batch out for each batch in."""
        for batch in incoming:
            rows = [row for review in batch.to_pylist() for row in self._rows(review)]
            yield pa.RecordBatch.from_pylist(rows, schema=_ARROW)

    def _rows(self, review: dict[str, Any]) -> Iterator[dict[str, Any]]:
        lexicon = self.lexicons.by_language.get(review["language"])
        if lexicon is None:
            return
        for column in ("title", "text"):
            clean = review[column] or ""
            read = clean[: self.cfg.max_text_length]
            found = [m for m in mentions(read, lexicon, review["categories"]) if self._sure(m)]
            if found:
                place = FieldPlace(review, column, clean)
                yield from (self._row(review, column, clean, mention, place) for mention in found)

    def _sure(self, mention: Mention) -> bool:
        return mention.judgement.confidence >= self.cfg.min_confidence

    def _row(
        self, review: dict[str, Any], column: str, clean: str, mention: Mention, place: FieldPlace
    ) -> dict[str, Any]:
        begin, end = place.raw(mention.begin, mention.end)
        opinion_begin, opinion_end = place.raw(mention.opinion_begin, mention.opinion_end)
        own = {name: review[name] for name in ("review_id", "source", "record_id", "offer_id", "language")}
        return own | {
            "column": column,
            "text_begin": mention.begin,
            "text_end": mention.end,
            "field": place.field,
            "begin": begin,
            "end": end,
            "aspect": mention.judgement.aspect,
            "term": clean[mention.begin : mention.end],
            "opinion": clean[mention.opinion_begin : mention.opinion_end],
            "opinion_begin": opinion_begin,
            "opinion_end": opinion_end,
            "polarity": mention.judgement.polarity,
            "denied": mention.slot.denied,
            "quote": sentence(clean, mention.begin, mention.opinion_end, self.cfg.max_quote_length),
            "confidence": mention.judgement.confidence,
            "extractor": f"opinion:{mention.slot.pattern}",
            "extractor_version": VERSION,
        }


def sentence(text: str, begin: int, end: int, longest: int) -> str:
    """The sentence around a span, cut to the longest that is quoted.

    >>> sentence("I like it. The fit is great! Bye.", 15, 27, 100)
    'The fit is great!'
    """
    begin, end = min(begin, end), max(begin, end)
    start = max((match.end() for match in _SENTENCE_ENDS.finditer(text, 0, begin)), default=0)
    stop = next((match.end() for match in _SENTENCE_ENDS.finditer(text, end)), len(text))
    whole = text[start:stop].strip()
    return whole if len(whole) <= longest else whole[: longest - 1].rstrip() + "…"
