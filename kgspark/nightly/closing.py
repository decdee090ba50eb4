"""How a run is closed that did not end well: what ended it says whether, and how, the same command goes on.

an error or a signal -> status and message in ops.runs -> the same error, or for a signal a sentence
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kgspark.errors import GateError, KgsparkError, OutOfTimeError, text_of
from kgspark.nightly.ledger import Ledger
from kgspark.nightly.tonight import Tonight
from kgspark.process.stops import Stopped, within
from kgspark.session import cancel_jobs

log = logging.getLogger(__name__)
# Seconds for one commit on a Spark that has just been told to drop everything else.
CLOSING = 30.0


@contextmanager
def closing(tonight: Tonight, stages: int) -> Iterator[None]:
    """Within it a run is written that has begun; ``stages`` are all that it is to do."""
    ledger = tonight.ledger
    try:
        yield
    except OutOfTimeError as error:
        _close(ledger, "stopped", str(error))
        raise
    except GateError as error:
        _close(ledger, "gate_failed", str(error))
        raise
    except KgsparkError as error:
        _close(ledger, "failed", str(error))
        raise
    except Exception as error:
        _close(ledger, "failed", _first_line(error))
        raise
    except BaseException as error:
        # Before anything else is asked of Spark: what still computes on this thread would keep its cores.
        cancel_jobs(tonight.lake.spark)
        # An entry whose table was cancelled on the way to the book must not keep the run from being closed.
        settled = within(CLOSING, ledger.settle)
        said = _first_line(error)
        within(CLOSING, lambda: ledger.finish("stopped", said))
        if not isinstance(error, Stopped):
            raise
        done = f"{len(ledger.stages_done())} of {stages} stages are written" if settled else "what is written stays"
        raise Stopped(
            error.number,
            f"The night of {tonight.night.date} was stopped by {error.name}: {done}; start the same command again and "
            "it goes on with the rest.",
        ) from None


def _close(ledger: Ledger, status: str, said: str) -> None:
    try:
        ledger.finish(status, said)
    except Exception as error:  # noqa: BLE001 - what ended the night is what a person must read
        log.warning("that the run is %s could not be written (%s)", status, type(error).__name__)


def _first_line(error: BaseException) -> str:
    lines = text_of(error).splitlines()
    return f"{type(error).__name__}: {lines[0][:500] if lines else ''}"
