"""A command to run where a night fails; it gets the reason on its input."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import subprocess
from collections.abc import Iterator

import typer

from kgspark.errors import InputError, text_of


def check_command(command: str | None) -> None:
    """Raise InputError where --on-failure names no command: better now than when it is needed."""
    try:
        words = shlex.split(command or "")
    except ValueError as error:
        raise InputError(f"--on-failure {command} cannot be read ({error}); quote it as for a shell.") from None
    if words and shutil.which(words[0]) is None:
        raise InputError(f"--on-failure {command}: there is no command {words[0]}; give one that this machine has.")


@contextlib.contextmanager
def telling(command: str | None) -> Iterator[None]:
    """Run a command, with the error's text on its input, where what is done within fails; the error goes on."""
    try:
        yield
    except Exception as error:
        if command:
            try:
                subprocess.run(shlex.split(command), input=f"{text_of(error)}\n", text=True, check=False)
            except OSError as failed:
                typer.echo(f"kgspark: --on-failure {command} could not be run ({failed})", err=True)
        raise
