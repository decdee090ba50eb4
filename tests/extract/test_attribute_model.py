"""The reader of named attributes: what it learns, how it answers, and how that is scored."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kgspark.errors import InputError
from kgspark.extract.trained import attribute_model, evaluate_attributes
from kgspark.extract.trained.answers import Answers, Counts, Question
from kgspark.extract.trained.benchmark_files import Item, read
from kgspark.extract.trained.evaluate_attributes import Asked, Report, Score
from kgspark.extract.trained.span_features import describe
from kgspark.extract.values.written_forms import FORMS, written_as

COLOURS, THINGS = ("red", "navy blue", "green", "black"), ("shirt", "hat", "scarf", "coat", "sock")


def _items(count: int = 60) -> list[Item]:
    """Titles of one make; every seventh names no colour, and weight is written in grams where the title has kilos."""
    items = []
    for n in range(count):
        colour, thing = COLOURS[n % 4], THINGS[n % 5]
        title = f"{thing} {n % 9 + 1} kg" if n % 7 == 0 else f"Acme {colour} {thing} {n % 9 + 1} kg"
        answers = {"Colour": frozenset() if n % 7 == 0 else frozenset({colour})}
        items.append(Item((title,), "Clothes", answers | {"Weight": frozenset({f"{(n % 9 + 1) * 1000}"})}))
    return items


def test_it_answers_what_it_was_taught() -> None:
    model = attribute_model.fit(_items(), tagger=False)
    answers = model.answers(("ACME Navy Blue sock 4 kg",), "Clothes", ["Colour", "Weight", "Flavour"])
    assert answers["Colour"].value == "navy blue"
    assert answers["Colour"].place == (0, 5, 14)
    assert answers["Weight"].value == "4000"
    assert answers["Flavour"].value is None
    assert model.answers(("coat 2 kg",), "Clothes", ["Colour"])["Colour"].value is None
    assert model.answers(("", ""), "", ["Colour"])["Colour"].value is None


def test_the_same_items_give_the_same_model() -> None:
    one, other = (attribute_model.fit(_items(20), tagger=False) for _ in range(2))
    assert np.array_equal(one.spans.weights, other.spans.weights)


def test_forms_and_lists_are_learnt() -> None:
    titles = [["Seagate 500GB drive"], ["WD 2TB disk"], ["WD 500 GB"], ["disk"]]
    texts = [describe(title, "") for title in titles]
    answers = [("500 gigabytes", "storage"), ("2 terabytes", "storage"), ("500 gigabytes", "storage"), ("", "storage")]
    questions = [
        question
        for n, (size, kind) in enumerate(answers)
        for question in (
            Question(n, "Capacity", frozenset({size} if size else ())), Question(n, "Kind", frozenset({kind}))
        )
    ]  # fmt: skip
    learnt = Answers.learn(texts, questions)
    assert learnt.forms == {"Capacity": "bytes"}
    assert learnt.lists == {"Kind": ("storage",)}
    assert not learnt.reads_spans("Kind")
    assert learnt.reads_spans("never asked")


def test_counts_leave_the_question_itself_out() -> None:
    texts = [describe(["red"], ""), describe(["red"], "")]
    questions = [Question(0, "Colour", frozenset({"red"})), Question(1, "Colour", frozenset())]
    counts = Counts.of(texts, questions)
    mine, other = (counts.known(texts[0], question, own=True)[0, 0] for question in questions)
    asked = counts.known(texts[0], Question(0, "Colour"), own=False)[0, 0]
    # Without itself the first saw "red" once and wrong; the second once and right; a stranger twice, once right.
    assert len({mine, other, asked, 0}) == 4


@pytest.mark.parametrize(
    ("form", "value", "written"),
    [
        ("as it stands", "navy blue", "navy blue"),
        ("without separators", "wh-1000 xm4", "wh1000xm4"),
        ("centimetres", '4-7/8"', "12.4"), ("centimetres", "47 1/4", "120.0"), ("centimetres", "164 ft", "4998.7"),
        ("centimetres", "5 kg", None),
        ("grams", "12 oz", "340"), ("kilograms", "20-lb.", "9.1"),
        ("count", "1,000/box", "1000"), ("count", "2.5 l", None),
        ("thousands", "10k", "10000"), ("thousands", "7200rpm", "7200"),
        ("bytes", "750-gb", "750 gigabytes"),
        ("maker of the UPC", "085227933386", "85227"), ("maker of the UPC", "085", None),
    ],
)  # fmt: skip
def test_written_forms(form: str, value: str, written: str | None) -> None:
    assert form in FORMS
    assert written_as([value], form) == [written]


def test_scores_by_hand() -> None:
    asked = [
        Asked("Colour", frozenset({"red"}), "red", 0.9, 100),
        Asked("Colour", frozenset({"red", "rose"}), "blue", 0.6, 100),
        Asked("Colour", frozenset(), "blue", 0.7, 100),
        Asked("Colour", frozenset({"red"}), None, 0.8, 100),
        Asked("Size", frozenset({"xl"}), "xl", 0.95, 3),
        Asked("Size", frozenset(), None, 0.9, 3),
        Asked("Kind", frozenset(), None, 0.9, 0),
    ]
    score = Score.of(asked)
    assert (score.right, score.answered, score.answerable) == (2, 4, 4)
    assert (score.precision, score.recall, score.f1) == (0.5, 0.5, 0.5)
    report = Report(tuple(asked), 1, 1, 1)
    assert report.macro_f1() == pytest.approx((1 / 3 + 1) / 2)  # Kind has nothing to find
    assert {name: band.answerable for name, band in report.by_band().items()} == {"0-9": 1, "10-99": 0, "100+": 3}
    assert Score.of([]).f1 == 0


def _line(**fields: Any) -> str:
    return json.dumps({"category": "Shirts"} | fields)


def test_both_formats_are_read(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl.gz"
    scores = {"Colour": {"Red ": 1}, "Size": {"n/a": 1}}
    pave = {"Colour": {"Navy  Blue": {"pid": [0], "score": 1}, "blue": {"pid": [1], "score": 1}}}
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.write(_line(input="Red shirt", target_scores=scores) + "\n\n")
        out.write(_line(input_title="Navy Blue", input_description=None, target_scores=pave) + "\n")
    assert read(file) == [
        Item(("Red shirt",), "Shirts", {"Colour": frozenset({"red"}), "Size": frozenset()}),
        Item(("Navy Blue", ""), "Shirts", {"Colour": frozenset({"navy blue", "blue"})}),
    ]


@pytest.mark.parametrize(
    "line", ["{", "[]", _line(input="x"), _line(target_scores={}), _line(input="x", target_scores=3)]
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(_line(input="x", target_scores={}) + "\n" + line + "\n")
    with pytest.raises(InputError, match=r"x\.jsonl, line 2 is no labelled text"):
        read(file)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none.jsonl")
    (tmp_path / "x.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "x.gz")


def test_folds_and_a_test_file(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    rows = [
        _line(
            input=item.parts[0], target_scores={a: dict.fromkeys(v, 1) or {"n/a": 1} for a, v in item.answers.items()}
        )
        for item in _items(40)
    ]
    file.write_text("\n".join(rows))
    folded = evaluate_attributes.evaluate(file, None, 2, tagger=False)
    assert len(folded.asked) == 80
    assert Score.of(folded.asked).f1 > 0.9
    tested = evaluate_attributes.evaluate(file, file, 5, tagger=False)
    assert len(tested.asked) == 80
    assert json.loads(json.dumps(tested.record()))["micro"]["answerable"] == 74
    assert any(line.startswith("micro") for line in evaluate_attributes.lines(tested))
    file.write_text(rows[0])
    with pytest.raises(InputError, match="too few texts"):
        evaluate_attributes.evaluate(file, None, 5)
