"""Edits a share of the records in a copy of the real dumps, as a night finds them: texts, titles, quantities.

file -> rows as text -> those whose key's hash falls below the share -> one more word, or one more piece -> file

The word is one of another row of the file, or one and the same for all that are edited.
"""

from __future__ import annotations

import csv
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

# Only what the nights read.
FOLDERS = ("catalogs", "reviews", "matching/abt_buy")
_LONGEST = 20


@dataclass(frozen=True)
class Edited:
    """Files (a pattern under the data), the column that is edited, and the columns that say which record a row is."""

    files: str
    column: str
    key: tuple[str, ...]
    separator: str = ","


EDITED = (
    Edited("matching/abt_buy/abt.csv", "name", ("id",), "|"),
    Edited("matching/abt_buy/buy.csv", "name", ("id",), "|"),
    Edited("catalogs/pricerunner/offers.csv.gz", "product_title", ("product_id",)),
    Edited("catalogs/completejourney/products.parquet", "package_size", ("product_id",)),
    Edited("catalogs/completejourney/transactions_sample.parquet", "quantity", ("basket_id", "product_id")),
    Edited("catalogs/online_retail/order_lines.parquet", "Quantity", ("InvoiceNo", "StockCode", "InvoiceDate")),
    Edited("reviews/chinese_shopping/*.csv.gz", "review", ("review",)),
    Edited("reviews/subjqa_electronics/*.csv.gz", "review", ("review_id",)),
    Edited("reviews/womens_clothing/reviews.csv.gz", "Review Text", ("Review Text",)),
)


def copy(data: Path, folder: Path) -> None:
    """The real dumps, to be edited; the data itself is never written."""
    for name in FOLDERS:
        shutil.copytree(data / name, folder / name)


def edit(folder: Path, share: float, round_: int, word: str = "") -> tuple[int, int]:
    """Change about that share of the records; gives how many rows were changed, of how many.

    Each gains ``word``, or, where that is empty, a word of another row.
    """
    changed = total = 0
    for each in EDITED:
        for file in sorted(folder.glob(each.files)):
            rows = _read(file, each)
            first, *others = (rows[name].astype(str) for name in each.key)
            keys, values = first.str.cat(others, sep="\0") if others else first, rows[each.column]
            full = values.notna() & (values.astype(str) != "")
            chosen, known = full & (keys.map(_draw(round_)) < share), values[full].tolist()
            more = [
                _more(value, word or _word(known, f"{round_} {key}"))
                for key, value in zip(keys[chosen], values[chosen], strict=True)
            ]
            rows.loc[chosen, each.column] = pd.Series(more, index=rows.index[chosen], dtype=values.dtype)
            _write(rows, file, each)
            changed, total = changed + int(chosen.sum()), total + len(rows)
    return changed, total


def _draw(round_: int) -> Callable[[str], float]:
    return lambda key: zlib.crc32(f"{round_} {key}".encode()) / 2**32


def _word(known: list[Any], key: str) -> str:
    """A word of one of these values, drawn by the key; of a text without spaces its first characters."""
    drawn = zlib.crc32(f"word {key}".encode())
    words = str(known[drawn % len(known)]).split()
    return words[drawn // len(known) % len(words)][:_LONGEST] if words else ""


def _more(value: Any, word: str) -> Any:
    return f"{value} {word}" if isinstance(value, str) else value + 1


def _read(file: Path, each: Edited) -> pd.DataFrame:
    if file.suffix == ".parquet":
        return pd.read_parquet(file)
    # The header as a row: a column without a name must keep none.
    rows = pd.read_csv(file, sep=each.separator, dtype=str, keep_default_na=False, header=None)
    return rows.iloc[1:].set_axis(rows.iloc[0].tolist(), axis=1).reset_index(drop=True)


def _write(rows: pd.DataFrame, file: Path, each: Edited) -> None:
    if file.suffix == ".parquet":
        rows.to_parquet(file, index=False)
    else:
        rows.to_csv(file, sep=each.separator, index=False, quoting=csv.QUOTE_MINIMAL)
