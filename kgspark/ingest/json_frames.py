"""Records of json and jsonl dumps: objects one a line, in an array, one behind the other, or one a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import IO

from kgspark.ingest.framed import Framed, readable
from kgspark.ingest.streams import LINE_END, lines

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_BETWEEN = re.compile(r"[ \t\r\n,]*")
# Where an object that cannot be read most likely ends: a brace, then the next object, the array's or the file's end.
_NEXT_OBJECT = re.compile(r"\}[ \t\r\n]*(?=,?[ \t\r\n]*\{|\][ \t\r\n]*\Z|\Z)")


def frame_lines(stream: IO[bytes], *, encoding: str, limit: int) -> Iterator[Framed]:
    """One object a line; problems: not_json, not_an_object, too_large, invalid_utf8, invalid_unicode."""
    for line in lines(stream, limit):
        raw = line.data.rstrip(LINE_END)
        if not line.whole:
            yield Framed(None, raw, "too_large")
            continue
        if not raw.strip():
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            yield Framed(None, raw, "invalid_utf8" if encoding == "utf-8" else "invalid_encoding")
            continue
        yield _framed(text, raw)


def frame_document(
    stream: IO[bytes], *, encoding: str, rows: str | None, limit: int, file_limit: int
) -> Iterator[Framed]:
    """Objects of an array, of the array under the key ``rows``, one behind the other, or the one that the file is.

    The document is held in memory, up to ``file_limit`` bytes. An object that cannot be read is set aside up to where
    the next one begins. Problems as in ``frame_lines``.
    """
    data = stream.read(file_limit + 1)
    if len(data) > file_limit:
        raise ValueError(f"json file larger than max_file_bytes ({file_limit}); split it or deliver jsonl")
    # Bytes that are no text travel as lone surrogates, so that the record they spoil can be told from the others.
    text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding, "surrogateescape")
    at = _start(text, rows)
    while (at := _BETWEEN.match(text, at).end()) < len(text) and text[at] != "]":  # type: ignore[union-attr]
        try:
            _, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            found = _NEXT_OBJECT.search(text, at)
            end = found.end() if found else len(text)
        raw = text[at:end].encode(encoding, "surrogateescape")
        if len(raw) > limit:
            yield Framed(None, raw[:limit], "too_large")
        elif max(text[at:end]) >= "\udc80" and not _is_text(raw, encoding):
            yield Framed(None, raw, "invalid_utf8" if encoding == "utf-8" else "invalid_encoding")
        else:
            yield _framed(text[at:end], raw)
        at = end


def fields_of(text: str) -> dict[str, str]:
    """The fields of an object: texts decoded, everything else (numbers, lists, objects) as it stands; nulls left out.

    >>> fields_of('{"price": 1.10, "tags": ["a"], "gtin": null, "title": "\\\\u00e9"}')
    {'price': '1.10', 'tags': '["a"]', 'title': 'é'}

    Raises ValueError where the text is no JSON, TypeError where it is no object.
    """
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        _DECODER.decode(text)
        raise TypeError("not an object")
    fields: dict[str, str] = {}
    at = _skip(text, at + 1)
    if text[at : at + 1] == "}":
        return _ended(text, at, fields)
    while True:
        if text[at : at + 1] != '"':
            raise ValueError("a name is missing")
        name, at = scanstring(text, at + 1, True)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError("a colon is missing")
        at = _skip(text, at + 1)
        value, end = _DECODER.raw_decode(text, at)
        if value is not None:
            fields[name] = value if isinstance(value, str) else text[at:end]
        at = _skip(text, end)
        if text[at : at + 1] == "}":
            return _ended(text, at, fields)
        if text[at : at + 1] != ",":
            raise ValueError("a comma is missing")
        at = _skip(text, at + 1)


def _ended(text: str, at: int, fields: dict[str, str]) -> dict[str, str]:
    if _skip(text, at + 1) != len(text):
        raise ValueError("text behind the object")
    return fields


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _framed(text: str, raw: bytes) -> Framed:
    try:
        return readable(fields_of(text), raw)
    except (ValueError, RecursionError):
        return Framed(None, raw, "not_json")
    except TypeError:
        return Framed(None, raw, "not_an_object")


def _is_text(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _start(text: str, rows: str | None) -> int:
    """Where the first object begins: behind the bracket of the array, or at the file's beginning."""
    at = _skip(text, 0)
    if rows is not None:
        found = re.compile(json.dumps(rows) + r"[ \t\r\n]*:[ \t\r\n]*\[").search(text, at)
        return found.end() if found else len(text)
    return at + 1 if text[at : at + 1] == "[" else at
