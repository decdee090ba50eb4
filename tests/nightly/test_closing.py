"""How a run is closed that did not end well, with a book that a Spark which is gone cannot write."""

from __future__ import annotations

import datetime
import signal
from types import SimpleNamespace
from typing import Any

import pytest

from kgspark.errors import GateError, InputError, OutOfTimeError
from kgspark.nightly.closing import closing
from kgspark.process.stops import Stopped


class Book:
    """A ledger of two stages that are done."""

    def __init__(self, broken: bool = False) -> None:
        self.closed: list[tuple[str, str]] = []
        self._broken = broken

    def stages_done(self) -> set[str]:
        return {"a", "b"}

    def settle(self) -> None:
        if self._broken:
            raise ConnectionRefusedError

    def finish(self, status: str, message: str) -> None:
        self.settle()
        self.closed.append((status, message))


def ended_by(error: BaseException, book: Book) -> BaseException:
    night = SimpleNamespace(date=datetime.date(2026, 1, 2))
    tonight: Any = SimpleNamespace(ledger=book, night=night, lake=SimpleNamespace(spark=object()))
    with pytest.raises(BaseException) as told, closing(tonight, 5):  # noqa: PT011 - whatever it is
        raise error
    return told.value


@pytest.mark.parametrize(
    ("error", "closed"),
    [
        (GateError("12 rows"), ("gate_failed", "12 rows")),
        (OutOfTimeError("over"), ("stopped", "over")),
        (InputError("no file"), ("failed", "no file")),
        (RuntimeError("lost\nat x"), ("failed", "RuntimeError: lost")),
        (KeyboardInterrupt(), ("stopped", "KeyboardInterrupt: ")),
    ],
)
def test_what_ended_it_says_how_and_is_raised(error: BaseException, closed: tuple[str, str]) -> None:
    book = Book()
    assert ended_by(error, book) is error
    assert book.closed == [closed]
    # It is what a person must read, even where the book cannot be written.
    assert ended_by(error, Book(broken=True)) is error


@pytest.mark.parametrize(("broken", "done"), [(False, "2 of 5 stages are written"), (True, "what is written stays")])
def test_a_signal_says_what_is_written(broken: bool, done: str) -> None:
    told = ended_by(Stopped(signal.SIGTERM), Book(broken))
    assert isinstance(told, Stopped)
    assert told.exit_code == 143
    said = f"The night of 2026-01-02 was stopped by SIGTERM: {done}; start the same command again and it goes on"
    assert str(told) == f"{said} with the rest."
