"""Which word judges what, sentence by sentence, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kgspark.extract.opinions.opinion_lexicon import seeded
from kgspark.extract.opinions.opinion_reader import mentions
from kgspark.extract.opinions.review_tokens import tokens

Said = list[tuple[str, str, int]]


def _said(text: str, code: str) -> Said:
    """Term, opinion and polarity of every mention, as the text has them."""
    found = mentions(text, seeded(code))
    return [
        (text[m.begin : m.end], text[m.opinion_begin : m.opinion_end], m.judgement.polarity)
        for m in sorted(found, key=lambda m: (m.begin, m.opinion_begin))
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The screen is good.", [("screen", "good", 1)]),
        ("The screen isn't bad at all.", [("screen", "bad", 1)]),
        ("Good screen but poor battery", [("screen", "Good", 1), ("battery", "poor", -1)]),
        ("While the setup is slow, the sound is great.", [("setup", "slow", -1), ("sound", "great", 1)]),
        ("Setup slow, packaging unfortunately flimsy.", [("Setup", "slow", -1), ("packaging", "flimsy", -1)]),
        ("I find the setup complicated.", [("setup", "complicated", -1)]),
        ("I would not call the setup easy.", [("setup", "easy", -1)]),
        ("Nobody can say that the setup is easy.", [("setup", "easy", -1)]),
        ("Not a great fit.", [("fit", "great", -1)]),
        ("The fit is perfect, the sound is really clear.", [("fit", "perfect", 1), ("sound", "clear", 1)]),
        ("The fabric is soft, comfy and warm.", [("fabric", "soft", 1), ("fabric", "comfy", 1), ("fabric", "warm", 1)]),
        ("The color and the fabric are lovely.", [("color", "lovely", 1), ("fabric", "lovely", 1)]),
        ("The quality of the fabric is poor.", [("quality", "poor", -1)]),
        ("The size was a bit too big.", [("size", "big", -1)]),
        ("The price is high but the quality is high, too.", [("price", "high", -1), ("quality", "high", 1)]),
        ("I love the color.", [("color", "love", 1)]),
        ("I didn't like the packaging.", [("packaging", "like", -1)]),
        # Wished or supposed; said of the product and not of an aspect; no opinion.
        ("I wish the quality was better.", []),
        ("The fit could be better. The fit could not be better.", []),
        ("It had a pretty hefty price.", []),
        ("It is great.", []),
        # People's own.
        ("I have a beautiful color and it fits my great shape.", []),
        ("I own a cute belt. I have no curves and thin legs.", []),
        ("I do have a long size and this color is thin.", [("color", "thin", -1)]),
        # How much, and in what condition; and without an apostrophe.
        ("Paper thin. The fabric is paper thin. Still in good shape.", []),
        ("The fit isnt great.", [("fit", "great", -1)]),
        ("The battery is in the box.", []),
        # Supposed of others; an adverb; not too much is politeness as often as praise.
        ("You may not like the look.", []),
        ("Others complained that the fabric is thin.", []),
        ("It makes my shape look odd. I was disappointed.", []),
        ("I could easily button it. The size isn't too big.", []),
        ("A lovely color. The fit is sooo soft.", [("color", "lovely", 1), ("fit", "soft", 1)]),
        ("", []),
        ("😀😀 !!! ???", []),
    ],
)  # fmt: skip
def test_english(text: str, said: Said) -> None:
    assert _said(text, "en") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("屏幕很好。", [("屏幕", "好", 1)]),
        ("質量很差，價格便宜。", [("質量", "差", -1), ("價格", "便宜", 1)]),
        ("做工不太好", [("做工", "好", -1)]),
        ("质量一点也不差", [("质量", "差", 1)]),
        ("屏幕不错,但是电池很差。", [("屏幕", "不错", 1), ("电池", "差", -1)]),
        ("虽然价格很高,不过质量真的不错", [("价格", "高", -1), ("质量", "不错", 1)]),
        ("颜色和款式都很漂亮", [("颜色", "漂亮", 1), ("款式", "漂亮", 1)]),
        ("很好的质量", [("质量", "好", 1)]),
        ("尺寸有点大", [("尺寸", "大", -1)]),
        ("屏幕很大很清晰", [("屏幕", "清晰", 1)]),
        ("喜欢它的颜色", [("颜色", "喜欢", 1)]),
        ("屏幕可以说是遗憾，质量可以", [("质量", "可以", 1)]),
        ("如果质量好就买", []),
        # Too much of what is neither good nor bad; too good is good; what a word says of one aspect, it says too much.
        ("面料太滑。物流太快了。面料有点滑。", [("面料", "滑", -1), ("物流", "快", 1), ("面料", "滑", -1)]),
        ("味道很甜。味道太甜了。", [("味道", "甜", 1), ("味道", "甜", -1)]),
        ("噪音偏低，价格太低了。性能太强了。", [("噪音", "低", 1), ("价格", "低", 1)]),
        ("太爱它的颜色了", [("颜色", "爱", 1)]),
        (
            "性价比太高了。噪音太小了。价格太高了。声音很甜。",
            [
                ("性价比", "高", 1),
                ("噪音", "小", 1),
                ("价格", "高", -1),
                ("声音", "甜", 1),
            ],
        ),
        # Denied tastes are two words; denied sizes of their own are one.
        ("口感不甜。味道不太甜。线头不少。", [("口感", "甜", -1)]),
        ("质量低廉劣质", [("质量", "低廉", -1), ("质量", "劣质", -1)]),
        ("全都新鲜", []),
        ("质量太滑动了", []),
        ("今天收到了", []),
    ],
)
def test_chinese(text: str, said: Said) -> None:
    assert _said(text, "zh") == said


def test_a_kind_that_ratings_like_or_dislike_is_no_opinion_before_its_noun() -> None:
    known = seeded("en")
    learnt = dict(known.opinions) | {"dolman": -0.9}
    known = replace(known, opinions=learnt, aspects=known.aspects | {"sleeve", "length"}, pairs={("sleeve", "long"): 1})
    text = "My long sleeves. Dolman sleeves. Very dolman sleeves. The sleeves are long. The right length. low quality."
    assert [(text[m.opinion_begin : m.opinion_end], m.judgement.polarity) for m in mentions(text, known)] == [
        ("dolman", -1), ("long", 1), ("right", 1), ("low", -1),
    ]  # fmt: skip


def test_a_size_before_a_noun_tells_which_and_complains_of_nothing() -> None:
    known = replace(seeded("en"), pairs={("size", "thick"): -1.0, ("size", "large"): 1.0})
    text = "A thick size fits. I took the large size. The size is thick. A very thick size."
    found = [(text[m.opinion_begin : m.opinion_end], m.judgement.polarity, m.begin) for m in mentions(text, known)]
    assert found == [("thick", -1, 46), ("thick", -1, 74)]


def test_too_much_of_a_learnt_taste_complains_and_of_learnt_praise_does_not() -> None:
    known = seeded("zh")
    known = replace(known, opinions=dict(known.opinions) | {"优惠": 0.9}, pairs={("smell", "淡"): 1})
    found = mentions("味道很淡。味道太淡。价格太优惠了。", known)
    assert [m.judgement.polarity for m in found] == [1, -1, 1]


def test_spans_count_code_points_behind_surrogate_pairs_and_marks() -> None:
    text = "👍🏽 cafe\u0301! The screen is good."
    (found,) = mentions(text, seeded("en"))
    assert text[found.begin : found.end] == "screen"


def test_words_keep_their_places() -> None:
    for text, code in (("It’s NOT well-made; İt's 5'8\"", "en"), ("价格便宜, iPhone很好  ！", "zh")):
        cut = tokens(text, code)
        assert [text[b:e].lower().replace("’", "'").strip() for b, e in zip(cut.begin, cut.end, strict=True)] == [
            word.strip() for word in cut.words
        ]


def test_what_names_the_product_is_no_aspect() -> None:
    text = "The battery is great. The packaging is great."
    found = mentions(text, seeded("en"), ["Camping", "Batteries"])
    assert [m.judgement.aspect for m in found] == ["packaging"]


def test_a_part_of_what_a_category_names_is_an_aspect_and_a_kind_of_it_is_none() -> None:
    known = replace(seeded("zh"), aspects=frozenset({"茶香", "绿茶"}))
    found = mentions("茶香很好。绿茶很好。", known, ["茶"])
    assert [m.judgement.aspect for m in found] == ["茶香"]


def test_a_text_without_punctuation_takes_no_time() -> None:
    assert len(list(mentions("good screen poor battery " * 1_000, seeded("en")))) > 1_000
    assert list(mentions("不错" * 10_000, seeded("zh"))) == []


def test_mark_up_and_mixed_languages_do_no_harm() -> None:
    assert _said("<br/>The screen &nbsp; is good </b> 屏幕很好", "en") == []
    assert _said("<p>屏幕很好</p>, the battery is good", "zh") == [("屏幕", "好", 1)]
