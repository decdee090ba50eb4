"""What every YAML of ours shares: blocks that are frozen, typed and strict about unknown keys, and ``${VAR}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from kgspark.errors import InputError


class Settings(BaseModel):
    """One block of the configuration; each field's description states its unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def expand_variables(value: Any, path: Path, environ: Mapping[str, str]) -> Any:
    """The content of a YAML file with every ``${VAR}`` in its texts replaced from ``environ``.

    Raises InputError, naming the file and the variable, where one is not set.
    """
    if isinstance(value, dict):
        return {key: expand_variables(item, path, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [expand_variables(item, path, environ) for item in value]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environ:
            raise InputError(f"{path} uses ${{{name}}}, which is not set; export {name} before the run.")
        return environ[name]

    return re.sub(r"\$\{(\w+)\}", replace, value)
