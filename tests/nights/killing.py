"""A night in a process of its own, killed with -9 as soon as it has written so many files to its lake.

Counted by files and not by seconds: the same moments on a quick machine and on a busy one, and often in the middle of a
commit, between its data files and its entry in the log.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

# Seconds between two looks at the lake.
_LOOK = 0.02
_WORKER = b"pyspark.daemon"


class Process:
    """A night of the shop in a folder, as its own operating system process; what it says goes to ``night.log``."""

    def __init__(self, folder: Path) -> None:
        self._lake = folder / "lake"
        self._there = _files(self._lake)
        with (folder / "night.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.nights.one_night", str(folder)],
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
                # A session of its own, so that the JVM and its Python workers can be found and die with the driver.
                start_new_session=True,
            )

    def killed_after(self, files: int, seconds: float, worker: bool = False) -> str | None:
        """Kill it, or only its Python workers, when the lake has so many new files; gives the newest of them, None
        where it ended before.

        Raises TimeoutError where neither happens within ``seconds``.
        """
        deadline, seen = time.monotonic() + seconds, self._there
        while self._process.poll() is None:
            now = _files(self._lake)
            workers = list(self._workers()) if worker else []
            if len(now - self._there) >= files and (workers or not worker):
                newest = max(now - seen or now - self._there)
                if worker:
                    for pid in workers:
                        _signal(pid)
                    # The driver sees that its task failed, and ends by itself.
                    self.ended(seconds)
                self.kill()
                return newest
            seen = now
            if time.monotonic() > deadline:
                self.kill()
                raise TimeoutError(f"the night wrote only {len(now - self._there)} files in {seconds:.0f} s")
            time.sleep(_LOOK)
        return None

    def ended(self, seconds: float) -> int:
        """Wait until it has ended by itself; its exit status."""
        return self._process.wait(timeout=seconds)

    def kill(self) -> None:
        """Kill driver and JVM at once; the workers end with them."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _workers(self) -> Iterator[int]:
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                pid = int(entry.name)
                if os.getsid(pid) == self._process.pid and _WORKER in (entry / "cmdline").read_bytes():
                    yield pid


def _signal(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _files(lake: Path) -> frozenset[str]:
    return frozenset(os.path.join(folder, name) for folder, _, names in os.walk(lake) for name in names)
