"""Which process this is, and whether another one of this machine still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_START_FIELD = 22


def this_host() -> str:
    """The machine's name for itself; a container's is its own."""
    return socket.gethostname()


def process_start(pid: int) -> str:
    """Boot, name space of process numbers and start of a process, which no later process of the same number shares;
    empty where the system has no /proc, or no such process.
    """
    try:
        # The name of the program, in parentheses, may hold spaces: count from behind it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        here = _here()
    except OSError:
        return ""
    return f"{here}/{fields[_START_FIELD - 3]}"


def is_here(started: str) -> bool:
    """Whether numbers of that process can be asked for here: machines and containers may share a name, and after a boot
    nobody knows whether it was this machine. True where the system tells nothing.
    """
    try:
        return not started or started.rpartition("/")[0] == _here()
    except OSError:
        # A system that tells nothing, and a holder whose system did: another machine.
        return False


def _here() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{os.readlink('/proc/self/ns/pid')}"


def is_alive(pid: int, started: str) -> bool:
    """Whether the process of this machine that began then still runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs, under another account
    return not started or process_start(pid) == started
