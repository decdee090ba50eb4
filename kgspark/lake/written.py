"""What a write of a table did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """What a write did: the Delta version it made, rows of the table now, bytes of data files, seconds, and how many
    rows came and went.
    """

    table: str
    version: int
    rows: int
    bytes: int
    seconds: float
    inserted: int
    deleted: int
