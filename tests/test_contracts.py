"""Nothing half there: a stage without schema, test or job, a column without meaning, a setting without a comment."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from kgspark import config
from kgspark.schema import load_tables, table
from kgspark.session import read_conf
from tests.house_rules import ROOT, python_files

JOBS = sorted((ROOT / "jobs").glob("*.py"))
CONFS = {name: ROOT / f"conf/spark/{name}.conf" for name in ("local", "cpu", "gpu")}
MAX_JOB_LINES = 40
# Numbers whose unit cannot be one word, with the reason.
WITHOUT_UNIT = {
    ("graph.edges", "weight"): "differs by relation; ontology.yaml says what it counts",
    ("graph.node_metrics", "pagerank"): "a share of the whole graph, as its meaning says",
    ("graph.node_metrics", "pagerank_weighted"): "a share of the whole graph, as its meaning says",
}


def job_prefixes(job: Path) -> tuple[str, ...] | None:
    """What a job passes as ``only``: the beginnings of the stages it runs; None runs all."""
    for node in ast.walk(ast.parse(job.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "only":
            return tuple(ast.literal_eval(node.value))
    return None


def test_every_stage_writes_declared_tables_and_reads_written_ones() -> None:
    from kgspark.pipeline import DECISIONS, PREVIOUS, RAW, STAGES

    written: set[str] = set()
    for stage in STAGES:
        for name in stage.reads:
            if name not in (RAW, DECISIONS) and not name.endswith(PREVIOUS):
                assert name in written, f"{stage.name} reads {name} before any stage writes it"
        for name in stage.writes:
            assert table(name).name == name
            assert name not in written, f"two stages write {name}"
        written |= set(stage.writes)
    declared = {name for name in load_tables() if not name.startswith(("ops.", "*"))}
    assert declared == written


def test_a_stage_built_by_key_finds_its_key_in_every_table() -> None:
    from kgspark.nightly.by_key import bridge_of
    from kgspark.pipeline import PREVIOUS, STAGES, Stage

    for stage in (stage for stage in STAGES if stage.by):
        assert stage.mode == "rows", f"{stage.name} names its key and is not built by it"
        rejected = [name + "_rejected" for name in stage.writes if table(name).rejected]
        for name in (*stage.writes, *rejected):
            assert stage.part is not None or set(stage.by) <= set(table(name).column_names)
        for name in (name for name in stage.reads if not name.endswith(PREVIOUS)):
            if not set(stage.by) <= set(table(name).column_names):
                bridge, link = bridge_of(stage, name)
                assert set(link) <= set(table(name).column_names) & set(table(bridge).column_names)
    lost = Stage("lost", ("graph.nodes",), ("silver.products",), dict, "reconcile", "rows", by=("product_id",))
    with pytest.raises(ValueError, match=r"leads from graph\.nodes to product_id"):
        bridge_of(lost, "graph.nodes")


def test_every_stage_has_a_test() -> None:
    from kgspark.pipeline import STAGES

    # kgspark/ingest/offers.py is tested by tests/ingest/test_offers.py, or test_offers_<what>.py where it grew long.
    without = []
    for stage in STAGES:
        package, module = stage.build.__module__.removeprefix("kgspark.").rsplit(".", 1)
        if not list((ROOT / "tests" / package.replace(".", "/")).glob(f"test_{module}*.py")):
            without.append(stage.name)
    assert without == []


def test_every_stage_has_one_job() -> None:
    from kgspark.pipeline import STAGES

    steps = [prefixes for job in JOBS if (prefixes := job_prefixes(job)) is not None]
    for stage in STAGES:
        runs = [prefixes for prefixes in steps if stage.name.startswith(prefixes)]
        assert len(runs) == 1, f"{stage.name} is run by {len(runs)} of the jobs"
    order = [next(i for i, p in enumerate(steps) if stage.name.startswith(p)) for stage in STAGES]
    assert order == sorted(order), "the jobs' numbers do not follow the stages"


def test_jobs_are_short() -> None:
    assert [job.name for job in JOBS if len(job.read_text(encoding="utf-8").splitlines()) > MAX_JOB_LINES] == []


@pytest.mark.parametrize("name", sorted(load_tables()))
def test_a_table_says_what_it_is(name: str) -> None:
    contract = load_tables()[name]
    assert len(contract.meaning) > 10
    columns = {column.name: column for column in contract.columns}
    assert len(columns) == len(contract.columns), "a column is declared twice"
    assert contract.key, "a table has a key"
    for key in contract.key:
        assert not columns[key].nullable, f"{key} is of the key and may be null"
    assert [c.name for c in contract.columns if len(c.meaning.strip()) < 3] == []
    assert [c.name for c in contract.columns if not re.fullmatch(r"[a-z][a-z0-9_]*", c.name)] == []
    # Without a unit a number is a guess; ids and keys have none.
    measured = [c for c in contract.columns if c.type.startswith(("double", "decimal", "timestamp"))]
    assert [c.name for c in measured if c.unit is None and (name, c.name) not in WITHOUT_UNIT] == []


@pytest.mark.parametrize("name", sorted(load_tables()))
def test_a_foreign_key_leads_somewhere(name: str) -> None:
    for reference in load_tables()[name].gate.references:
        target = table(reference.table)
        assert set(reference.to) <= set(target.column_names)
        assert set(reference.columns) <= set(load_tables()[name].column_names)
        assert len(reference.columns) == len(reference.to)


def test_every_rule_that_sets_records_aside_is_declared() -> None:
    (expected,) = table("silver.offers_rejected").gate.expect
    declared = expected["expect_column_values_to_be_in_set"]["value_set"]
    said, literals = set(), set()
    for path in python_files("kgspark"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                literals.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                # when(condition, RULE) of ingest/problems.py and Framed(payload, raw, RULE) of the framers
                place = {"when": 1, "Framed": 2}.get(node.func.id)
                rule = node.args[place] if place and len(node.args) > place else None
                said |= {rule.value} if isinstance(rule, ast.Constant) else set()
    assert len(said) > 8
    assert said <= set(declared)
    assert set(declared) <= literals, "a rule that nothing breaks any more"


def settings_keys(model: type[BaseModel]) -> dict[str, Any]:
    """Names of a settings class; blocks as dictionaries of theirs."""
    keys: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        block = field.annotation
        is_block = isinstance(block, type) and issubclass(block, BaseModel)
        keys[name] = settings_keys(block) if is_block else None  # type: ignore[arg-type]
    return keys


def yaml_keys(value: Any, keys: dict[str, Any]) -> dict[str, Any]:
    """The same shape out of the YAML; what is no block there ends the walk."""
    return {name: yaml_keys(value[name], keys[name]) if keys.get(name) else None for name in value}


def test_base_yaml_names_every_setting_with_its_default() -> None:
    from kgspark.config import Config

    values = yaml.safe_load((ROOT / "conf/base.yaml").read_text(encoding="utf-8"))
    assert yaml_keys(values, settings_keys(Config)) == settings_keys(Config)
    assert Config.model_validate(values) == Config()


def test_every_key_of_base_yaml_has_a_comment() -> None:
    lines = (ROOT / "conf/base.yaml").read_text(encoding="utf-8").splitlines()
    silent = []
    for number, line in enumerate(lines):
        before = lines[number - 1].strip() if number else ""
        is_key = re.match(r" *[a-z_]+:", line)
        if is_key and "#" not in line and not before.startswith("#"):
            silent.append(line.strip())
    assert silent == []


def test_every_setting_says_what_it_is() -> None:
    from kgspark.config import Config

    def silent(model: type[BaseModel], path: str = "") -> list[str]:
        found = []
        for name, field in model.model_fields.items():
            block = field.annotation
            if isinstance(block, type) and issubclass(block, BaseModel):
                found += silent(block, f"{path}{name}.")
            elif not field.description:
                found.append(path + name)
        return found

    assert silent(Config) == []


@pytest.mark.parametrize("name", CONFS)
def test_every_spark_setting_has_its_reason(name: str) -> None:
    """Above each setting, or above the group it stands in, is a comment that gives the reason."""
    reasoned = False
    for line in CONFS[name].read_text(encoding="utf-8").splitlines():
        if line.startswith("# ---") or not line.strip():
            reasoned = False
        elif line.startswith("#"):
            reasoned = True
        else:
            assert reasoned or line.startswith(("spark.sql.extensions", "spark.sql.catalog")), line


def test_spark_settings_agree() -> None:
    local, cpu, gpu = (read_conf(path) for path in CONFS.values())
    for key in ("jars.packages", "jars.excludes", "sql.session.timeZone", "sql.ansi.enabled", "sql.broadcastTimeout"):
        assert local[f"spark.{key}"] == cpu[f"spark.{key}"] == gpu[f"spark.{key}"]
    differing = {key for key in cpu if gpu.get(key) != cpu[key]}
    assert differing == {"spark.sql.execution.arrow.maxRecordsPerBatch"}, "gpu.conf repeats cpu.conf and adds the GPU"


def test_jars_and_packages_are_of_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = dict(requirement.split("==") for requirement in project["optional-dependencies"]["spark"])
    packages = dict(p.rsplit(":", 1) for p in read_conf(CONFS["local"])["spark.jars.packages"].split(","))
    assert packages["io.delta:delta-spark_4.1_2.13"] == pinned["delta-spark"]
    assert pinned["pyspark"].startswith("4.1.")


def test_there_is_a_test_folder_for_every_package() -> None:
    packages = {path.parent.name for path in python_files("kgspark") if path.parent.parent == ROOT / "kgspark"}
    assert [name for name in sorted(packages) if not list((ROOT / "tests" / name).glob("test_*.py"))] == []


def test_the_databricks_bundle_runs_the_night_with_the_tested_packages() -> None:
    bundle = yaml.safe_load((ROOT / "databricks.yml").read_text(encoding="utf-8"))
    job = bundle["resources"]["jobs"]["nightly"]
    (task,) = job["tasks"]
    (cluster,) = job["job_clusters"]
    assert task["job_cluster_key"] == cluster["job_cluster_key"]
    script = task["spark_python_task"]
    assert (ROOT / script["python_file"]).is_file()
    assert script["parameters"][:2] == ["--config", "${workspace.file_path}/conf/databricks.yaml"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = {name for extra in project["optional-dependencies"].values() for name in extra} | {*project["dependencies"]}
    assert {library["pypi"]["package"] for library in task["libraries"] if "pypi" in library} <= known


def test_the_databricks_configuration_loads_with_what_the_bundle_sets() -> None:
    bundle = yaml.safe_load((ROOT / "databricks.yml").read_text(encoding="utf-8"))
    (cluster,) = bundle["resources"]["jobs"]["nightly"]["job_clusters"]
    environ = {**cluster["new_cluster"]["spark_env_vars"], "KGSPARK_CATALOG": "main", "KGSPARK_HOME": "/files"}
    loaded = config.load(ROOT / "conf/databricks.yaml", environ)
    assert loaded.catalog.name == "main"
    assert loaded.sources == ("/files/conf/sources/mine/*.yaml",)
    assert loaded.spark.properties_file is None
    used = {name for name in bundle["variables"] if f"${{var.{name}}}" in str(cluster)}
    assert used == set(bundle["variables"])
