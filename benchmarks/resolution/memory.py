"""The peak memory of a part of this process's life, on Linux."""

from __future__ import annotations

from pathlib import Path

_RESET_PEAK = "5"


def forget_peak() -> None:
    """Start counting the peak anew; where the kernel does not let us, the peak of the whole process stays."""
    try:
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    except OSError:
        return


def peak_mb() -> float:
    """Largest resident MiB of this process, without its JVM, since ``forget_peak``."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
