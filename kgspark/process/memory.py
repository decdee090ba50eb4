"""How much memory the driver took: Python and, where it runs on the same machine, its JVM."""

from __future__ import annotations

import os
import resource
from pathlib import Path


def peak_driver_mb() -> float:
    """Peak resident MiB of this process and its child processes' largest (a local JVM is a child), on Linux; this
    process's elsewhere.
    """
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return own + max((status_mb(pid, "VmHWM") for pid in children(os.getpid())), default=0.0)


def children(parent: int) -> list[int]:
    """Child processes of a process, on Linux; none elsewhere."""
    tasks = Path(f"/proc/{parent}/task")
    if not tasks.is_dir():
        return []
    found: list[int] = []
    for task in tasks.iterdir():
        try:
            found += [int(pid) for pid in (task / "children").read_text().split()]
        except OSError:
            continue  # the thread ended, or the kernel keeps no list of children
    return found


def status_mb(pid: int, field: str) -> float:
    """MiB of a field of a process's status, such as VmHWM, the peak that was resident, on Linux; 0 where there is none,
    or the process has ended.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    for line in status.splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return 0.0
