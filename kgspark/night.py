"""What a stage may know of the night it runs in, beside its inputs and settings."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kgspark.frames.tally import Tally

if TYPE_CHECKING:
    from kgspark.ingest.sources import Source


@dataclass(frozen=True)
class Night:
    """The night's only clock, its run, the night of the release it starts from, its sources, and its pseudonyms' key.

    ``secret`` keys the HMAC of shopper ids; it is left out of ``repr`` so that no log or traceback can show it.
    ``erased`` are marks of people whose records must not come back (privacy/people.py).
    ``tally`` counts, while bronze is written, what the sources' ``where`` leaves out.
    """

    date: datetime.date
    run_id: str
    sources: tuple[Source, ...] = ()
    secret: bytes = field(default=b"", repr=False)
    previous_date: datetime.date | None = None
    erased: tuple[str, ...] = field(default=(), repr=False)
    tally: Tally = field(default_factory=Tally, repr=False, compare=False)
