"""Chinese clause by clause: topics, whole predicates, contrasts, and what they teach; made-up reviews of a lamp."""

from __future__ import annotations

import pytest

from kgspark.extract.opinions.chinese_clauses import clauses, contrasted, opposites, predicates, together
from kgspark.extract.opinions.chinese_words import is_closed, is_noun, may_judge, needs_degree
from kgspark.extract.opinions.grow_opinions import grow
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


def test_what_stands_against_a_complaint_praises() -> None:
    cuts = [tokens("开关失灵，但是灯罩东倒西歪", "zh"), tokens("开关并不失灵，但是灯罩东倒西歪", "zh")]
    votes = []
    for cut in cuts:
        pairs = opposites(list(predicates(0, cut, ZH)), [cut])
        votes.append(contrasted(pairs, {"失灵": -1.0})["东倒西歪"])
    assert votes == [1, -1]


def test_ratings_and_contrasts_as_one() -> None:
    assert together(2.0, 0) == pytest.approx(2.0)
    assert together(-1.0, -1) < -1.0 < together(-1.0, 1) < 0.5
    assert abs(together(1e9, 99)) <= 6.1


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
