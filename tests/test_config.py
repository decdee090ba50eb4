"""Configuration: base below file, variables, and mistakes named with their remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgspark import config
from kgspark.errors import InputError


def _load(folder: Path, text: str, environ: dict[str, str] | None = None) -> config.Config:
    file = folder / "night.yaml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, environ or {})


def test_a_file_lies_on_top_of_base_key_by_key(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("lake: below\nresolve: {max_offers_per_mpn: 6, mpn_confidence: 0.8}\n")
    cfg = _load(tmp_path, "resolve: {max_offers_per_mpn: 5}\n")
    assert (cfg.lake, cfg.resolve.max_offers_per_mpn, cfg.resolve.mpn_confidence) == ("below", 5, 0.8)


def test_variables_come_from_the_environment_that_is_passed_in(tmp_path: Path) -> None:
    cfg = _load(tmp_path, "lake: ${ROOT}/lake\nsources: ['${ROOT}/a.yaml']\n", {"ROOT": "s3a://bucket"})
    assert (cfg.lake, cfg.sources) == ("s3a://bucket/lake", ("s3a://bucket/a.yaml",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lak: x\n", "lak is not a known key; did you mean lake?"),
        ("embed: {modle: x}\n", "embed.modle is not a known key; did you mean model?"),
        ("resolve: {max_offers_per_mpn: many}\n", "resolve.max_offers_per_mpn is 'many'"),
        ("lake: ${NOWHERE}/x\n", r"uses \$\{NOWHERE\}, which is not set; export NOWHERE"),
        ("lake: [\n", "is not YAML"),
        ("", "holds no settings"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        _load(tmp_path, text)


def test_a_missing_file_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read .*pass --config"):
        config.load(tmp_path / "none.yaml", {})


def test_equal_settings_have_equal_fingerprints_whatever_their_order(tmp_path: Path) -> None:
    one = _load(tmp_path, "lake: x\nresolve: {max_offers_per_mpn: 5, mpn_confidence: 0.8}\n")
    same = _load(tmp_path, "resolve: {mpn_confidence: 0.8, max_offers_per_mpn: 5}\nlake: x\n")
    other = _load(tmp_path, "lake: x\n")
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_where_things_lie_and_how_spark_runs_decide_no_row(tmp_path: Path) -> None:
    one = _load(tmp_path, "lake: build/lake\n")
    elsewhere = _load(tmp_path, f"lake: {tmp_path}/build/lake\nspark: {{settings: {{spark.driver.memory: 8g}}}}\n")
    assert one.fingerprint == elsewhere.fingerprint
