"""Polarity of reviews: learnt from ratings, denials understood, and nothing of a held-out product learnt from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from kgspark.config import Config
from kgspark.errors import InputError
from kgspark.extract.opinions import evaluate_polarity as evaluation
from kgspark.extract.opinions import polarity_encoder
from kgspark.extract.opinions.polarity import Polarity

GOOD = ["love it", "great fit and soft", "so happy with this", "not bad at all, great", "perfect and soft"]
BAD = ["hate it", "poor fit and stiff", "so sad about this", "not great at all, poor", "broken and stiff"]


def _learnt(code: str, good: list[str], bad: list[str]) -> Polarity:
    texts = [text for text in (*good, *bad) for _ in range(4)]
    ratings = np.array([1.0, 0.75, 1.0, 0.75] * len(good) + [0.0, 0.25, 0.5, 0.0] * len(bad))
    return Polarity(code).fit([""] * len(texts), texts, ratings)


def test_words_tell_the_side_and_titles_count() -> None:
    model = _learnt("en", GOOD, BAD)
    assert (model.score([""] * 5, GOOD) > 0).all()
    assert (model.score([""] * 5, BAD) < 0).all()
    plain, praised, cursed = model.score(["", "great", "poor"], ["it came"] * 3)
    assert praised > plain > cursed


def test_chinese_words_tell_the_side() -> None:
    model = _learnt(
        "zh", ["质量很好，喜欢", "物流快，满意", "不错，推荐"], ["质量很差，失望", "物流慢，垃圾", "不好，后悔"]
    )
    assert (model.score(["", ""], ["很好，满意", "不错，喜欢"]) > 0).all()
    assert (model.score(["", ""], ["很差，垃圾", "不好，失望"]) < 0).all()


def test_the_same_reviews_give_the_same_scores() -> None:
    one, other = _learnt("en", GOOD, BAD), _learnt("en", GOOD, BAD)
    assert (one.score([""] * 5, GOOD) == other.score([""] * 5, GOOD)).all()


def test_an_encoder_joins_the_words() -> None:
    texts = [text for text in (*GOOD, *BAD) for _ in range(16)]
    ratings = np.array([1.0, 0.75, 1.0, 0.75] * len(GOOD) * 4 + [0.0, 0.25, 0.5, 0.0] * len(BAD) * 4)
    titles = [""] * len(texts)
    one, other = (Polarity("en", encoder=True, device="cpu").fit(titles, texts, ratings) for _ in range(2))
    kinder, harsher = one.score(["", ""], ["wonderful, delighted", "awful, disappointed"])
    assert kinder > harsher  # no word of these was learnt from
    assert (one.score([""] * 5, GOOD) > one.score([""] * 5, BAD).max()).all()
    assert (one.score([""] * 5, GOOD) == other.score([""] * 5, GOOD)).all()
    # Whatever else is asked, in whatever order.
    apart = [float(one.score([""], [text])[0]) for text in GOOD]
    assert one.score([""] * 5, GOOD) == pytest.approx(apart, abs=0.05)


def test_ratings_that_are_all_alike_teach_nothing_and_break_nothing() -> None:
    model = Polarity("en", encoder=True, device="cpu").fit([""] * 20, GOOD * 4, np.ones(20))
    assert np.isfinite(model.score(["", ""], ["great", "poor"])).all()


def test_the_encoder_reads_english_only() -> None:
    assert polarity_encoder.available("en")
    assert not polarity_encoder.available("zh")


def _rows(products: list[str | None]) -> pa.Table:
    count = len(products)
    texts = [f"{(GOOD if n % 2 else BAD)[n % 5]} {n // 2}" for n in range(count)]
    return pa.table(
        {
            "language": ["en"] * count,
            "product_source": [None if p is None else "shop" for p in products],
            "product_key": pa.array(products, pa.string()),
            "title": pa.array([None] * count, pa.string()),
            "text": texts,
            "rating": [float(n % 2) for n in range(count)],
        }
    )


@pytest.mark.parametrize("named", [True, False])
def test_a_product_or_else_a_text_is_on_one_side_only(named: bool) -> None:
    rows = _rows([f"p{n // 8}" if named else None for n in range(240)])
    by, part = evaluation._parts(rows, np.arange(240), [""] * 240, rows.column("text").to_pylist())
    keys = rows.column("product_key" if named else "text").to_pylist()
    assert by == ("product" if named else "text")
    assert len({(key, number) for key, number in zip(keys, part.tolist(), strict=True)}) == len(set(keys))
    assert len(set(part.tolist())) > 5


def test_figures_of_a_part() -> None:
    rows = _rows([f"p{n // 8}" for n in range(240)])
    (part,) = evaluation._language(rows, evaluation.Model("en"), folds=1)
    assert (part.held_out_by, part.language, part.encoder) == ("product", "en", False)
    assert part.learnt_from + part.judged == 240
    assert part.accuracy == part.auc == 1.0
    report = evaluation.Report((part, part), seconds=1.0)
    assert report.record()["accuracy"] == 1.0
    assert "AUC 1.0000" in evaluation.lines(report)[0]
    assert "en, by words" in evaluation.lines(report)[0]
    assert "en, with the encoder" in evaluation.lines(evaluation.Report((replace(part, encoder=True),), 1.0))[0]
    assert evaluation._language(rows, evaluation.Model("zh"), folds=1) == []


def test_sources_without_both_sides_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Frame:
        def where(self, _: str) -> Frame:
            return self

        def select(self, *_: str) -> Frame:
            return self

        def toArrow(self) -> pa.Table:  # noqa: N802 - Spark's name
            return _rows([None] * 4).filter([False] * 4)

    monkeypatch.setattr(evaluation, "reviews_of", lambda *_: Frame())
    with pytest.raises(InputError, match="no language with reviews for and against"):
        evaluation.evaluate(None, [], Config(), 1)  # type: ignore[arg-type]
