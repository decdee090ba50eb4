"""Stage extract.needs: what texts say products are for, and which needs enough people state to be kept."""

from __future__ import annotations

import datetime
import json

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.extract import needs
from kgspark.extract.need_patterns import needs as read
from kgspark.extract.needs_settings import NeedsSettings
from kgspark.night import Night
from kgspark.schema import table
from tests.builders import rows

NIGHT = Night(date=datetime.date(2026, 1, 2), run_id="run-1")
FOR, BY, WHEN, WHERE = "used_for", "used_by", "used_when", "used_where"


@pytest.mark.parametrize(
    ("text", "code", "found"),
    [
        ("I bought it for camping.", "en", [(None, "camping", "camping", True)]),
        ("A gift for my mom", "en", [(BY, "mother", "mom", True)]),
        ("I'd recommend it to coffee lovers.", "en", [(BY, "coffee lovers", "coffee lovers", True)]),
        ("Perfect for winter", "en", [(WHEN, "winter", "winter", True)]),
        ("We use it mostly in the kitchen.", "en", [(WHERE, "kitchen", "kitchen", True)]),
        ("Comes in handy before bed", "en", [(WHEN, "bed", "bed", True)]),
        ("Not great for winter. Waiting for my daughter", "en", []),
        ("Great for the price, good for me, perfect for 5 minutes", "en", []),
        # Whose, and not whom; what the verb is done to; how long; a denial further away.
        ("I wear it for mother's day. Great for my daughter in law", "en", []),
        ("Perfect for hiding the belly, ideal for transitioning into winter", "en", []),
        ("Great for working out", "en", [(None, "working out", "working out", True)]),
        ("I had it for a day", "en", []),
        # A time that only its determiner tells; a hope, a gift, and to whom it is praised.
        ("Great for any season", "en", [(WHEN, "seasons", "season", True)]),
        ("Perfect for the season, to wear while seasons are changing", "en", []),
        ("I wear it every single day", "en", [(WHEN, "everyday", "single day", True)]),
        ("I thought it may be perfect for work, but no", "en", []),
        ("I had thought so. Perfect for work", "en", [(WHERE, "work", "work", True)]),
        ("My sister gave me this top for christmas", "en", []),
        ("I recommend them to all my friends", "en", []),
        ("A bit low for work, a bit warm for a summer day, questionable for work", "en", []),
        ("A bit of color for summer", "en", [(WHEN, "summer", "summer", False)]),
        ("Maybe it is right for work", "en", []),
        ("I recommend it to moms. Friends love it", "en", [(BY, "mother", "moms", True)]),
        # A month, how it looks, what the sentence before tells: none of them doubts.
        ("Bought it last May for work", "en", [(WHERE, "work", "work", False)]),
        ("It may sound odd and may look odd, it is perfect for work", "en", [(WHERE, "work", "work", True)]),
        ("I was given a coupon. Perfect for summer", "en", [(WHEN, "summer", "summer", True)]),
        ("I'm not sure. It is right for work. Not warm but perfect for summer", "en",
         [(WHERE, "work", "work", False), (WHEN, "summer", "summer", True)]),
        ("It might be right for work", "en", []),
        ("It might just work for travel. It may well be perfect for winter", "en", []),
        ("It might come in handy for travel", "en", []),
        ("I cant wear it in winter, waiting for summer, I hope to wear it after pregnancy", "en", []),
        ("Nothing but trouble for work", "en", []),
        ("Every bit as good for work", "en", [(WHERE, "work", "work", True)]),
        ("My sister gave me this - perfect for christmas", "en", []),
        # The last of them gets it.
        ("送给男朋友的妹妹，推荐给同事的女儿", "zh", [(BY, "sister", "妹妹", True), (BY, "daughter", "女儿", True)]),
        ("是否适合给孩子看？不是很适合太小的孩子", "zh", []),
        ("适合小学低年级的孩子", "zh", [(BY, "children", "孩子", True)]),
        ("适合有车的朋友住，推荐给我的朋友", "zh", [(None, "有车", "有车", True)]),
        # Things that are called after people; somebody's friends.
        ("给爸爸的老人机。送给妈妈的女儿节礼物", "zh", [(BY, "mother", "妈妈", True), (BY, "father", "爸爸", True)]),
        ("给老公的爸爸妈妈买的", "zh", [(BY, "parents", "爸爸妈妈", True)]),
        ("送给妈妈的朋友们，适合学生的朋友们", "zh", []),
        ("没有很适合老人的，不是送给孩子的，不知道是否要送给妈妈", "zh", []),
        ("在晚上使用没什么不方便，在夏天使用没有任何的不方便", "zh",
         [(WHEN, "night", "晚上", True), (WHEN, "summer", "夏天", True)]),
        ("适合孩子的妈妈", "zh", [(BY, "mother", "妈妈", True)]),
        ("在晚上使用没有任何不便", "zh", [(WHEN, "night", "晚上", True)]),
        ("在晚上使用没有什么不方便，价格也不便宜", "zh", [(WHEN, "night", "晚上", True)]),
        ("给孩子买的真不便宜", "zh", [(BY, "children", "孩子", True)]),
        ("这书不值得用来收藏", "zh", []),
        ("在晚上使用这些按钮是非常不方便的", "zh", []),
        ("Leave your pants for the gym, great for warmer days", "en", []),
        ("Perfect for early fall", "en", [(WHEN, "early fall", "early fall", True)]),
        ("Perfect for a summer day", "en", [(WHEN, "summer day", "summer day", True)]),
        ("I'm not sure the fabric is right for work. I would not recommend it to friends", "en", []),
        ("I don't think it is right for work, I wouldn't use it in the office. Got it for family photos", "en", []),
        ("It works for people, fine for my needs, good for the hot", "en", []),
        ("Recommended to tall people", "en", [(BY, "tall people", "tall people", True)]),
        ("Good for all seasons", "en", [(WHEN, "seasons", "seasons", True)]),
        ("不会推荐给朋友们，注意给客人的感受", "zh", []),
        ("适合初中生看", "zh", [(BY, "初中生", "初中生", True)]),
        ("送给妈妈的，不错", "zh", [(BY, "mother", "妈妈", True)]),
        ("给孩子买的", "zh", [(BY, "children", "孩子", True)]),
        ("买来露营用的。", "zh", [(FOR, "camping", "露营", True)]),
        ("冬天穿很暖和", "zh", [(WHEN, "winter", "冬天", True)]),
        ("買來露營用的。", "zh", [(FOR, "camping", "露營", True)]),
        ("适合我的发质", "zh", []),
        ("送货很快，送到家，不适合露营", "zh", []),
        ("我妈妈用，送给我朋友们", "zh", [(BY, "friends", "朋友", True)]),
        ("", "en", []),
        ("for", "en", []),
    ],
)  # fmt: skip
def test_patterns(text: str, code: str, found: list[tuple[str | None, str, str, bool]]) -> None:
    assert [(n.relation, n.need, text[n.begin : n.end], n.strong) for n in read(text, code)] == found


def test_a_title_needs_no_verb() -> None:
    (found,) = read("Dome tent for camping", "en", titled=True)
    assert (found.need, found.strong) == ("camping", False)
    assert list(read("Dome tent for camping", "en")) == []


def _built(spark: SparkSession, shuffled: bool = False) -> DataFrame:
    texts = {
        "r1": (
            "ann",
            "Bought it for <b>camping</b> &amp; a gift for vegans.",
            "Bought it for camping & a gift for vegans.",
        ),
        "r2": ("bob", "Great for camping", "Great for camping"),
        "r3": ("bob", "Ideal for camping, ideal for vegans", "Ideal for camping, ideal for vegans"),
        "r4": ("cat", "I recommend it to vegans", "I recommend it to vegans"),
        "r5": ("dan", "A present for my rabbit", "A present for my rabbit"),
    }
    reviews = [
        {"review_id": f"review/{r}", "source": "talk", "record_id": r, "shopper_id": f"shopper/{who}", "text": clean,
         "language": "en", "category_path": ["Kitchen"], "origins": {"text": {"field": "body", "begin": 0, "end": 9}}}
        for r, (who, _, clean) in texts.items()
    ]  # fmt: skip
    records = [{"source": "talk", "record_id": r, "payload": json.dumps({"body": t[1]})} for r, t in texts.items()]
    offers = [
        {"offer_id": "offer/1", "source": "shop", "record_id": "p1", "seller": "S", "title": "Stove for camping",
         "language": "en", "category_path": ["Stoves"], "origins": {"title": {"field": "name", "begin": 0, "end": 17}}}
    ]  # fmt: skip
    listed = [{"source": "shop", "record_id": "p1", "payload": json.dumps({"name": "Stove for camping"})}]
    frames = [
        rows(spark, "silver.offers", offers),
        rows(spark, "silver.reviews", reviews[::-1] if shuffled else reviews),
        rows(spark, "bronze.catalog_records", listed),
        rows(spark, "bronze.review_records", records),
    ]
    if shuffled:
        frames = [frame.repartition(3) for frame in frames]
    return needs.build(*frames, cfg=NeedsSettings(min_supporters=2), night=NIGHT)[needs.MENTIONS]


def test_needs_that_enough_people_state(spark: SparkSession) -> None:
    built = _built(spark)
    assert built.columns == table(needs.MENTIONS).column_names
    found = {(r.record_id, r.relation, r.need): (r.field, r.begin, r.end, r.extractor) for r in built.collect()}
    assert found == {
        ("r1", FOR, "camping"): ("body", 17, 24, "need:strong"),
        ("r2", FOR, "camping"): ("body", 10, 17, "need:strong"),
        ("r3", FOR, "camping"): ("body", 10, 17, "need:strong"),
        # A weak pattern, of a need that ann and bob confirm.
        ("p1", FOR, "camping"): ("name", 10, 17, "need:weak"),
        # Two patterns tell whom it is for, and teach it to the third. Only dan has a rabbit.
        ("r1", BY, "vegans"): ("body", 46, 52, "need:strong"),
        ("r3", BY, "vegans"): ("body", 29, 35, "need:strong"),
        ("r4", BY, "vegans"): ("body", 18, 24, "need:strong"),
    }
    again = _built(spark, shuffled=True)
    assert sorted(map(str, again.collect())) == sorted(map(str, built.collect()))
