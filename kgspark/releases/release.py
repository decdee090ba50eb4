"""One release: what it holds, of which run, under which code. What is done with releases is in ``register.py``."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """One row of ops.releases; the fields are its columns."""

    sequence: int
    release_id: str
    created_at: datetime.datetime
    night: datetime.date
    run_id: str
    action: str
    tables: dict[str, int]
    artifacts: dict[str, str]
    config_hash: str
    code_version: str
    schema_version: int
    licences: dict[str, str]
