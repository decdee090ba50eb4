"""Bytes of a dump: opened on the worker, unpacked by name, cut into lines of bounded length."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from typing import IO, NamedTuple

READ_BYTES = 1 << 20
BOM = b"\xef\xbb\xbf"
# ASCII characters are single bytes in every encoding we accept, and no part of another character is a line feed.
LINE_END = b"\r\n"


class Line(NamedTuple):
    """A physical line with its end; ``whole`` is false where it was longer than allowed and has been cut."""

    data: bytes
    whole: bool = True


def local_name(path: str) -> str | None:
    """The name that ``open`` takes for a ``file:`` path of a binaryFile row, or None where the path lies elsewhere.

    >>> local_name("file:/data/a b.csv")
    '/data/a b.csv'
    >>> local_name("s3a://bucket/a.csv") is None
    True
    """
    return "/" + path.removeprefix("file:").lstrip("/") if path.startswith("file:") else None


def open_bytes(path: str, content: bytes | None = None) -> IO[bytes]:
    """A stream over a local file, or over the content that Spark has fetched of a remote one; ``.gz`` is unpacked."""
    if content is not None:
        packed: IO[bytes] = io.BytesIO(content)
    else:
        packed = open(local_name(path) or path, "rb", buffering=READ_BYTES)  # noqa: SIM115 - the caller closes it
    if path.endswith(".gz"):
        return io.BufferedReader(gzip.GzipFile(fileobj=packed), READ_BYTES)
    return packed


def lines(stream: IO[bytes], limit: int) -> Iterator[Line]:
    """Lines of the stream without its byte order mark; of a longer line than the limit only the beginning is kept."""
    first = True
    while data := stream.readline(limit + 1):
        if first:
            data, first = data.removeprefix(BOM), False
        if len(data) <= limit or data.endswith(b"\n"):
            yield Line(data)
            continue
        yield Line(data[:limit], whole=False)
        while rest := stream.readline(READ_BYTES):
            if rest.endswith(b"\n"):
                break
