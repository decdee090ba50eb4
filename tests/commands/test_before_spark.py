"""What a person reads without waiting for Spark: mistakes in what they wrote, and a lake without a release."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from kgspark.cli import app
from kgspark.commands import configured
from kgspark.errors import InputError

CONFIG = """
lake: {lake}
sources: ["{folder}/shop.yaml"]
privacy: {{key_file: {folder}/key}}
spark: {{properties_file: null, settings: {{spark.master: "local[2]"}}}}
"""
SHOP = "name: shop\npath: {path}\nformat: csv\nemits: {{catalogue: {{key: id, columns: {{title: name}}}}}}\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration that is right, beside a Spark that must not start."""

    def started(*arguments: Any) -> None:
        raise AssertionError("Spark was started")

    monkeypatch.setattr(configured, "session", started)
    for variable in ("HADOOP_CONF_DIR", "SPARK_REMOTE", "PYSPARK_GATEWAY_PORT"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "offers.csv").write_text("id,name\n1,pen\n")
    (tmp_path / "key").write_text("k" * 64)
    (tmp_path / "shop.yaml").write_text(SHOP.format(path=tmp_path / "offers.csv"))
    file = tmp_path / "mine.yaml"
    file.write_text(CONFIG.format(lake=tmp_path / "lake", folder=tmp_path))
    return file


def run(*arguments: object) -> None:
    app([str(argument) for argument in arguments], standalone_mode=False)


def test_a_night_that_is_right_gets_as_far_as_spark(config: Path) -> None:
    with pytest.raises(AssertionError, match="Spark was started"):
        run("nightly", "-c", config)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--date", "2026-13-01"), "--date 2026-13-01 is not a date"),
        (("--on-failure", "no-such-command-anywhere -s x"), "there is no command no-such-command-anywhere"),
        (("--on-failure", "mail 'x"), "cannot be read"),
        (("--dry-run", "--date", "yesterday"), "is not a date"),
    ],
)
def test_a_wrong_option_of_a_night(config: Path, options: tuple[str, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        run("nightly", "-c", config, *options)


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("mine.yaml", "lake: [", "is not YAML"),
        ("mine.yaml", "sources: []\nspark: {properties_file: null}", "names no source"),
        ("mine.yaml", CONFIG + "resolve: {{decisions: nowhere.csv}}\n", "resolve.decisions nowhere.csv cannot be read"),
        ("shop.yaml", SHOP.format(path="nowhere/*.csv"), "Source shop: no file at nowhere"),
        ("key", "", "No key for shopper pseudonyms"),
    ],
)
def test_a_mistake_in_a_file_of_a_night(config: Path, dry: tuple[str, ...], file: str, text: str, told: str) -> None:
    (config.parent / file).write_text(text.format(lake="nowhere", folder=config.parent) if "{folder}" in text else text)
    with pytest.raises(InputError, match=told):
        run("nightly", "-c", config, *dry)


def test_files_that_only_the_cluster_can_see_are_left_to_it(config: Path) -> None:
    (config.parent / "shop.yaml").write_text(SHOP.format(path="nowhere/*.csv"))
    config.write_text(config.read_text().replace("local[2]", "spark://elsewhere:7077"))
    with pytest.raises(AssertionError, match="Spark was started"):
        run("nightly", "-c", config)


def test_steps_that_no_stage_is_called_like(config: Path) -> None:
    with pytest.raises(InputError, match=r"No stage is called ingets\.; there are ingest\.records"):
        configured.run_configured(config, datetime.date(2026, 1, 2), {}, only=("ingets.",))


@pytest.mark.parametrize(
    "command",
    [
        ("releases",),
        ("show", "pen"),
        ("sql", "select 1"),
        ("rollback", "r1"),
        ("releases", "vacuum", "--keep", "1"),
        ("id", "product/1"),
        ("facts", "offer/1"),
        ("erase", "--shopper", "u1"),
        ("resolve", "review"),
    ],
)
def test_a_lake_without_a_release_is_told_at_once(config: Path, command: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="holds no release; run 'kgspark nightly' first, or check the path"):
        run(*command, "-c", config)


def test_whom_to_erase_is_asked_first(config: Path) -> None:
    config.write_text("lake: nowhere\n")
    (config.parent / "none.txt").write_text("\n \n")
    for options in ((), ("--file", config.parent / "none.txt")):
        with pytest.raises(InputError, match=r"No raw shopper id was given: .*--shopper ID, or --file"):
            run("erase", "-c", config, *options)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("releases", "tag", "r1", "a/b"), "is no name for a tag"),
        (("audit", "--sample", "3", "--out", "new.csv", "--relation", "hsa_brand"), "is no relation"),
    ],
)
def test_wrong_names(config: Path, command: tuple[str, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        run(*command, "-c", config)
