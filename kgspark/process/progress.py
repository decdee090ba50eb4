"""A line that says where the night is: live on a terminal, one log line a stage elsewhere."""

from __future__ import annotations

import logging
import threading
import time

from rich.console import Console
from rich.status import Status

# What was done, in an operator's words.
EQUAL = "equal"
_HOW = {
    "skip": "unchanged",
    "keys": "changed keys",
    "difference": "what differs",
    "all": "built anew",
    EQUAL: "equal to a full night's",
}
log = logging.getLogger(__name__)


def say(console: Console | None, text: str) -> None:
    """A sentence about the night: for a person, or where nobody looks on for the log."""
    if console is None:
        log.info(text)
    else:
        console.print(text, highlight=False, markup=False, soft_wrap=True)


class Progress:
    """Counts stages done of a total, with the seconds each took; stages may run side by side."""

    def __init__(self, total: int, console: Console | None = None) -> None:
        self._total = total
        self._done = 0
        self._console = console
        self._status: Status | None = None
        self._began: dict[str, float] = {}
        self._lock = threading.Lock()
        if console is not None and console.is_terminal:
            self._status = console.status("starting")
            self._status.start()

    def begin(self, name: str) -> None:
        """A stage starts."""
        with self._lock:
            self._began[name] = time.monotonic()
            self._say()

    def end(self, name: str, rows: int | None, how: str) -> None:
        """A stage is done: rows of its tables, and how they were made (``Plan.how``), or that they are ``EQUAL``."""
        with self._lock:
            self._done += 1
            seconds = time.monotonic() - self._began.pop(name)
            if self._console is not None:
                made = "" if rows is None else f"{rows:,} rows"
                self._console.print(
                    f"  {self._done:>2}/{self._total}  {name:<22} {made:>15}  {seconds:6.1f} s  {_HOW[how]}",
                    highlight=False,
                )
            self._say()

    def close(self) -> None:
        """No more stages, whatever the outcome."""
        if self._status:
            self._status.stop()
            self._status = None

    def _say(self) -> None:
        if self._status and self._began:
            left = self._total - self._done - len(self._began)
            self._status.update(f"{', '.join(self._began)} ({self._done} of {self._total} done; then {left} more)")
