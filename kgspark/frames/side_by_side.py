"""Independent pieces of a stage at the same time: planning a query keeps one core busy, running it the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item], at_a_time: int) -> list[Result]:
    """``[work(item) for item in items]`` by up to ``at_a_time`` threads.

    Pieces that have begun are ended before this returns; the first error, in the order of the items, is raised then and
    no further piece begins after it.
    """
    if at_a_time == 1 or len(items) == 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(at_a_time) as pool:
        pieces = [pool.submit(work, item) for item in items]
        try:
            return [piece.result() for piece in pieces]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


class Stopwatch:
    """Seconds of wall-clock time between laps."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def lap(self) -> float:
        """Seconds since the last lap, or since the start."""
        now = time.monotonic()
        seconds, self._since = now - self._since, now
        return seconds


def shares(total: float, parts: Mapping[str, float]) -> dict[str, float]:
    """``total`` split in proportion to the parts, so that what ran side by side adds up to the time that passed.

    >>> shares(10.0, {"a": 3.0, "b": 9.0})
    {'a': 2.5, 'b': 7.5}
    """
    known = sum(parts.values()) or 1.0
    return {name: total * part / known for name, part in parts.items()}
