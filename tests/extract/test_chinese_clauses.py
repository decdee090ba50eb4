"""Chinese clause by clause: topics, whole predicates, contrasts, and what they teach; made-up reviews of a lamp."""

from __future__ import annotations

import pytest
from scipy.stats import norm

from kgspark.extract.opinions.chinese_clauses import clauses, contrasted, opposites, predicates, together
from kgspark.extract.opinions.chinese_words import is_closed, is_noun, may_judge, needs_degree
from kgspark.extract.opinions.grow_opinions import grow
from kgspark.extract.opinions.heard import heard_slots
from kgspark.extract.opinions.opinion_reader import mentions
from kgspark.extract.opinions.opinion_words import language
from kgspark.extract.opinions.review_tokens import tokens

ZH = language("zh")


def _whole(text: str) -> list[tuple[str, str, bool]]:
    return [(one.phrases[0], one.word, one.slot.denied) for one in predicates(0, tokens(text, "zh"), ZH)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("个人觉得底座东倒西歪。", ("底座", "东倒西歪", False)),
        ("虽然灯罩:一碰就碎，不过便宜", ("灯罩", "一碰就碎", False)),
        ("底座并不东倒西歪", ("底座", "东倒西歪", True)),
        ("底座真的东倒西歪了！", ("底座", "东倒西歪", False)),
    ],
)
def test_what_follows_a_topic_is_its_predicate(text: str, said: tuple[str, str, bool]) -> None:
    assert said in _whole(text)


def test_what_is_no_predicate() -> None:
    # What a verb is about; nobody's; no predicate.
    for text in ("期待您的再次光临", "下次会继续购买", "我东倒西歪", "底座"):
        assert _whole(text) == [], text


def test_a_known_opinion_keeps_its_own_topic() -> None:
    assert _whole("送货小哥很不错") == [("送货小哥", "不错", False)]


def test_clauses_against_the_one_before() -> None:
    def against(text: str) -> list[bool]:
        return [clause.against for clause in clauses(tokens(text, "zh"))]

    assert against("灯罩很好，但是底座很差") == [False, True]
    assert against("虽然灯罩很好，底座很差。底座很差") == [False, True, False]
    assert against("灯罩很好。但是底座很差，灯罩：很好") == [False, False, False]


def _votes(*texts: str) -> int:
    cuts = [tokens(text, "zh") for text in texts]
    heard = [one for n, cut in enumerate(cuts) for one in (*heard_slots(n, cut, ZH), *predicates(n, cut, ZH))]
    return contrasted(opposites(heard, cuts), {"失灵": -1.0, "漂亮": 1.0})["东倒西歪"]


def test_what_stands_against_a_complaint_praises() -> None:
    assert _votes("开关失灵，但是灯罩东倒西歪") == 1
    assert _votes("开关并不失灵，但是灯罩东倒西歪") == -1
    assert _votes("开关失灵，但是灯罩并不东倒西歪") == -1


def test_a_contrast_votes_once_however_often_its_words_are_heard() -> None:
    # 失灵 is heard as a seed and as a predicate, of one topic and of two; the second review is a copy of the first.
    text = "客厅开关很失灵，但是客厅灯罩很东倒西歪"
    assert _votes(text, text) == 1
    assert _votes(text, "开关失灵，但是底座东倒西歪") == 2
    assert _votes("开关失灵包装漂亮，但是灯罩东倒西歪") == 0


def test_ratings_and_contrasts_as_one() -> None:
    assert together(2.0, 0) == pytest.approx(2.0)
    assert together(0.0, 0) == 0
    assert together(-1.0, -1) < -1.0 < together(-1.0, 1) < 0.5
    # SciPy's normal distribution as the oracle: the posterior of a sign that ratings and two witnesses tell.
    odds = norm.cdf(1.0) / norm.cdf(-1.0) * (0.8 / 0.2) ** 2
    assert together(1.0, 2) == pytest.approx(norm.ppf(odds / (1 + odds)))


def test_votes_that_agree_never_weaken_what_thousands_of_ratings_say() -> None:
    assert 30.0 < together(30.0, 99) < 31.0
    assert 29.0 < together(30.0, -99) < 30.0
    assert together(-1e3, -1) < -1e3


def test_a_dictionary_is_overruled_by_ratings_and_degrees() -> None:
    assert not may_judge("标准", set(), ZH, surely=False)
    assert may_judge("标准", set(), ZH, surely=True)
    assert not may_judge("灯罩好看", {"灯罩"}, ZH, surely=True)
    assert needs_degree("标准", ZH)
    assert not needs_degree("粗糙", ZH)
    assert is_noun("灯罩")
    assert not is_noun("抵制")
    assert is_closed("下次还会", ZH)
    assert not is_closed("外包装", ZH)


def test_whole_predicates_of_parts_that_no_seed_judges_are_learnt() -> None:
    good = ["底座稳如泰山。开关一按就开。", "虽然开关一按就开，不过底座稳如泰山。", "底座真的一按就开。"]
    bad = ["底座摇摇欲坠。开关一碰就碎。", "虽然开关一碰就碎，不过底座摇摇欲坠。", "底座真的一碰就碎，小王送来的。"]
    ratings = ([1.0] * len(good) + [0.0] * len(bad)) * 20
    learnt = grow((good + bad) * 20, ratings, [None] * len(ratings), "zh", 8)
    assert "底座" in learnt.aspects
    assert learnt.opinions["一按就开"] > 0 > learnt.opinions["一碰就碎"]
    assert "小王送来" not in learnt.opinions
    text = "底座一碰就碎。"
    (found,) = mentions(text, learnt)
    assert (text[found.begin : found.end], text[found.opinion_begin : found.opinion_end]) == ("底座", "一碰就碎")
    assert found.judgement.polarity == -1
