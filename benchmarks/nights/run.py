"""What a night costs when little changed: a full night, then nights with a share of the records edited.

python -m benchmarks.nights.run --offers 100000    full, then 0, 0.1, 1 and 10 % of the records of every dump edited
python -m benchmarks.nights.run --real             the same over a copy of the real dumps in KGSPARK_DATA
python -m benchmarks.nights.run --verify           each night also built in full and compared; its seconds say nothing
... --keep FOLDER                                  dumps, lake, key and lake.yaml stay there, for the kgspark command

Prints, for each night, seconds, rows and bytes written and rows marked as gone (one that changed is both), in all and
by stage, and what share of the full night's was written. A night
of 0 % finds the very same files; before the others titles, texts and quantities are edited, by a hash of the record.
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
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from benchmarks.nights import real_dumps
from kgspark.bill import NightBill, bills
from kgspark.config import Config
from kgspark.ingest.sources import Source, load_sources
from kgspark.night import Night
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


def edit(dumps: Path, share: float, round_: int) -> tuple[int, int]:
    """Change that share of the records of every dump; gives how many were changed, of how many."""
    changed = total = 0
    for source in sorted({*_LINES, *_COLUMNS}):
        for file in sorted((dumps / source).iterdir()):
            counts = (_edit_table if source in _COLUMNS else _edit_lines)(file, source, share, round_)
            changed, total = changed + counts[0], total + counts[1]
    return changed, total


def _chosen(what: bytes, share: float, round_: int) -> bool:
    return zlib.crc32(b"%d " % round_ + what) / 2**32 < share


def _edit_lines(file: Path, source: str, share: float, round_: int) -> tuple[int, int]:
    packed = file.suffix == ".gz"
    content = gzip.decompress(file.read_bytes()) if packed else file.read_bytes()
    lines, changed = content.split(b"\n"), 0
    pattern, word = re.compile(_LINES[source]), b" new%d" % round_ if "orders" not in source else b"1"
    for place in range(1, len(lines)):
        if _chosen(lines[place], share, round_):
            lines[place], count = pattern.subn(lambda found: found[1] + found[2] + word, lines[place], count=1)
            changed += count
    content = b"\n".join(lines)
    file.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return changed, len(lines) - 1


def _edit_table(file: Path, source: str, share: float, round_: int) -> tuple[int, int]:
    table, name = pq.read_table(file), _COLUMNS[source]
    values, keys = table.column(name).to_pylist(), table.column(0).to_pylist()
    chosen = [
        _chosen(str(key).encode(), share, round_) and value is not None for key, value in zip(keys, values, strict=True)
    ]
    edited = [
        (f"{value} new{round_}" if isinstance(value, str) else value + 1) if take else value
        for value, take in zip(values, chosen, strict=True)
    ]
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offers", type=int, default=100_000)
    parser.add_argument("--shares", type=float, nargs="*", default=[0.0, 0.001, 0.01, 0.1])
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
        for number, share in enumerate([None, *args.shares]):
            edited = real_dumps.edit if args.real else edit
            counts = edited(folder / "dumps", share, number) if share else (0, 0)
            night = Night(FIRST + datetime.timedelta(days=number), "", sources, key)
            started = time.monotonic()
            run_night(spark, cfg, night, options=NightOptions(verify=args.verify and share is not None))
            seconds = time.monotonic() - started
            (bill,) = bills(open_lake(spark, cfg), 1)
            _told("full" if share is None else f"{share:.1%}", seconds, bill, full, counts)
            full = full or bill
    return 0


if __name__ == "__main__":
    sys.exit(main())
