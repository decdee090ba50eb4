"""A line that says where the night is: live on a terminal, one log line a stage elsewhere."""

from __future__ import annotations

import logging
import time

from rich.console import Console
from rich.status import Status

log = logging.getLogger(__name__)


class Progress:
    """Counts stages done of a total, with the seconds each took."""

    def __init__(self, total: int, console: Console | None = None) -> None:
        self._total = total
        self._done = 0
        self._console = console
        self._status: Status | None = None
        self._began = time.monotonic()
        if console is not None and console.is_terminal:
            self._status = console.status("starting")
            self._status.start()

    def begin(self, name: str) -> None:
        """A stage starts."""
        self._began = time.monotonic()
        left = self._total - self._done - 1
        if self._status:
            self._status.update(f"{name} ({self._done + 1} of {self._total}; then {left} more)")

    def end(self, name: str, rows: int) -> None:
        """A stage is done, with the rows it wrote."""
        self._done += 1
        if self._console is not None:
            seconds = time.monotonic() - self._began
            self._console.print(
                f"  {self._done:>2}/{self._total}  {name:<22} {rows:>10,} rows  {seconds:6.1f} s", highlight=False
            )

    def close(self) -> None:
        """No more stages, whatever the outcome."""
        if self._status:
            self._status.stop()
            self._status = None
