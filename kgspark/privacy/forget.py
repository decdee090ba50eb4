"""Of what was there before a release nothing is left: no other release, tag or version, and no artefact of them.

other releases closed -> tags, artefacts, examples in the books, tables that it does not name -> files of old versions
"""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import functions as F

from kgspark.artifacts import FOLDER as ARTEFACTS
from kgspark.artifacts import MANIFEST
from kgspark.config import Config
from kgspark.lake import disposal, lake_files
from kgspark.lake.lock import LOCKS
from kgspark.lake.tables import Lake
from kgspark.nightly.ledger import GATE_RESULTS, RUNS, Ledger
from kgspark.pipeline import DECISIONS, PREVIOUS, Stage
from kgspark.privacy.wanted import Wanted
from kgspark.releases import register
from kgspark.releases.release import Release
from kgspark.releases.retention import TAGS
from kgspark.schema import REJECTED_SUFFIX, load_tables, table

REASON = "erasure"


def learnt_from_people(stages: Iterable[Stage]) -> list[str]:
    """The stages that fit something to rows of shoppers: they may not go on with what an earlier night fitted."""
    return [s.name for s in stages if s.fit and any(_names_shoppers(name) for name in s.reads)]


def _names_shoppers(name: str) -> bool:
    return not name.endswith(PREVIOUS) and name != DECISIONS and bool(table(name).columns_where(shopper=True))


def sketches(lake: Lake, cfg: Config, last: Release, ledger: Ledger, stages: Iterable[Stage]) -> None:
    """Delete what the artefacts of these stages say of the rows that they were fitted on: where learning anew comes to
    the same content, the folder would stay as it is.
    """
    for stage in stages:
        artefact = ledger.entry(stage.name, stage.writes[0], last.tables[stage.writes[0]])["artefact"]
        if artefact and artefact not in cfg.model_dump_json():
            lake_files.delete(lake.root, f"{ARTEFACTS}/{artefact}/{MANIFEST}")


def before(lake: Lake, cfg: Config, release: Release, words: Wanted) -> None:
    """No release but this one can be opened any more, and nothing but what it names is left; ``words`` go from the
    books.
    """
    others = {other.release_id for other in register.openable(lake)} - {release.release_id}
    register.retire(lake, sorted(others), REASON)
    lake_files.delete(lake.root, TAGS)
    _artefacts(lake, cfg, release)
    _from_messages(lake, words)
    _from_examples(lake, words)
    there = [name for name in all_tables(release) if lake.exists(name)]
    for name in there:
        if name not in release.tables and not name.startswith("ops."):
            # Of a night that was killed: no release holds it, so that no stage has built it without them.
            lake.restore(name, None)
    disposal.vacuum(lake, dict.fromkeys(there, 0), cfg.spark.tables_at_a_time)


def all_tables(release: Release) -> list[str]:
    """Every table that a lake may hold, whether a release names it or not, but for the lock's: that one names nobody,
    and its next sign of life may be on the way.
    """
    rejected = [name + REJECTED_SUFFIX for name, contract in load_tables().items() if contract.rejected]
    declared = [name for name in load_tables() if "*" not in name and name != LOCKS]
    return list(dict.fromkeys((*declared, *rejected, *release.tables)))


def _artefacts(lake: Lake, cfg: Config, release: Release) -> None:
    """Delete what earlier runs fitted, those that never came to enter it in the book too: it learnt from what is to be
    forgotten. What settings name is kept.
    """
    # <name>/<sha256>/<file>
    fitted = {file.rpartition("/")[0] for file in lake_files.files(f"{lake.root}/{ARTEFACTS}")}
    kept = {f"{name}/{digest}" for name, digest in release.artifacts.items()}
    said = cfg.model_dump_json()
    for artefact in sorted(fitted - kept):
        if artefact not in said:
            lake_files.delete(lake.root, f"{ARTEFACTS}/{artefact}")


def _from_messages(lake: Lake, words: Wanted) -> None:
    """Why a run ended may show a row as an example."""
    for run in lake.rows(RUNS):
        if words.kinds(run["message"] or ""):
            lake.upsert(RUNS, run | {"message": "forgotten: it showed something of a person who was erased"})


def _from_examples(lake: Lake, words: Wanted) -> None:
    """Rows of failed gates that show one of the words as an example."""
    version = lake.version(GATE_RESULTS)
    if version is None:
        return
    rows = lake.read(GATE_RESULTS, version)
    key = list(table(GATE_RESULTS).key)
    # Looked for here and not in Spark, whose plans would show the words.
    failed = rows.where(~F.col("success")).select(*key, "details").collect()
    showing = [tuple(row[name] for name in key) for row in failed if words.kinds(row["details"] or "")]
    if showing:
        keys = lake.spark.createDataFrame(showing, rows.select(*key).schema)
        gone = rows.join(keys, on=key, how="left_semi").withColumn("change", F.lit("delete"))
        lake.merge(GATE_RESULTS, gone, version, rows.count(), note=REASON)
