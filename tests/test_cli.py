"""The command line: what a person reads when something is wrong, and the exit code a scheduler sees."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from kgspark.cli import app, key_new
from kgspark.commands.guard import guarded, quieten
from kgspark.commands.hints import given_config
from kgspark.errors import EngineError, GateError, InputError
from kgspark.schema import load_tables


def _raise(error: Exception) -> object:
    def command() -> None:
        raise error

    return command


class MuteError(Exception):
    """An error of Spark's whose JVM was killed: it cannot even say what it is."""

    def __str__(self) -> str:
        raise ConnectionRefusedError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (GateError("silver.offers v3: 12 rows"), 1, "kgspark: silver.offers v3: 12 rows\n"),
        (InputError("no such file"), 2, "kgspark: no such file\n"),
        (EngineError("Spark did not start"), 3, "kgspark: Spark did not start\n"),
        (
            RuntimeError("executor lost\nat java.lang.Thread"),
            3,
            "kgspark: the engine failed (RuntimeError: executor lost); "
            "run again with KGSPARK_LOG=debug for the whole trace.\n",
        ),
        (
            MuteError(),
            3,
            "kgspark: the engine failed (MuteError: Spark is gone); "
            "run again with KGSPARK_LOG=debug for the whole trace.\n",
        ),
    ],
)
def test_an_error_is_one_sentence_and_an_exit_code(
    error: Exception, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(_raise(error)) == code
    assert capsys.readouterr().err == said


def test_a_command_to_run_next_names_the_configuration_that_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    error = InputError("held; 'kgspark unlock' if it is dead, or 'kgspark key new FILE'.")
    guarded(_raise(error), given_config(["nightly", "--full", "--config", "a.yaml"]))
    said = "kgspark: held; 'kgspark unlock --config a.yaml' if it is dead, or 'kgspark key new FILE'.\n"
    assert capsys.readouterr().err == said
    guarded(_raise(error), given_config(["nightly", "--full"]))
    assert capsys.readouterr().err == f"kgspark: {error}\n"
    assert [given_config(each) for each in (["-c", "a"], ["--config=b"], ["--config"])] == ["a", "b", None]


def test_a_library_that_raises_its_own_voice_is_not_heard() -> None:
    quieten()
    loud = logging.getLogger("great_expectations.data_context.types.base")
    heard: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    loud.addHandler(handler)
    # As it does when it is imported, long after.
    loud.setLevel(logging.INFO)
    loud.info("Created temporary directory")
    loud.warning("no disk")
    loud.removeHandler(handler)
    assert heard == ["no disk"]


def test_an_unknown_option_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        guarded(lambda: app(["nightly", "--confg", "x"]))
    assert ended.value.code == 2
    assert "--confg" in capsys.readouterr().err


def test_a_new_key_is_private_random_and_never_overwritten(tmp_path: Path) -> None:
    first, second = tmp_path / "a.key", tmp_path / "deep" / "b.key"
    key_new(first)
    key_new(second)
    assert len(first.read_text().strip()) == 64
    assert first.read_text() != second.read_text()
    assert first.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="would give every shopper a new pseudonym"):
        key_new(first)


def test_the_data_dictionary_comes_out_of_the_schemas(capsys: pytest.CaptureFixture[str]) -> None:
    app(["tables", "graph.edges", "--json"], standalone_mode=False)
    [edges] = json.loads(capsys.readouterr().out)
    assert edges["table"] == "graph.edges"
    assert [c["name"] for c in edges["columns"]][:4] == ["edge_id", "src", "dst", "relation"]
    app(["tables"], standalone_mode=False)
    said = capsys.readouterr().out
    # No terminal: however long a meaning is, it is one line, to be searched for.
    longest = max(load_tables().values(), key=lambda contract: len(contract.meaning))
    [line] = [line for line in said.splitlines() if f" {longest.name} " in line]
    assert len(longest.meaning) > 80
    assert longest.meaning in line
