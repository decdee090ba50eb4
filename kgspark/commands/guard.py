"""Around every command: its errors as one sentence and an exit code, its end by a signal too; libraries kept quiet."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

import typer

from kgspark.commands.hints import with_config
from kgspark.errors import EngineError, KgsparkError, text_of
from kgspark.process.stops import Stopped, stoppable


def guarded(command: Callable[[], object], config: str | None = None) -> int:
    """Call the command; give the exit code: 0 done, 1 gate, 2 input or config, 3 engine, 4 out of minutes or texts, 5
    the lake is held.

    A signal that ended it ends the process: 130 after SIGINT, 143 after SIGTERM. ``config`` is the configuration that
    the user named: a sentence that names a command to run next names it, too.
    """
    try:
        with stoppable():
            code = command()
        return code if isinstance(code, int) else 0
    except KgsparkError as error:
        if before := _stopped_before(error):
            return _ended(before)
        _say(with_config(str(error), config))
        return error.exit_code
    except Stopped as stopped:
        return _ended(stopped)
    except Exception as error:
        if before := _stopped_before(error):
            return _ended(before)
        if os.environ.get("KGSPARK_LOG", "").upper() == "DEBUG":
            raise
        text = text_of(error).splitlines()
        what = f"{type(error).__name__}: {text[0][:300] if text else ''}"
        _say(f"the engine failed ({what}); run again with KGSPARK_LOG=debug for the whole trace.")
        return EngineError.exit_code


def _stopped_before(error: BaseException) -> Stopped | None:
    """The signal during whose handling the error came: one to the whole process group ends Spark, too, and what closes
    books then fails.
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, Stopped):
        cause = cause.__context__
    return cause


def _ended(stopped: Stopped) -> int:
    _say(str(stopped))
    leave(stopped.exit_code)
    return stopped.exit_code


def leave(code: int) -> None:
    """End the process now: a stage that still computes would be waited for otherwise. Spark ends with us."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def quieten() -> None:
    """Keep libraries from logging what only their makers want to know: each call to the JVM, a temporary folder."""
    for library in ("py4j", "great_expectations"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # Great Expectations sets the level of this one when it is imported, later than this; a filter stays.
    logging.getLogger("great_expectations.data_context.types.base").addFilter(_matters)


def _matters(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _say(text: str) -> None:
    typer.echo(f"kgspark: {text}", err=True)
