"""The span tagger: it learns where values stand, knows when there is none, and is kept without its encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from kgspark.errors import InputError
from kgspark.extract.trained import attribute_model, attribute_store, span_model, tagger_training
from kgspark.extract.trained.answers import Answers, Question
from kgspark.extract.trained.attribute_model import AttributeModel
from kgspark.extract.trained.benchmark_files import Item
from kgspark.extract.trained.span_features import Spans, describe
from kgspark.extract.trained.tagger import Tagger

TEXTS = [
    ["red cotton shirt for men"],
    ["blue silk dress for women", "made of fine silk"],
    ["green wool hat for men", ""],
    ["", "shirt"],
]
COLOURS, MATERIALS = ["red", "blue", "green", None], ["cotton", "silk", "wool", None]


def _questions() -> list[Question]:
    return [
        Question(text, name, frozenset({values[text % 4]} - {None}))  # type: ignore[arg-type]
        for text in range(len(TEXTS) * 4)
        for name, values in (("colour", COLOURS), ("material", MATERIALS))
    ]


@pytest.fixture(scope="module")
def spans() -> list[Spans]:
    return [describe(parts, "") for parts in TEXTS * 4]


@pytest.fixture(scope="module")
def tagger(spans: list[Spans]) -> Tagger:
    torch.set_num_threads(1)
    asked = _questions()
    return tagger_training.fit(TEXTS * 4, spans, asked, Answers.learn(spans, asked), epochs=24)


@pytest.mark.parametrize("text", range(4))
def test_it_finds_what_it_was_taught(tagger: Tagger, spans: list[Spans], text: int) -> None:
    [scores] = tagger.span_scores(tagger.lower([TEXTS[text]], [spans[text]]), [["colour", "material"]])
    assert np.exp(scores).sum(axis=1) == pytest.approx([1, 1])
    values = [*spans[text].values, None]
    assert [values[at] for at in scores.argmax(axis=1)] == [COLOURS[text], MATERIALS[text]]


def test_texts_asked_together_are_answered_as_alone(tagger: Tagger, spans: list[Spans]) -> None:
    asked = [["material", "colour"], ["colour"], [], ["taste", "material", "colour"]]
    together = tagger.span_scores(tagger.lower(TEXTS, spans[:4]), asked)
    assert together[2].shape == (0, len(spans[2].values) + 1)
    exact = tagger.device.type == "cpu"
    for text, names, scores in zip(range(4), asked, together, strict=True):
        alone = tagger.span_scores(tagger.lower([TEXTS[text]], [spans[text]]), [names])[0]
        np.testing.assert_allclose(scores, alone, atol=0 if exact else 0.1)


def test_padded_batches_answer_alike(tagger: Tagger, spans: list[Spans], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [["colour", "material"]] * 4
    alone = tagger.span_scores(tagger.lower(TEXTS, spans[:4]), asked)
    # What a GPU does: all texts in one batch.
    monkeypatch.setattr(Tagger, "_batches", lambda _, lengths, __: iter([np.argsort(lengths).tolist()]))
    together = tagger.span_scores(tagger.lower(TEXTS, spans[:4]), asked)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(np.exp(one), np.exp(other), atol=0.02)


def _model(tagger: Tagger, spans: list[Spans]) -> AttributeModel:
    return AttributeModel(span_model.fit(spans, _questions()), tagger)


def test_it_is_kept_and_read_back(tagger: Tagger, spans: list[Spans], tmp_path: Path) -> None:
    model = _model(tagger, spans)
    folder = attribute_store.save(model, str(tmp_path), "a test", {"texts": 16})
    again = attribute_store.load(folder)
    asked = (TEXTS[1], "", ["colour", "material", "taste"])
    assert again.answers(*asked) == model.answers(*asked)
    assert again.answers(*asked)["material"].value == "silk"
    assert attribute_store.save(again, str(tmp_path), "again", {}) == folder
    alone = attribute_store.save(AttributeModel(model.spans), str(tmp_path), "a test", {})
    assert attribute_store.load(alone).tagger is None
    weights = Path(folder, "tagger.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(InputError, match="does not hold what its manifest says"):
        attribute_store.load(folder)
    with pytest.raises(InputError, match="is no attribute_model"):
        attribute_store.load(str(tmp_path / "nowhere"))


def test_another_encoder_is_refused(
    tagger: Tagger, spans: list[Spans], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = attribute_store.save(_model(tagger, spans), str(tmp_path), "a test", {})
    monkeypatch.setattr("kgspark.extract.trained.tagger.FROZEN_LAYERS", 2)
    with pytest.raises(InputError, match="another encoder or format"):
        attribute_store.load(folder)


def test_a_text_longer_than_the_tagger_reads(tagger: Tagger) -> None:
    parts = ["word " * 400 + "red"]
    long = describe(parts, "")
    [scores] = tagger.span_scores(tagger.lower([parts], [long]), [["colour"]])
    assert np.isfinite(scores).all()


@pytest.mark.slow
def test_it_stands_beside_the_span_model() -> None:
    colours = ("red", "navy blue", "green", "black")
    items = [
        Item((f"Acme {colours[n % 4]} shirt {n}",), "", {"Colour": frozenset({colours[n % 4]})}) for n in range(16)
    ] + [Item((f"Acme shirt {n}",), "", {"Colour": frozenset()}) for n in range(8)]
    model = attribute_model.fit(items, tagger=True)
    answers = model.answers(("Acme navy blue shirt 77",), "", ["Colour", "Taste"])
    assert (answers["Colour"].value, answers["Taste"].value) == ("navy blue", None)
    assert model.answers(("Acme shirt 77",), "", ["Colour"])["Colour"].value is None
