"""How far the rows of tonight are from those that something was fitted on: whether a night goes on with what it has.

rows -> the smallest hashes of what they say: a sketch -> kept with what was fitted -> sketch of a later night -> share
of the rows that are not in both
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kgspark import artifacts
from kgspark.errors import InputError
from kgspark.lake.changes import content_hash

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger(__name__)
# Hashes in a sketch: the share is found to about 1 / sqrt(1024) = 3 points; fewer rows are compared exactly.
SIZE = 1024
# The name of the sketch of its rows in an artefact's manifest.
ROWS = "rows"


def sketch(rows: DataFrame, *columns: str) -> tuple[int, ...]:
    """The smallest 64-bit hashes of what the columns of the rows say, rising; one pass, no shuffle."""
    types = dict(rows.dtypes)
    hashed = rows.select(content_hash({name: types[name] for name in columns}).alias("hash"))
    return tuple(row["hash"] for row in hashed.orderBy("hash").limit(SIZE).collect())


def distance(then: Sequence[int], now: Sequence[int]) -> float:
    """Jaccard distance of the rows behind two sketches, from 0 (the same) to 1 (none in both): of all rows of then and
    now, the share that is not in both. The smallest hashes of the union are a sample of it (Broder, 1997).

    >>> distance([1, 2, 3], [1, 2, 4])
    0.5
    """
    one, other = set(then), set(now)
    # Of a sketch that is full nothing is known above its largest hash.
    known = [max(side) for side in (one, other) if len(side) >= SIZE]
    union = sorted(hash_ for hash_ in one | other if not known or hash_ <= min(known))
    return sum(1 for hash_ in union if not (hash_ in one and hash_ in other)) / len(union) if union else 0.0


def holds(folder: str | None, now: Sequence[int], most: float) -> bool:
    """Whether what lies in an artefact's folder was fitted on much the same rows: at most this distance from tonight's.

    Not where there is no folder, or none any more: it may have been swept.
    """
    if folder is None:
        return False
    try:
        then = artifacts.manifest(folder).get("seen", {}).get(ROWS, ())
    except InputError as error:
        log.warning("what an earlier night fitted is not there any more; tonight fits anew: %s", error)
        return False
    far = distance(then, now) if then else 1.0
    log.info("drift=%.3f of at most %.3f since %s was fitted", far, most, folder)
    return far <= most
