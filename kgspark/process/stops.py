"""A person, or a scheduler, ends a command: SIGINT and SIGTERM as an error of ours, raised where the main thread waits.

signal -> Stopped on the main thread -> Spark's jobs cancelled, books closed, lock given back -> one sentence
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

log = logging.getLogger(__name__)
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """The command was told to end. No Exception: what catches errors of Spark or storage must not take it for one."""

    def __init__(self, number: int, said: str = "") -> None:
        self.number = number
        super().__init__(said or f"Stopped by {self.name}; the same command begins again.")

    @property
    def name(self) -> str:
        """The signal's name, such as SIGTERM."""
        return signal.Signals(self.number).name

    @property
    def exit_code(self) -> int:
        """What a shell makes of a process that a signal ended."""
        return 128 + self.number


@contextmanager
def stoppable() -> Iterator[None]:
    """Within it a signal raises Stopped on the main thread, also out of a wait for Spark's answer or for a lock; the
    next one ends the process at once.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        raise Stopped(number)

    with _handled_by(stop):
        yield


@contextmanager
def unbroken() -> Iterator[None]:
    """Within it a signal is only noted, and counts behind it: for what must be done whole, such as a release with all
    that tells of it. A second one ends the process at once.
    """
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if noted:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        noted.append(number)

    with _handled_by(note):
        yield
    if noted:
        signal.raise_signal(noted[0])


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Within it the handler hears the signals, and behind it whoever did before."""
    # Only the main thread may set handlers; a notebook that runs us on another one has its own.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, handler) for each in SIGNALS}
    try:
        yield
    finally:
        for each, earlier in before.items():
            signal.signal(each, earlier)


def within(seconds: float, work: Callable[[], object]) -> bool:
    """Whether the work ended well within the seconds; an error of it is no other answer than none.

    It gets a thread of its own, and with it a connection of its own to the JVM: on one whose answer was not read to its
    end, the next question would get the rest of that answer.
    """
    well = threading.Event()

    def tried() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the process is about to end, whatever Spark or storage says now
            log.debug("what was to be closed could not be: %s", error)
        else:
            well.set()

    thread = threading.Thread(target=tried, name="kgspark-closing", daemon=True)
    thread.start()
    thread.join(seconds)
    return well.is_set()
