"""The truth to measure against: a file of pairs, or of clusters, as people keep them.

file, columns -> separator recognised -> record keys -> row numbers of the offers
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from kgspark.errors import InputError
from kgspark.resolve.corpus import Ints

_SEPARATORS = ",;|\t"


@dataclass(frozen=True)
class Gold:
    """``cluster`` of each offer (-1: not known); ``left`` and ``right`` rows where the file listed pairs."""

    cluster: Ints
    left: Ints
    right: Ints
    listed: bool
    unknown: int


def read(path: Path, columns: Sequence[str], sources: Sequence[str], rows: Mapping[tuple[str, str], int]) -> Gold:
    """Read a gold file; ``rows`` gives the row number of (source, record key).

    ``columns`` are, in this order, one of
    - two record keys as ``column=source``: pairs between two sources; ``=source`` may be left out where there are two;
    - record key (``column=source`` where there are more sources) and cluster;
    - source, record key, cluster: clusters over any sources;
    - source, record key, other source, other record key: pairs of any sources, with what they imply together.
    Without any, the first two columns count. Records that no offer has are counted in ``unknown``.
    Raises InputError where the file or its columns are not as said, or name no offer at all.
    """
    table = _table(path)
    named = [column.strip().partition("=") for column in columns or table.columns[:2]]
    names = [name for name, _, _ in named]
    missing = [name for name in names if name not in table.columns]
    if missing or not 2 <= len(named) <= 4:
        raise InputError(f"{path} has the columns {', '.join(table.columns)}; name 2 to 4 with --gold-columns a,b.")
    given = [source for _, _, source in named]
    if len(named) == 2:
        found = _of_two(table, names, _sources(given, sources), rows)
    elif any(given):
        raise InputError("--gold-columns: either column=source, or the source's column before that of the key.")
    elif len(named) == 3:
        found = _clusters(_rows(table[names[1]], table[names[0]], rows), table[names[2]], len(rows))
    else:
        ends = [_rows(table[key], table[source], rows) for source, key in (names[:2], names[2:])]
        # Within a source as well: so they are judged as the clusters that they make.
        found = replace(_pairs(ends[0], ends[1], len(rows)), listed=False)
    if found.unknown == len(table):
        raise InputError(
            f"No row of {path} names an offer of {', '.join(sources)}; are {', '.join(names)} the right columns?"
        )
    return found


def _sources(given: list[str], known: Sequence[str]) -> list[str]:
    """The sources of two columns, the second empty where it holds clusters."""
    if not any(given):
        if len(known) > 2:
            raise InputError("--gold-columns: with more than two sources say whose the keys are: source,key,cluster.")
        given = list(known) if len(known) == 2 else [known[0], ""]
    wrong = [source for source in given if source and source not in known]
    if wrong or not given[0]:
        raise InputError(f"--gold-columns names the source {wrong or 'nowhere'}; known are {', '.join(known)}.")
    return given


def _of_two(table: pd.DataFrame, names: list[str], sources: list[str], rows: Mapping[tuple[str, str], int]) -> Gold:
    """Pairs between two sources, or clusters of one."""
    keys = [table[name] for name in names]
    first, second = (_rows(key, pd.Series(source, key.index), rows) for key, source in zip(keys, sources, strict=True))
    return _pairs(first, second, len(rows)) if sources[1] else _clusters(first, keys[1], len(rows))


def _table(path: Path) -> pd.DataFrame:
    try:
        head = pd.read_csv(path, sep="\0", header=None, nrows=1, dtype=str, engine="python").iat[0, 0]
        separator = csv.Sniffer().sniff(str(head), delimiters=_SEPARATORS).delimiter
        return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"The gold file {path} cannot be read: {error}; it must be a CSV with a header.") from None


def _rows(keys: pd.Series[str], sources: pd.Series[str], rows: Mapping[tuple[str, str], int]) -> Ints:
    return np.array([rows.get(both, -1) for both in zip(sources, keys, strict=True)], dtype=np.int64)


def _clusters(records: Ints, labels: pd.Series[str], offers: int) -> Gold:
    codes = np.unique(labels.to_numpy(dtype=str), return_inverse=True)[1]
    cluster = np.full(offers, -1, dtype=np.int64)
    known = (records >= 0) & (labels != "").to_numpy()
    cluster[records[known]] = codes[known]
    none = np.empty(0, dtype=np.int64)
    return Gold(cluster, none, none, listed=False, unknown=int((records < 0).sum()))


def _pairs(first: Ints, second: Ints, offers: int) -> Gold:
    known = (first >= 0) & (second >= 0)
    left, right = first[known], second[known]
    links = sparse.coo_array((np.ones(len(left)), (left, right)), (offers, offers))
    cluster = sparse.csgraph.connected_components(links, directed=False)[1].astype(np.int64)
    return Gold(cluster, left, right, listed=True, unknown=int((~known).sum()))
