"""Which stages may run at the same time: a stage begins as soon as those that it needs are done."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from kgspark.pipeline import Stage
from kgspark.schema import table

# Seconds for stages to end whose jobs were cancelled: one that computes in this process does not hear of it.
_PATIENCE, _LOOK = 5.0, 0.2


def needs(stages: Sequence[Stage]) -> dict[str, set[str]]:
    """For each stage the earlier ones that write what it reads, or what its gates look up (foreign keys)."""
    writers: dict[str, str] = {}
    needed: dict[str, set[str]] = {}
    for stage in stages:
        looked_up = [reference.table for name in stage.writes for reference in table(name).gate.references]
        needed[stage.name] = {writers[name] for name in (*stage.reads, *looked_up) if name in writers}
        writers |= dict.fromkeys(stage.writes, stage.name)
    return needed


def run_stages(
    stages: Sequence[Stage],
    work: Callable[[Stage], None],
    at_a_time: int,
    deadline: float | None = None,
    cancel: Callable[[], None] = lambda: None,
) -> list[Stage]:
    """``work(stage)`` for each stage: in their order, up to ``at_a_time`` at once, none before those that it needs.

    After an error no further stage begins; it is raised when those that have begun have ended. After the deadline
    (seconds of ``time.monotonic``) none begins either; gives those that were not begun. Where the waiting itself is
    interrupted, ``cancel`` is called until those that have begun have ended, for some seconds at most.
    """
    needed, waiting, done = needs(stages), list(stages), set[str]()
    running: dict[Future[None], Stage] = {}
    pool = ThreadPoolExecutor(at_a_time, thread_name_prefix="kgspark-stage")
    patient = True
    try:
        while waiting or running:
            late = deadline is not None and time.monotonic() >= deadline
            if late and not running:
                break
            ready = [stage for stage in waiting if needed[stage.name] <= done and not late]
            for stage in ready[: at_a_time - len(running)]:
                waiting.remove(stage)
                running[pool.submit(work, stage)] = stage
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                done.add(running.pop(ended).name)
                ended.result()
    except Exception:
        raise
    except BaseException:
        patient = _ended(running, cancel)
        raise
    finally:
        pool.shutdown(wait=patient)
    return waiting


def _ended(running: Collection[Future[None]], cancel: Callable[[], None]) -> bool:
    """Whether what runs has ended within some seconds."""
    until = time.monotonic() + _PATIENCE
    left: Collection[Future[None]] = running
    while left and time.monotonic() < until:
        # Again and again: a stage may begin another job after its last one was cancelled.
        cancel()
        left = wait(left, timeout=_LOOK).not_done
    return not left
