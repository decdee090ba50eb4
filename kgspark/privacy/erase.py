"""A person who asks to be forgotten is gone: from every table and file, from every release, and from the next delivery.

raw ids -> bronze without their records -> every stage over what is left -> files without deleted rows -> a release, and
none before it -> old files deleted -> every file searched -> a receipt that names nobody
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from rich.console import Console

from kgspark.config import Config
from kgspark.errors import GateError, InputError
from kgspark.ingest.records import TABLES
from kgspark.lake.lock import Lock
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.nightly.closing import CLOSING
from kgspark.nightly.execution import Execution
from kgspark.nightly.ledger import UNSPENT
from kgspark.nightly.preflight import preflight
from kgspark.nightly.schedule import run_stages
from kgspark.nightly.tonight import Tonight, tonight_of
from kgspark.pipeline import RAW, STAGES, Stage
from kgspark.privacy import announced, forget, people
from kgspark.privacy.earlier import fingerprints
from kgspark.privacy.receipt import Erasure, proven
from kgspark.privacy.searched import searched
from kgspark.privacy.wanted import Wanted
from kgspark.process.progress import Progress, say
from kgspark.process.stops import unbroken, within
from kgspark.releases import register
from kgspark.releases.release import Release
from kgspark.session import cancel_jobs

ERASURE = "erasure"


def erase(
    lake: Lake,
    cfg: Config,
    night: Night,
    raw_ids: Sequence[str],
    stages: Sequence[Stage] = STAGES,
    console: Console | None = None,
) -> Erasure:
    """Erase everything that shoppers with these raw ids left, in any source.

    ``night`` gives sources and key; its date is that of the last release. Deliveries to come are searched for them, too
    (``ops.erased_shoppers``), and what was learnt from people's rows is learnt anew. Whatever fails on the way, calling
    it again does the rest. Raises InputError without a release, key or ids, for ids that no record holds; GateError
    where a gate says no to what is left, or the proof finds a trace. Of tables in a catalogue the proof reads the rows,
    as it does not know their files.
    """
    wanted = check_asked(cfg, night, raw_ids)
    # Where nothing was ever released not even a lock is written.
    _last(lake)
    with Lock(lake, cfg.lock, "an erasure") as lock:
        tonight, earlier, found = _looked(lake, cfg, night, wanted, stages)
        night = tonight.night
        for sentence in announced.sentences(tonight, found, len(wanted)):
            say(console, sentence)
        theirs = {name: gone.select(*people.KEY, "fingerprint") for name, (gone, _) in found.items()}
        words = searched(lake, tonight.known, night, wanted, theirs, earlier)
        tonight.ledger.start()
        _remember(lake, [*people.erased_marks(night.sources, wanted, night.secret), people.key_mark(night.secret)])
        deleted = _from_bronze(tonight, stages, found)
        refit = forget.learnt_from_people(_derived(stages))
        forget.sketches(
            lake, cfg, tonight.known[-1], tonight.ledger, [stage for stage in stages if stage.name in refit]
        )
        progress = Progress(len(tonight.todo), console)
        execution = Execution(tonight, progress, lock.check)
        try:
            cancel = partial(cancel_jobs, lake.spark)
            run_stages(tonight.todo, execution.run, cfg.spark.stages_at_a_time, cancel=cancel)
            tonight.ledger.settle()
            execution.purge()
        except BaseException as error:
            # Only the kind of error: its text may name the person.
            said = type(error).__name__
            within(CLOSING, lambda: tonight.ledger.finish("failed", said))
            raise
        finally:
            progress.close()
        # A release after which the earlier ones still hold the person would be none that the same command mends.
        with unbroken():
            lock.confirm()
            release = execution.publish(tonight.known, stages, action=ERASURE)
            tonight.ledger.finish("released", release.release_id)
            forget.before(lake, cfg, release, Wanted(words.anywhere))
        receipt = proven(lake, release, words, deleted, len(wanted))
    if receipt.traces:
        raise GateError(
            f"{receipt.read} were read, and {len(receipt.traces)} traces found ({receipt.traces[0].what} in "
            f"{receipt.traces[0].file}, ...); receipt {receipt.erasure_id}. Where that is them, and no number of "
            "something else, delete those files, or copy the tables into a new lake if they are its logs."
        )
    return receipt


def would_erase(
    lake: Lake, cfg: Config, night: Night, raw_ids: Sequence[str], stages: Sequence[Stage] = STAGES
) -> list[str]:
    """What ``erase`` would do, as sentences that name nobody; nothing is written, nor is the lake held.

    Raises InputError as ``erase`` does.
    """
    wanted = check_asked(cfg, night, raw_ids)
    tonight, _, found = _looked(lake, cfg, night, wanted, stages)
    try:
        return [
            *announced.sentences(tonight, found, len(wanted)),
            *announced.unknown(found, night.sources, wanted),
        ]
    finally:
        for gone, _ in found.values():
            gone.unpersist()


def _looked(
    lake: Lake, cfg: Config, night: Night, wanted: Sequence[str], stages: Sequence[Stage]
) -> tuple[Tonight, set[str], dict[str, tuple[DataFrame, int]]]:
    """The run that erases, fingerprints of what they left earlier, and their records in each table of bronze."""
    night = replace(night, date=_last(lake).night)
    derived = _derived(stages)
    # A run of its own: never the rest of a night that was left open.
    apart, refit = ERASURE + secrets.token_hex(4), forget.learnt_from_people(derived)
    tonight = tonight_of(lake, cfg, night, derived, apart=apart, refit=refit)
    preflight(lake.spark, cfg, tonight.night, tonight.todo)
    earlier = fingerprints(lake, tonight.known, night.sources, wanted)
    return tonight, earlier, _found(tonight, wanted, earlier)


def _last(lake: Lake) -> Release:
    last = register.latest(lake)
    if last is None:
        raise register.none_yet(lake.root)
    return last


def _derived(stages: Sequence[Stage]) -> list[Stage]:
    return [stage for stage in stages if RAW not in stage.reads]


def check_asked(cfg: Config, night: Night, raw_ids: Sequence[str]) -> list[str]:
    """The ids, each once. Raises InputError for what an erasure cannot do without, the ids first."""
    wanted = sorted({raw.strip() for raw in raw_ids} - {""})
    if not wanted:
        raise InputError("No raw shopper id was given: name whom to erase by --shopper ID, or --file with one a line.")
    if not night.secret:
        raise InputError("An erasure needs the key of the lake's pseudonyms: privacy.key_file, or KGSPARK_KEY.")
    return wanted


def _found(tonight: Tonight, raw_ids: Sequence[str], earlier: Collection[str]) -> dict[str, tuple[DataFrame, int]]:
    """Their records in each table of bronze, and how many they are.

    Raises InputError where there are none, nor in what came ``earlier``, and they were never erased: a mistyped id must
    not cost the earlier releases.
    """
    lake, night, released = tonight.lake, tonight.night, tonight.last.tables if tonight.last else {}
    found: dict[str, tuple[DataFrame, int]] = {}
    for name in sorted(set(TABLES.values()) & released.keys()):
        bronze = lake.read(name, released[name])
        keys = people.records_of(bronze, night.sources, raw_ids)
        gone = bronze.join(keys, on=list(people.KEY), how="left_semi").withColumn("change", F.lit("delete")).persist()
        found[name] = gone, gone.count()
    known = set(night.erased) >= set(people.erased_marks(night.sources, raw_ids, night.secret))
    if not known and not earlier and not any(count for _, count in found.values()):
        raise InputError(
            "No record of any source names these shoppers, so nothing was erased: give each id as the dump has it, and "
            "let 'sources' list the YAMLs of the dumps that the lake was built from."
        )
    return found


def _remember(lake: Lake, marks: Sequence[str]) -> None:
    known = {row["mark"] for row in lake.rows(people.ERASED)}
    now = datetime.datetime.now(datetime.UTC)
    lake.append(people.ERASED, [{"mark": mark, "erased_at": now} for mark in marks if mark not in known], note=ERASURE)


def _from_bronze(tonight: Tonight, stages: Sequence[Stage], found: dict[str, tuple[DataFrame, int]]) -> dict[str, int]:
    """Delete their records, and enter the new versions in the book as what ingest wrote; gives records by table."""
    lake, ledger = tonight.lake, tonight.ledger
    released = tonight.last.tables if tonight.last else {}
    versions, deleted = dict(released), {name: count for name, (_, count) in found.items()}
    for name in (name for name, count in deleted.items() if count):
        gone, base = found[name][0], released[name]
        rows = ledger.rows_of(name, base) or lake.read(name, base).count()
        versions[name] = lake.merge(name, gone, base, rows, note=ERASURE).version
    for gone, _ in found.values():
        gone.unpersist()
    ingest = next(stage for stage in stages if RAW in stage.reads)
    entries: list[dict[str, Any]] = []
    for name in ingest.writes:
        entry = ledger.entry(ingest.name, name, released[name])
        fewer = deleted.get(name, 0)
        told = {
            "deleted": fewer,
            "version": versions[name],
            "rows_out": entry["rows_out"] - fewer,
            "how": "keys",
            "why": ERASURE,
        }
        entries.append(entry | UNSPENT | told)
    ledger.record_stage(entries)
    return deleted
