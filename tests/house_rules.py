"""What the house-rule tests look for: calls banned in ``kgspark/``, and the exceptions, each with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_FILE_LINES = 250
MAX_FUNCTION_LINES = 70

_CLASSIC = "needs the classic engine; Spark Connect and serverless have none of it"
_ACTION = "an action inside a stage: stages describe, run.py acts"
_UNPINNED = "which row it gives depends on the row order"

# Attribute or function name -> why not.
BANNED_NAMES = {
    "rdd": _CLASSIC,
    "sparkContext": _CLASSIC,
    "_sc": _CLASSIC,
    "_jvm": _CLASSIC,
    "_jsc": _CLASSIC,
    "_jdf": _CLASSIC,
    "_jsparkSession": _CLASSIC,
    "collect": _ACTION,
    "toPandas": _ACTION,
    "toArrow": _ACTION,
    "toLocalIterator": _ACTION,
    "cache": _ACTION,
    "persist": _ACTION,
    "checkpoint": _ACTION,
    "localCheckpoint": _ACTION,
    "monotonically_increasing_id": "numbers depend on the partitioning; hash a natural key",
    "udf": "a row-at-a-time UDF; use column expressions, or an iterator UDF where a library runs",
    "dropDuplicates": _UNPINNED + "; rank by a total order",
    "drop_duplicates": _UNPINNED + "; rank by a total order",
    "toDF": "column types are guessed; declare them in schemas/",
    "environ": "the environment is read in jobs/ and cli.py only",
    "getenv": "the environment is read in jobs/ and cli.py only",
    "builder": "session.py makes sessions",
    "getOrCreate": "session.py makes sessions",
    "getActiveSession": "a session is passed in, not found",
    "saveAsTable": "tables.py writes",
}
# Banned without an object before them; of the above only these, the others are good names for a parameter.
BANNED_ALONE = {name: BANNED_NAMES[name] for name in ("udf", "getenv", "monotonically_increasing_id")} | {
    "eval": "runs text as code",
    "exec": "runs text as code",
    "persisted": _ACTION,
}
# Aggregates that pick any row of a group unless a window orders it.
BARE_AGGREGATES = {"first", "last", "any_value", "first_value", "last_value"}
RANDOM = {"rand", "randn", "random", "shuffle", "uuid"}
BANNED_IMPORTS = {
    "pickle": "artefacts are safetensors, JSON or Parquet",
    "cloudpickle": "artefacts are safetensors, JSON or Parquet",
    "dill": "artefacts are safetensors, JSON or Parquet",
    "joblib": "artefacts are safetensors, JSON or Parquet",
    "great_expectations": "only quality/ imports Great Expectations",
    "graphframes": "only graph/engines imports GraphFrames",
    "delta": "tables.py knows Delta",
}

# (file or folder, name) -> why it may. An entry that nothing uses fails a test.
ALLOWED: dict[tuple[str, str], str] = {
    ("kgspark/frames/carried.py", "pickle"): "inside closures, which Spark pickles anyway; nothing is stored",
    ("kgspark/cli.py", "environ"): "one of the two doors at which the environment comes in",
    ("kgspark/commands/nights.py", "environ"): "a part of cli.py: the same door",
    ("kgspark/nightly/execution.py", "persisted"): "keys are counted, and read for each input",
    ("kgspark/frames/lineage.py", "persist"): "until the stage that asked for it is written",
    ("kgspark/ingest/arrivals.py", "collect"): "no stage: one row a source",
    ("kgspark/releases/views.py", "collect"): "no stage: one row a view",
    ("kgspark/nightly/meter.py", "sparkContext"): "what stages spent; where none is to be had, a bill does without",
    ("kgspark/nightly/meter.py", "_jsc"): "as above: Spark keeps this in its JVM",
    ("kgspark/frames/tally.py", "collect"): "no stage: one row, the sum of a column",
    ("kgspark/privacy/searched.py", "collect"): "no stage: what the people who are erased left",
    ("kgspark/privacy/earlier.py", "collect"): "no stage: fingerprints of what they left earlier",
    ("kgspark/privacy/table_traces.py", "collect"): "no stage: the few kinds of words that a table holds",
    ("kgspark/lake/disposal.py", "collect"): "no stage: one row that says how many files a table has",
    ("kgspark/privacy/forget.py", "collect"): "no stage: the gates that said no",
    ("kgspark/privacy/erase.py", "persist"): "no stage: the records of a few people are counted and deleted",
    ("kgspark/nightly/bill.py", "collect"): "no stage: a dozen rows a night",
    ("kgspark/releases/product_ids.py", "collect"): "no stage: the few events of one product",
    ("kgspark/releases/release_diff.py", "collect"): "no stage: counts, and as many movers as were asked for",
    ("kgspark/nightly/verify.py", "collect"): "no stage: three counts, with a key of each",
    ("kgspark/commands/resolve.py", "environ"): "a part of cli.py: the same door",
    ("kgspark/commands/opinions.py", "environ"): "a part of cli.py: the same door",
    ("kgspark/commands/options.py", "environ"): "a part of cli.py: the same door",
    ("kgspark/commands/guard.py", "environ"): "a part of cli.py: how much of an error is told",
    ("kgspark/extract/aspects.py", "toArrow"): "part of a fit: a sample of reviews teaches one process the lexicon",
    ("kgspark/extract/needs.py", "persisted"): "mentions are read for votes, supporters and rows",
    ("kgspark/extract/opinions/evaluate_polarity.py", "toArrow"): "no stage: rated reviews, learnt from in one process",
    ("kgspark/ingest/problems.py", "persisted"): "rows and rejects of a table are written from one pass",
    ("kgspark/session.py", "environ"): "PYSPARK_PYTHON must be set before the JVM starts; who starts Spark, and where",
    ("kgspark/session.py", "getOrCreate"): "this is where sessions are made",
    ("kgspark/session.py", "getActiveSession"): "kgspark.open() without a session uses the notebook's",
    ("kgspark/cli.py", "collect"): "prints at most the rows that were asked for",
    ("kgspark/releases/register.py", "collect"): "one row a release, and one a retired one",
    ("kgspark/releases/retention.py", "collect"): "no stage: one row of a table's history",
    ("kgspark/publish/", "collect"): "shows people a page of rows",
    ("kgspark/frames/lineage.py", "localCheckpoint"): "not eager: computed when its first reader is",
    ("kgspark/drift.py", "collect"): "part of a fit: as many hashes as a sketch has",
    ("kgspark/extract/attributes.py", "toArrow"): "part of a fit: the offers that a lexicon is learnt from",
    ("kgspark/embed/vectors.py", "persisted"): "vectors and failures read one embedding",
    ("kgspark/graph/co_purchase.py", "persisted"): "basket lines are read four times",
    (
        "kgspark/graph/engine_driver.py",
        "toArrow",
    ): "the driver engine holds the graph on the driver: that is its method",
    ("kgspark/graph/engine_arrow.py", "toArrow"): "looks up the seeds of personalised PageRank: a few ids",
    ("kgspark/graph/engines.py", "graphframes"): "the one module that knows GraphFrames",
    ("kgspark/graph/engines.py", "persisted"): "loops of graph algorithms materialise their rounds",
    ("kgspark/graph/engines.py", "sparkContext"): "GraphFrames is classic anyway, and needs the checkpoint folder",
    ("kgspark/graph/engines.py", "toArrow"): "one row: how many edges have both ends",
    ("kgspark/graph/metrics.py", "toArrow"): "looks up the seeds of personalised PageRank: a few ids",
    ("kgspark/graph/catalogue_facts.py", "persisted"): "values are read for nodes, edges and evidence",
    ("kgspark/graph/category_facts.py", "persisted"): "paths are read for nodes, edges and evidence",
    ("kgspark/ingest/check.py", "collect"): "no stage: a few sampled records of each source, for a person to read",
    ("kgspark/ingest/check.py", "persist"): "no stage: the sample is counted and read",
    ("kgspark/quality/", "great_expectations"): "this is the package that knows Great Expectations",
    ("kgspark/ingest/preflight.py", "collect"): "before the night: one row a file",
    ("kgspark/ingest/deliveries.py", "collect"): "before the night: one row a file",
    ("kgspark/resolve/evaluate.py", "persist"): "no stage: the offers are cleaned once and read three times",
    ("kgspark/resolve/evaluate.py", "toArrow"): "no stage: people's samples, resolved in one process",
    ("kgspark/resolve/counting.py", "toArrow"): "part of a fit: document frequencies are the matcher's tables",
    ("kgspark/resolve/spreading.py", "toArrow"): "part of a fit: the few words that have spread",
    ("kgspark/resolve/decisions.py", "collect"): "part of a fit: what people decided, by hand",
    ("kgspark/commands/resolve.py", "persist"): "no stage: the offers are read for the plan several times",
    ("kgspark/commands/resolve.py", "toPandas"): "as many rows as were asked for, for a person to fill in",
    ("kgspark/resolve/explain.py", "collect"): "no stage: a few rows about two offers",
    ("kgspark/resolve/explain.py", "persist"): "no stage: offers with their products, asked once",
    ("kgspark/resolve/explain.py", "toArrow"): "no stage: two offers",
    ("kgspark/resolve/plan.py", "collect"): "no stage: a few rows that say what resolution will cost",
    ("kgspark/resolve/plan.py", "persist"): "no stage: the sample's pairs are counted and read",
    ("kgspark/resolve/plan.py", "toArrow"): "no stage: a sample of offers and their pairs",
    (
        "kgspark/resolve/matching.py",
        "toArrow",
    ): "the fit of resolve.pairs: one process resolves what fits it, or a sample",
    ("kgspark/resolve/offers.py", "collect"): "part of a fit: one row a source",
    ("kgspark/resolve/staleness.py", "toArrow"): "part of a fit: a sample of two thousand offers",
    ("kgspark/resolve/products.py", "persisted"): "members and products are read several times",
    ("kgspark/lake/tables.py", "collect"): "one row of a table's history; a book's few rows",
    ("kgspark/lake/tables.py", "saveAsTable"): "this is where tables are written",
}


@dataclass(frozen=True)
class Finding:
    """One use of something banned."""

    path: str
    line: int
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.name}: {self.why}"


def python_files(*folders: str) -> list[Path]:
    """Python files under folders of the repository, in order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def findings(source: str, path: str) -> list[Finding]:
    """Everything in a file that a rule forbids, before the exceptions."""
    tree = ast.parse(source)
    # F.first(...).over(window): a window orders the rows, so the aggregate is not bare. udf.OUTPUT: a module, no call.
    excused = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and (node.attr == "over" or isinstance(node.value, ast.Name))
    }
    found: list[Finding] = []
    for node in ast.walk(tree):
        for name, why in _reasons(node, excused):
            found.append(Finding(path, getattr(node, "lineno", 0), name, why))
    return found


def exception_for(finding: Finding) -> tuple[str, str] | None:
    """The entry of ALLOWED that covers a finding, if one does."""
    for place, name in ALLOWED:
        if name == finding.name and (finding.path == place or (place.endswith("/") and finding.path.startswith(place))):
            return place, name
    return None


def _reasons(node: ast.AST, excused: set[int]) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Attribute) and node.attr in BANNED_NAMES and not _is_functools(node):
        yield node.attr, BANNED_NAMES[node.attr]
    elif isinstance(node, ast.Name) and node.id in BANNED_ALONE and id(node) not in excused:
        yield node.id, BANNED_ALONE[node.id]
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from _import_reasons(node)
    elif isinstance(node, ast.Call):
        yield from _call_reasons(node, excused)


def _is_functools(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in {"functools", "re"}


def _import_reasons(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for module in modules:
        top = module.split(".")[0]
        if top in BANNED_IMPORTS:
            yield top, BANNED_IMPORTS[top]
    if isinstance(node, ast.ImportFrom) and node.module == "pyspark.sql.functions":
        yield "pyspark.sql.functions", "write: from pyspark.sql import functions as F"


def _call_reasons(node: ast.Call, excused: set[int]) -> Iterator[tuple[str, str]]:
    if not isinstance(node.func, ast.Attribute):
        return
    name = node.func.attr
    owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if owner == "F" and name in BARE_AGGREGATES and id(node) not in excused:
        yield name, _UNPINNED
    if owner == "F" and name in RANDOM and not node.args:
        yield name, "unseeded; samples go by hash of id"
    if name == "join" and (len(node.args) > 1 or "on" in keywords):
        how = keywords.get("how", node.args[2] if len(node.args) > 2 else None)
        if how is None:
            yield "join", "a join says how="
        elif isinstance(how, ast.Constant) and str(how.value).startswith("right"):
            yield "join", "no right joins: they read backwards"
    if owner == "torch" and name == "load":
        yield "torch.load", "unpickles; use safetensors"
    if (
        name == "option"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == "inferSchema"
    ):
        yield "inferSchema", "types are declared, not guessed"
