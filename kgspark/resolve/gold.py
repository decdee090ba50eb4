"""The truth to measure against: a file of pairs, or of clusters, as people keep them.

file, columns -> separator recognised -> record keys -> row numbers of the offers
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

    ``columns`` are two: record keys as ``column=source`` twice for pairs, or once and the cluster's column for clusters
    (``=source`` may be left out where there is one). Without any, the first two columns count: pairs between two
    sources, or record and cluster of one. Records that no offer has are counted in ``unknown``.
    Raises InputError where the file or its columns are not as said.
    """
    table = _table(path)
    named = [column.partition("=") for column in columns or table.columns[:2]]
    names = [name for name, _, _ in named]
    missing = [name for name in names if name not in table.columns]
    if missing or len(named) != 2:
        raise InputError(f"{path} has the columns {', '.join(table.columns)}; name two with --gold-columns a,b.")
    given = [source for _, _, source in named]
    if not any(given):
        given = list(sources) if len(sources) == 2 else [sources[0], ""]
    wrong = [source for source in given if source and source not in sources]
    if wrong or not given[0]:
        raise InputError(f"--gold-columns names the source {wrong or 'nowhere'}; known are {', '.join(sources)}.")
    first = _rows(table[names[0]], given[0], rows)
    if not given[1]:
        return _clusters(first, table[names[1]], len(rows))
    return _pairs(first, _rows(table[names[1]], given[1], rows), len(rows))


def _table(path: Path) -> pd.DataFrame:
    try:
        head = pd.read_csv(path, sep="\0", header=None, nrows=1, dtype=str, engine="python").iat[0, 0]
        separator = csv.Sniffer().sniff(str(head), delimiters=_SEPARATORS).delimiter
        return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"The gold file {path} cannot be read: {error}; it must be a CSV with a header.") from None


def _rows(keys: pd.Series[str], source: str, rows: Mapping[tuple[str, str], int]) -> Ints:
    return np.array([rows.get((source, key), -1) for key in keys], dtype=np.int64)


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
