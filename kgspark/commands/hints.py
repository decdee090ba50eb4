"""Commands that our sentences name: completed with the configuration that the user gave, so that they can be copied.

'kgspark unlock', --config conf/demo.yaml -> 'kgspark unlock --config conf/demo.yaml'
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

_OPTIONS = ("--config", "-c")
# What takes no configuration.
_WITHOUT = ("key", "tables", "sample")
_COMMAND = re.compile(r"'kgspark ([a-z]+)([^'\n]*)'")


def given_config(arguments: Sequence[str]) -> str | None:
    """The configuration that a command line names; None where it names none.

    >>> given_config(["nightly", "-c", "a.yaml"]), given_config(["bill", "--config=b.yaml"]), given_config(["bill"])
    ('a.yaml', 'b.yaml', None)
    """
    for place, argument in enumerate(arguments):
        if argument in _OPTIONS:
            return next(iter(arguments[place + 1 :]), None)
        if argument.startswith("--config="):
            return argument.partition("=")[2]
    return None


def with_config(text: str, config: str | None) -> str:
    """The text, its quoted commands completed.

    >>> with_config("run 'kgspark nightly' first", "conf/demo.yaml")
    "run 'kgspark nightly --config conf/demo.yaml' first"
    >>> with_config("run 'kgspark key new FILE' first", "conf/demo.yaml")
    "run 'kgspark key new FILE' first"
    """
    if config is None:
        return text
    option = f" --config {shlex.quote(config)}"
    return _COMMAND.sub(lambda found: found[0] if found[1] in _WITHOUT else f"{found[0][:-1]}{option}'", text)
