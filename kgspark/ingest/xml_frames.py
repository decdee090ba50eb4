"""Records of xml dumps: every ``<row_tag>`` element read for itself, so that a broken one costs nobody else.

An element that is not closed before the next one begins is set aside up to there; an element of the same name within a
record is therefore not supported. Prefixes need no declaration (``g:price`` is a name), entities beyond XML's own five
and character references are not expanded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

from kgspark.ingest.framed import Framed, readable
from kgspark.ingest.streams import READ_BYTES

_DECLARED = re.compile(rb"<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)[\"']")


def frame(stream: IO[bytes], *, row_tag: str, limit: int) -> Iterator[Framed]:
    """The stream's records; problems: not_xml, too_large, invalid_utf8 (or invalid_encoding)."""
    name = re.escape(row_tag.encode())
    opening = re.compile(rb"<" + name + rb"(?=[\s/>])(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
    closing = re.compile(rb"</" + name + rb"\s*>")
    buffer = stream.read(READ_BYTES)
    declared = _DECLARED.search(buffer[:1024])
    encoding = declared.group(1).decode().lower() if declared else "utf-8"
    at, ended = 0, not buffer
    while True:
        start = opening.search(buffer, at)
        end = _end(buffer, start, opening, closing, ended) if start else None
        if start and end is not None:
            chunk, at = buffer[start.start() : end], end
            yield Framed(None, chunk[:limit], "too_large") if len(chunk) > limit else _record(chunk, encoding)
        elif start and len(buffer) - start.start() > limit:
            yield Framed(None, buffer[start.start() : start.start() + limit], "too_large")
            at = start.end()
        elif ended:
            return
        else:
            # What may be the beginning of a record, or of its tag, stays.
            keep = start.start() if start else max(buffer.rfind(b"<"), at)
            more = stream.read(READ_BYTES)
            buffer, at, ended = buffer[keep:] + more, 0, not more


def fields_of(chunk: str) -> dict[str, str]:
    """Fields of one element: ``tag`` or ``tag/tag`` to text, ``@name`` and ``tag/@name`` to attributes.

    Repeated elements become a JSON list of texts; empty ones are left out. Raises expat.ExpatError where it is no XML.

    >>> fields_of('<p id="7"><name>Pen &amp; ink</name><tag>a</tag><tag>b</tag></p>')
    {'@id': '7', 'name': 'Pen & ink', 'tag': '["a","b"]'}
    """
    found: dict[str, list[str]] = {}
    path: list[str] = []
    texts: list[list[str]] = []

    def add(name: str, text: str) -> None:
        if text.strip():
            found.setdefault(name, []).append(text)

    def start(tag: str, attributes: dict[str, str]) -> None:
        path.append(tag)
        texts.append([])
        for name, value in attributes.items():
            add("/".join([*path[1:], f"@{name}"]), value)

    def end(_tag: str) -> None:
        add("/".join(path[1:]) or "_text", "".join(texts.pop()))
        path.pop()

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda text: texts[-1].append(text) if texts else None
    parser.Parse(chunk.encode(), True)
    return {name: values[0] if len(values) == 1 else _list(values) for name, values in found.items()}


def _list(values: list[str]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _record(chunk: bytes, encoding: str) -> Framed:
    try:
        return readable(fields_of(chunk.decode(encoding)), chunk)
    except (UnicodeDecodeError, LookupError):
        return Framed(None, chunk, "invalid_utf8" if encoding == "utf-8" else "invalid_encoding")
    except expat.ExpatError:
        return Framed(None, chunk, "not_xml")


def _end(
    buffer: bytes, start: re.Match[bytes], opening: re.Pattern[bytes], closing: re.Pattern[bytes], ended: bool
) -> int | None:
    """Where the record ends: with its own tag, its closing tag, the next record or the file; None: not in sight."""
    if start.group().endswith(b"/>"):
        return start.end()
    close = closing.search(buffer, start.end())
    following = opening.search(buffer, start.end(), close.start() if close else len(buffer))
    if following:
        return following.start()
    return close.end() if close else len(buffer) if ended else None
