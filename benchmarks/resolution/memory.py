"""The memory of a part of this process's life, and of a night's processes while a step runs, on Linux."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kgspark.process.memory import children, status_mb

_RESET_PEAK = "5"
_EVERY_SECONDS = 0.5


@dataclass
class Peaks:
    """Largest resident MiB seen at one moment: the driver (Python and its JVM), all Python workers together."""

    driver: float = 0.0
    workers: float = 0.0


@contextmanager
def watched() -> Iterator[Peaks]:
    """Look at this process and all below it twice a second."""
    peaks, done = Peaks(), threading.Event()

    def look() -> None:
        while not done.wait(_EVERY_SECONDS):
            own = os.getpid()
            below = children(own)
            peaks.driver = max(peaks.driver, sum(resident_mb(pid) for pid in (own, *below)))
            # Under the JVM: the daemon that forks the workers, and these.
            workers = [pid for jvm in below for daemon in children(jvm) for pid in (daemon, *children(daemon))]
            peaks.workers = max(peaks.workers, sum(resident_mb(pid) for pid in workers))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


def resident_mb(pid: int) -> float:
    """Resident MiB of a process that are its own (shared pages count with whoever forked); 0 where it has ended."""
    return status_mb(pid, "RssAnon")


def forget_peak() -> None:
    """Start counting the peak anew; where the kernel does not let us, the peak of the whole process stays."""
    try:
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    except OSError:
        return


def peak_mb() -> float:
    """Largest resident MiB of this process, without its JVM, since ``forget_peak``."""
    return status_mb(os.getpid(), "VmHWM")


def family_mb(pid: int) -> float:
    """Resident MiB of a process and of all below it, now."""
    return resident_mb(pid) + sum(family_mb(child) for child in children(pid))
