"""How right the facts of a release are, out of a sheet of judgements: by relation, and by extractor within it.

judged rows -> share that is right in each stratum -> weighted by the strata's sizes -> precision with its interval

A relation's precision is sum of (N_h / N) * right_h / judged_h over its strata h that anybody judged; N_h is the
number of facts in stratum h, N their sum. The interval is Wilson's (Probable Inference, 1927) at 95 %, for as many
judgements as the weights leave: n = 1 / sum of ((N_h / N)^2 / judged_h), Kish's effective size (Survey Sampling, 1965).
Rows that are unsure or not judged count for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from kgspark.errors import InputError
from kgspark.publish.audit_sheet import RIGHT, UNSURE, WRONG, Judged

# Two-sided 95 % of a normal distribution.
_Z = 1.959964


@dataclass(frozen=True)
class Precision:
    """Of a relation (``extractor`` is None) or of one extractor in it.

    ``covered`` is the share of the facts whose strata were judged; precision and interval speak of those alone, and are
    None where nothing was judged.
    """

    relation: str
    extractor: str | None
    facts: int
    judged: int
    right: int
    unsure: int
    covered: float
    precision: float | None
    low: float | None
    high: float | None

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def precision(rows: Iterable[Judged]) -> list[Precision]:
    """Each relation in the order of its name, followed by its extractors.

    Raises InputError where rows of one stratum disagree on its size, and where nothing was judged.
    """
    by_stratum = sorted(rows, key=lambda row: (row.relation, row.extractor))
    found: list[Precision] = []
    for relation, group in groupby(by_stratum, key=lambda row: row.relation):
        parts = [_stratum(list(part)) for _, part in groupby(group, key=lambda row: row.extractor)]
        found += [_together(relation, parts), *parts]
    if not any(one.judged for one in found):
        raise InputError("The sheet holds no judgement: write right, wrong or unsure into its first column.")
    return found


def wilson(share: float, judged: float) -> tuple[float, float]:
    """Wilson's interval of a share that so many independent judgements gave.

    >>> [round(end, 3) for end in wilson(0.95, 100)], [round(end, 3) for end in wilson(1.0, 10)]
    ([0.888, 0.978], [0.722, 1.0])
    """
    shrink = 1 + _Z**2 / judged
    centre = (share + _Z**2 / (2 * judged)) / shrink
    half = _Z * math.sqrt(share * (1 - share) / judged + _Z**2 / (4 * judged**2)) / shrink
    return max(0.0, centre - half), min(1.0, centre + half)


def lines(found: Sequence[Precision]) -> list[str]:
    """A table for a terminal."""
    counted = f"{'facts':>10}{'judged':>8}{'right':>7}{'unsure':>8}"
    shown = [f"{'relation / extractor':<28}{counted}{'precision':>11}  95 % interval"]
    for one in found:
        name = one.relation if one.extractor is None else f"  {one.extractor}"
        counts = f"{name:<28}{one.facts:>10,}{one.judged:>8}{one.right:>7}{one.unsure:>8}"
        if one.precision is None:
            shown.append(f"{counts}{'-':>11}")
            continue
        part = f"  of {one.covered:.0%} of the facts; the rest is not judged" if one.covered < 1 else ""
        shown.append(f"{counts}{one.precision:>11.3f}  {one.low:.3f} to {one.high:.3f}{part}")
    return shown


def _stratum(rows: Sequence[Judged]) -> Precision:
    first = rows[0]
    if len({row.stratum_size for row in rows}) > 1:
        raise InputError(f"The rows of {first.relation}, {first.extractor} disagree on stratum_size.")
    right, wrong, unsure = (sum(row.answer == answer for row in rows) for answer in (RIGHT, WRONG, UNSURE))
    judged = right + wrong
    share = right / judged if judged else None
    return _precision(
        first.relation, first.extractor, first.stratum_size, (judged, right, unsure), float(judged > 0), share, judged
    )


def _together(relation: str, parts: Sequence[Precision]) -> Precision:
    facts = sum(part.facts for part in parts)
    told = [part for part in parts if part.judged]
    known = sum(part.facts for part in told)
    share = sum(part.facts / known * part.right / part.judged for part in told) if told else None
    effective = 1 / sum((part.facts / known) ** 2 / part.judged for part in told) if told else 0.0
    counts = (sum(p.judged for p in parts), sum(p.right for p in parts), sum(p.unsure for p in parts))
    return _precision(relation, None, facts, counts, known / facts, share, effective)


def _precision(
    relation: str,
    extractor: str | None,
    facts: int,
    counts: tuple[int, int, int],
    covered: float,
    share: float | None,
    effective: float,
) -> Precision:
    low, high = wilson(share, effective) if share is not None else (None, None)
    return Precision(relation, extractor, facts, *counts, covered, share, low, high)
