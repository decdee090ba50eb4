"""A tiny random encoder, made once: fast enough to embed in every test, and a second model beside the packaged one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kgspark.embed import vectors
from kgspark.embed.settings import EmbedSettings

# fmt: off
WORDS = ["apple", "iphone", "silver", "gold", "black", "64gb", "128gb", "case", "cover", "samsung", "galaxy", "tv",
         "55", "inch", "dog", "food", "chicken", "12kg", "a", "b", "c"]
# fmt: on


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """BERT of two layers over a few words, pooled by its first token, texts cut at 8 tokens, lower-cased."""
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny-bert")


def save_tiny_model(folder: Path) -> Path:
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    # Case is kept by the tokenizer, so that the model's own lower-casing shows.
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=False)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(folder)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    listing = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(modules)
    ]
    write_json(folder / "modules.json", listing)
    write_json(folder / "1_Pooling/config.json", {"word_embedding_dimension": 16, "pooling_mode_cls_token": True})
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 8, "do_lower_case": True})
    write_json(folder / "2_Normalize/config.json", {})
    return folder


def write_json(file: Path, content: object) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "embedded_relations", lambda: ("bought_with",))


@pytest.fixture
def uncached(spark: SparkSession) -> Iterator[None]:
    yield
    spark.catalog.clearCache()


@pytest.fixture
def cfg(tiny_model: Path) -> EmbedSettings:
    return EmbedSettings(model=str(tiny_model), precision="fp32", device="cpu", partitions=2)
