"""What can go wrong, and the exit code of each kind: a scheduler can tell wrong input from a failed engine."""


class KgsparkError(Exception):
    """Something a person must look at; the message names the file or key, what was found and what to do."""

    exit_code = 3


class GateError(KgsparkError):
    """A gate said no: the table was restored and nothing was released."""

    exit_code = 1


class InputError(KgsparkError):
    """Wrong input or configuration: nothing was written."""

    exit_code = 2


class HeldError(InputError):
    """Another command holds the lake: nothing was written; the same command, later, is all it takes."""

    exit_code = 5


class OutOfTimeError(KgsparkError):
    """The night used up its minutes, or its texts: what is done stays done, the next call goes on."""

    exit_code = 4


class EngineError(KgsparkError):
    """Spark, Java or storage failed."""

    exit_code = 3


def engine_is_gone(error: BaseException) -> bool:
    """Whether nobody answered at the other end of Spark's connection: its Java process was killed or died."""
    # By name: a client of Spark Connect has no py4j.
    return isinstance(error, ConnectionError) or type(error).__name__ == "Py4JNetworkError"


def text_of(error: BaseException) -> str:
    """What an error says; or, of one of Spark's, that the JVM which would tell it is gone."""
    try:
        return str(error).strip()
    except Exception:  # noqa: BLE001 - whatever a connection to nobody raises
        return "Spark is gone"


def cause_of(error: Exception) -> str:
    """What a file system said, of an error of Spark's whose first line may say only that a task failed."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return next(iter(causes[-1:] or lines), type(error).__name__)
