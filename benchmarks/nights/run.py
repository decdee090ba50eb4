"""What a night costs when little changed: a full night, then nights with a share of the records edited.

python -m benchmarks.nights.run --offers 100000    full, then 0, 0.1, 1 and 10 % of the records of every dump edited
python -m benchmarks.nights.run --real             the same over a copy of the real dumps in KGSPARK_DATA
python -m benchmarks.nights.run --verify           each night also built in full and compared; its seconds say nothing
... --shares 0.01 --spread 0                       these shares alone, and no night of a word that spreads
... --keep FOLDER                                  dumps, lake, key and lake.yaml stay there, for the kgspark command

Prints, for each night, seconds, rows and bytes written and rows marked as gone (one that changed is both), in all and
by stage, and what share of the full night's was written. A night
of 0 % finds the very same files; before the others titles and texts gain a word of another record and quantities
change, by a hash of the record. Last a night in which one and the same new word comes into 1 % of the texts.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import gzip
import os
import re
import secrets
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, AnyStr, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from benchmarks.nights import real_dumps
from kgspark.config import Config
from kgspark.ingest.sources import Source, load_sources
from kgspark.night import Night
from kgspark.nightly.bill import NightBill, bills
from kgspark.run import NightOptions, open_lake, run_night
from kgspark.sample.world import write_world
from kgspark.session import get_session

ROOT = Path(__file__).resolve().parents[2]
# Dates of the sample world go up to a few weeks after June 2026: earlier nights set some aside until their day comes.
FIRST = datetime.date(2026, 9, 1)
# Source -> where the word that is edited stands in a line of its dump.
_LINES = {
    "alder_finch": rb'^([^,"]+,)([^,"]+)(?=,)',
    "yunhai": rb'^([^,"]+,)([^,"]+)(?=,)',
    "kontorhaus": rb'^([^;"]+;)([^;"]+)(?=;)',
    "brightnook": rb'("title": ")([^"\\]+)',
    "harbourline": rb"(<title>)([^<]+)",
    "ratewell": rb'("body": ")([^"\\]+)',
    "alder_finch_orders": rb"^((?:[^,]*,){4})(\d+)(?=,)",
}
_COLUMNS = {"marketry": "listing_title", "marketry_orders": "pieces"}
# The word that the texts of one night gain together.
_SPREADS = "blackfriday"
_Row = TypeVar("_Row")


def edit(dumps: Path, share: float, round_: int, word: str = "") -> tuple[int, int]:
    """Change that share of the records of every dump; gives how many were changed, of how many.

    A text gains ``word``, or, where that is empty, the last word of the text of another record of the dump.
    """
    changed = total = 0
    for source in sorted({*_LINES, *_COLUMNS}):
        for file in sorted((dumps / source).iterdir()):
            counts = (_edit_table if source in _COLUMNS else _edit_lines)(file, source, share, round_, word)
            changed, total = changed + counts[0], total + counts[1]
    return changed, total


def _chosen(what: bytes, share: float, round_: int) -> bool:
    return zlib.crc32(b"%d " % round_ + what) / 2**32 < share


def _last_word(text: AnyStr) -> AnyStr:
    return (text.split() or [text[:0]])[-1]


def _another(rows: Sequence[_Row], what: bytes) -> _Row:
    return rows[zlib.crc32(b"word " + what) % len(rows)]


def _edit_lines(file: Path, source: str, share: float, round_: int, word: str) -> tuple[int, int]:
    packed = file.suffix == ".gz"
    content = gzip.decompress(file.read_bytes()) if packed else file.read_bytes()
    lines, changed = content.split(b"\n"), 0
    pattern = re.compile(_LINES[source])
    if "orders" in source:
        said = [b"1"]
    elif word:
        said = [b" " + word.encode()]
    else:
        said = [b" " + _last_word(found[2]) for found in map(pattern.search, lines[1:]) if found]
    for place in range(1, len(lines)):
        if _chosen(lines[place], share, round_):
            more = _another(said, lines[place])
            lines[place], count = pattern.subn(lambda found, more=more: found[0] + more, lines[place], count=1)
            changed += count
    content = b"\n".join(lines)
    file.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return changed, len(lines) - 1


def _edit_table(file: Path, source: str, share: float, round_: int, word: str) -> tuple[int, int]:
    table, name = pq.read_table(file), _COLUMNS[source]
    values, keys = table.column(name).to_pylist(), table.column(0).to_pylist()
    chosen = [
        _chosen(str(key).encode(), share, round_) and value is not None for key, value in zip(keys, values, strict=True)
    ]

    def more(value: Any, key: object) -> Any:
        if not isinstance(value, str):
            return value + 1
        return f"{value} {word or _last_word(str(_another(values, str(key).encode()) or ''))}"

    rows = zip(values, keys, chosen, strict=True)
    edited = [more(value, key) if take else value for value, key, take in rows]
    place = table.column_names.index(name)
    pq.write_table(table.set_column(place, name, pa.array(edited, table.schema.field(name).type)), file)
    return sum(chosen), len(values)


def _line(label: str, seconds: float, bill: NightBill, full: NightBill | None) -> str:
    rows, gone, size = (bill.total(name) for name in ("inserted", "deleted", "bytes_written"))
    shares = ""
    if full is not None:
        parts = (rows / full.total("inserted"), size / full.total("bytes_written"))
        shares = "  ({:.1%} of the rows, {:.1%} of the bytes)".format(*parts)
    return f"{label:<10} {seconds:8.1f} s  {rows:>12,.0f} rows {gone:>10,.0f} gone  {size / 1e6:>9.2f} MB{shares}"


def _prepared(spark: SparkSession, args: argparse.Namespace, folder: Path) -> tuple[Config, tuple[Source, ...], bytes]:
    """The dumps, and what the kgspark command needs to work on this lake; the nights' config, sources and key."""
    if args.real:
        real_dumps.copy(Path(os.environ["KGSPARK_DATA"]), folder / "dumps")
        pattern, known = str(ROOT / "conf/sources/*.yaml"), {"KGSPARK_DATA": str(folder / "dumps")}
    else:
        write_world(spark, str(folder), args.offers, 7)
        pattern, known = str(folder / "sources/*.yaml"), {"KGSPARK_SAMPLE": str(folder)}
    key = secrets.token_hex(32)
    (folder / "pseudonyms.secret").write_text(key)
    (folder / "lake.yaml").write_text(f"lake: {folder}/lake\nsources:\n  - {pattern}\n")
    return Config(lake=str(folder / "lake")), load_sources([pattern], known), key.encode()


def _told(label: str, seconds: float, bill: NightBill, full: NightBill | None, counts: tuple[int, int]) -> None:
    print(_line(label, seconds, bill, full))
    if counts[0]:
        print(f"    {counts[0]:,} of {counts[1]:,} records changed")
    for stage in bill.stages:
        did = f"{stage.stage:<22} {stage.how:<11} {stage.total_seconds:7.1f} s"
        size = stage.bytes_written / 1e6
        print(f"    {did} {stage.inserted:>10,} rows {stage.deleted:>10,} gone {size:8.2f} MB", flush=True)


@dataclass(frozen=True)
class _Change:
    """What a night finds: that share of the records edited; their texts gain ``word``, or words of other records."""

    label: str
    share: float = 0.0
    word: str = ""


def _changes(args: argparse.Namespace) -> list[_Change]:
    edited = [_Change(f"{share:.1%}", share) for share in args.shares]
    spread = [_Change(f"{args.spread:.1%} {_SPREADS}", args.spread, _SPREADS)] if args.spread else []
    return [_Change("full"), *edited, *spread]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offers", type=int, default=100_000)
    parser.add_argument("--shares", type=float, nargs="*", default=[0.0, 0.001, 0.01, 0.1])
    parser.add_argument("--spread", type=float, default=0.01)
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    spark = get_session(ROOT / "conf/spark/local.conf")
    with contextlib.ExitStack() as stack:
        if args.keep:
            args.keep.mkdir(parents=True)
            folder = args.keep.resolve()
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kgspark-nights-")))
        cfg, sources, key = _prepared(spark, args, folder)
        full = None
        edited = real_dumps.edit if args.real else edit
        for number, change in enumerate(_changes(args)):
            counts = edited(folder / "dumps", change.share, number, change.word) if change.share else (0, 0)
            night = Night(FIRST + datetime.timedelta(days=number), "", sources, key)
            started = time.monotonic()
            run_night(spark, cfg, night, options=NightOptions(verify=args.verify and number > 0))
            seconds = time.monotonic() - started
            (bill,) = bills(open_lake(spark, cfg), 1)
            _told(change.label, seconds, bill, full, counts)
            full = full or bill
    return 0


if __name__ == "__main__":
    sys.exit(main())
