"""Records of csv and tsv dumps: one bad line costs one record, whatever it does to the quotes.

Python's csv module does the parsing, in C; what it took for each record is remembered. Where a record comes out wrong
(columns, quotes, length), only its first physical line is set aside and reading resumes at the next line. An open quote
therefore swallows nothing: it meets the next quote, the record's limit or the end of the file, and its lines go back.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import IO, Any

from kgspark.ingest.framed import Framed, payload_of
from kgspark.ingest.streams import LINE_END, Line, lines

# So many separators in the right places, and the lines inside a quoted field are records of their own, not prose.
PROOF_SEPARATORS = 6


def frame(
    stream: IO[bytes], *, separator: str, quote: str, encoding: str, names: tuple[str, ...], limit: int
) -> Iterator[Framed]:
    """The stream's records; ``names`` are the columns of a file without a header line.

    An empty field, quoted or not, is left out of the payload: csv cannot tell nothing from an empty text. Problems:
    column_count, open_quote, bad_quote (text behind a closing quote), stray_return, too_large, invalid_utf8 (or
    invalid_encoding).
    """
    reader = _Resuming(lines(stream, limit), separator, quote, encoding, limit)
    columns = names or reader.header()
    bad_bytes = "invalid_utf8" if encoding == "utf-8" else "invalid_encoding"
    for row in reader.records(len(columns)):
        if isinstance(row, Framed):
            yield row
        elif reader.dirty:
            yield Framed(None, reader.bytes_taken(), bad_bytes)
        else:
            yield Framed(payload_of({name: text for name, text in zip(columns, row, strict=True) if text}))


def header(stream: IO[bytes], *, separator: str, quote: str, encoding: str, limit: int) -> tuple[str, ...]:
    """Column names of the stream: trimmed; a blank or repeated one is called ``_c<number>``, counted from 0."""
    return _Resuming(lines(stream, limit), separator, quote, encoding, limit).header()


class _Resuming:
    """A csv reader that can take back the lines of its last record."""

    def __init__(self, source: Iterator[Line], separator: str, quote: str, encoding: str, limit: int) -> None:
        # One setting for the process: our own limit on a record's bytes comes first.
        csv.field_size_limit(2**31 - 1)
        self._source, self._encoding, self._limit = source, encoding, limit
        self._returned: deque[Line] = deque()
        self._dialect: dict[str, Any] = {"delimiter": separator, "strict": True}
        self._dialect |= {"quotechar": quote} if quote else {"quotechar": None, "quoting": csv.QUOTE_NONE}
        self._taken: list[Line] = []
        self._size = 0
        self.dirty = False

    def header(self) -> tuple[str, ...]:
        """The first record as names; empty where the file is."""
        for row in csv.reader(self, **self._dialect):
            if row:
                self._taken = []
                return _distinct(row)
        return ()

    def records(self, columns: int) -> Iterator[list[str] | Framed]:
        """Rows of so many columns, and the lines that are none."""
        reader = csv.reader(self, **self._dialect)
        while True:
            self._taken, self._size, self.dirty = [], 0, False
            problem = ""
            try:
                row = next(reader)
            except StopIteration:
                if not self._taken:
                    return
                problem = "too_large"
            except csv.Error as error:
                problem = _problem(str(error))
            else:
                if not row:
                    continue
                if len(row) == columns and not (len(self._taken) > 2 and self._swallowed(columns)):
                    yield row
                    continue
                problem = "column_count"
            yield self._reject(problem)
            reader = csv.reader(self, **self._dialect)

    def bytes_taken(self) -> bytes:
        """Bytes of the last record."""
        return b"".join(line.data for line in self._taken).rstrip(LINE_END)

    def __iter__(self) -> _Resuming:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._source)
        self._taken.append(line)
        self._size += len(line.data)
        if self._size > self._limit or not line.whole:
            # To the csv module this is the end of the file; the quote that is still open becomes its error.
            raise StopIteration
        try:
            return line.data.decode(self._encoding)
        except UnicodeDecodeError:
            self.dirty = True
            return line.data.decode(self._encoding, "replace")

    def _reject(self, problem: str) -> Framed:
        first, rest = self._taken[0], self._taken[1:]
        self._returned.extendleft(reversed(rest))
        if rest:
            problem = "open_quote"
        elif not first.whole or len(first.data) > self._limit:
            problem = "too_large"
        return Framed(None, first.data.rstrip(LINE_END), problem)

    def _swallowed(self, columns: int) -> bool:
        """Whether the lines within the last record look like records of their own, by their number of columns."""
        inner = self._taken[1:-1]
        if len(inner) * (columns - 1) < PROOF_SEPARATORS:
            return False
        dialect = self._dialect | {"strict": False}
        texts: Iterable[str] = (line.data.decode(self._encoding, "replace") for line in inner)
        return all(len(next(csv.reader([text], **dialect), [])) == columns for text in texts)


def _distinct(row: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    for index, cell in enumerate(row):
        name = cell.strip()
        names.append(name if name and name not in names else f"_c{index}")
    return tuple(names)


def _problem(message: str) -> str:
    if "expected after" in message:
        return "bad_quote"
    return "stray_return" if "new-line" in message else "open_quote"
