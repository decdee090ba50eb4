"""The sheet on which a person judges facts: a CSV that any spreadsheet opens, and what it says when it comes back.

drawn facts -> CSV with an empty column ``judgement`` -> a person writes right, wrong or unsure -> judged rows
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from kgspark.errors import InputError
from kgspark.publish.audit_sample import Drawn

RIGHT, WRONG, UNSURE = "right", "wrong", "unsure"
_ANSWERS = {"right": RIGHT, "r": RIGHT, "wrong": WRONG, "w": WRONG, "unsure": UNSURE, "u": UNSURE, "": None}
_TO_FILL = ("judgement", "note")
COLUMNS = (
    *_TO_FILL, "fact", "text", "relation", "extractor", "confidence", "source", "record_id", "field", "begin", "end",
    "item_id", "stratum_size", "release_id",
)  # fmt: skip
_READ = ("judgement", "relation", "extractor", "item_id", "stratum_size", "release_id")
# A spreadsheet runs a cell that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Judged:
    """A row of a sheet that came back; ``answer`` is None where nobody has judged it."""

    relation: str
    extractor: str
    stratum_size: int
    answer: str | None


def write(path: Path, drawn: Sequence[Drawn], release_id: str) -> None:
    """Write the sheet. Raises InputError where the file is there already: it may hold somebody's judgements."""
    try:
        # With a byte-order mark, by which spreadsheets know UTF-8.
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            sheet = csv.DictWriter(file, COLUMNS, restval="")
            sheet.writeheader()
            for fact in drawn:
                cells = asdict(fact) | {"release_id": release_id}
                sheet.writerow({name: _cell(value) for name, value in cells.items()})
    except FileExistsError:
        raise InputError(f"{path} exists and may hold judgements; name another file with --out.") from None
    except OSError as error:
        raise InputError(f"--out {path} cannot be written: {error.strerror}.") from None


def read(path: Path) -> list[Judged]:
    """The judgements of a sheet. Raises InputError where it is no such sheet, or an answer is none of the three."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"--judged {path} cannot be read ({error}); save the sheet as CSV in UTF-8.") from None
    missing = [name for name in _READ if not rows or rows[0].get(name) is None]
    if missing:
        raise InputError(
            f"--judged {path} lacks the column {missing[0]}; give a sheet that 'kgspark audit --sample' wrote."
        )
    releases = sorted({row["release_id"] for row in rows})
    if len(releases) > 1:
        raise InputError(f"--judged {path} mixes the releases {', '.join(releases)}; judge each in a sheet of its own.")
    seen: set[str] = set()
    judged = []
    for number, row in enumerate(rows, start=2):
        if row["item_id"] in seen:
            raise InputError(f"--judged {path}, row {number}: {row['item_id']} is there twice.")
        seen.add(row["item_id"])
        judged.append(_judged(path, number, row))
    return judged


def _judged(path: Path, number: int, row: dict[str, str]) -> Judged:
    said = (row["judgement"] or "").strip().lower()
    if said not in _ANSWERS:
        raise InputError(
            f"--judged {path}, row {number}: {row['judgement']!r} is no judgement; write right, wrong or unsure."
        )
    if not (row["stratum_size"] or "").isdigit():
        raise InputError(f"--judged {path}, row {number}: stratum_size {row['stratum_size']!r} is no number.")
    return Judged(row["relation"], row["extractor"], int(row["stratum_size"]), _ANSWERS[said])


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
