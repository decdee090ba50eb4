"""What shoppers write of a family's products: ratings that follow quality and what is said, texts with spans.

product quality, aspect quality, shopper -> sentences about aspects -> rating
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kgspark.sample.chance import dice, scrambled, whole
from kgspark.sample.listings import DAYS, FIRST_DAY, Listing
from kgspark.sample.products import Family, Value, World
from kgspark.sample.shoppers import buyer_of, email, generosity, nickname
from kgspark.sample.text import Piece, Text, fill
from kgspark.sample.vocab import sentences

# Site -> shop whose products it reviews, language, highest rating, mean number of reviews a family.
SITES = {"ratewell": ("marketry", "en", 5, 39.5), "shuoping": ("yunhai", "zh", 10, 21.5)}
FIELDS = {"ratewell": ("headline", "body"), "shuoping": ("标题", "内容")}
_USES = ("used_for", "used_by", "used_when")


@dataclass(frozen=True)
class Said:
    """An aspect with what is said of it: places of both in the raw field."""

    aspect: str
    polarity: int
    begin: int
    end: int
    text: str
    opinion: str
    opinion_begin: int
    opinion_end: int


@dataclass
class Review:
    """One review as the truth knows it; ``row`` is what the site's dump holds."""

    site: str
    record_id: str
    listing: Listing
    shopper: int
    rating: int
    headline: str
    body: Text
    written_on: datetime.date
    said: list[Said] = field(default_factory=list)
    uses: list[tuple[str, str, int, int, str]] = field(default_factory=list)


def reviews(world: World, of: Family, offers: Sequence[Listing]) -> Iterator[Review]:
    """The reviews of a family's listings on every site."""
    for site, (shop, _, _, mean) in SITES.items():
        listed = [listing for listing in offers if listing.shop == shop]
        if not listed:
            continue
        for number in range(whole(dice(world.seed, "reviews", site, of.number), mean * of.popularity)):
            roll = dice(world.seed, "review", site, of.number, number)
            record = scrambled(world.seed, site, of.number * 4096 + number % 4096)
            yield _review(world, roll, site, f"{record:013d}", roll.choice(listed))


def _review(world: World, roll: random.Random, site: str, record_id: str, listing: Listing) -> Review:
    _, language, highest, _ = SITES[site]
    of = listing.family
    shopper = buyer_of(world, roll, of)
    made = Review(site, record_id, listing, shopper, 0, "", Text(FIELDS[site][1]), _day(roll))
    heard = _write(world, roll, made, language)
    quality = listing.product.quality
    mood = sum(heard) / len(heard) if heard else 2 * quality - 1
    latent = 0.5 * quality + 0.5 * (mood + 1) / 2
    stars = min(max(1 + 4 * latent + generosity(world, shopper) + roll.gauss(0, 0.4), 1), 5)
    made.rating = round(stars * highest / 5)
    titles = sentences()[language]["titles"]
    made.headline = roll.choice(titles["good" if stars >= 3.7 else "bad" if stars < 2.4 else "middling"])
    return made


def _write(world: World, roll: random.Random, made: Review, language: str) -> list[int]:
    """Fill the body; the polarities of what was said."""
    of, text, forms = made.listing.family, made.body, sentences()[language]
    known = list(of.category.aspects)
    names = roll.sample(known, min(len(known), roll.choice([0, 1, 1, 2, 2, 3])))
    heard: list[int] = []
    space = " " if language == "en" else ""
    while names:
        name = names.pop()
        other = names.pop() if names and roll.random() < 0.35 else None
        first = _polarity(world, roll, made, name)
        if other is None:
            heard.append(_say(roll, made, language, name, first))
        else:
            # A contrast needs two sides.
            _contrast(roll, made, language, (name, first), (other, -first))
            heard += [first, -first]
        text.raw(space)
        if roll.random() < 0.3:
            text.add(roll.choice(forms["fillers"])).raw(space)
    if roll.random() < 0.35:
        _use(roll, made, language)
        text.raw(space)
    if roll.random() < 0.01:
        contact = roll.choice(forms["contacts"]).replace("{mail}", email(world, made.shopper))
        text.add(contact.replace("{phone}", f"+49 151 {roll.randint(10**7, 10**8 - 1)}"))
    if not str(text).strip():
        text.add(roll.choice(forms["fillers"]))
    return heard


def _polarity(world: World, roll: random.Random, made: Review, aspect: str) -> int:
    """Good or bad: a product has strong and weak sides, on which most reviewers agree."""
    side = dice(world.seed, "aspect", made.listing.family.number, aspect).gauss(0, 0.25)
    return 1 if roll.random() < min(max(made.listing.product.quality + side, 0.05), 0.95) else -1


def _say(roll: random.Random, made: Review, language: str, aspect: str, polarity: int) -> int:
    deny = roll.random() < 0.18
    form = roll.choice(sentences()[language]["denies" if deny else "says"])
    # "not loud" praises, "not sharp" does not: what is denied is the opposite.
    opinion = _opinion(roll, made, language, aspect, -polarity if deny else polarity)
    _state(made, form, {"a": (aspect, polarity), "o": opinion}, language, [("a", "o")])
    return polarity


def _contrast(roll: random.Random, made: Review, language: str, one: tuple[str, int], other: tuple[str, int]) -> None:
    form = roll.choice(sentences()[language]["contrasts"])
    names: dict[str, Any] = {"a": one, "o": _opinion(roll, made, language, *one)}
    names |= {"b": other, "p": _opinion(roll, made, language, *other)}
    _state(made, form, names, language, [("a", "o"), ("b", "p")])


def _opinion(roll: random.Random, made: Review, language: str, aspect: str, polarity: int) -> str:
    known = made.listing.family.category.aspects[aspect]
    name = ("good" if polarity > 0 else "bad") + ("" if language == "en" else "_zh")
    return str(roll.choice(known[name]))


def _state(made: Review, form: str, names: dict[str, Any], language: str, pairs: list[tuple[str, str]]) -> None:
    """Append a sentence, and note where its aspects and opinions stand."""
    aspects = made.listing.family.category.aspects
    pieces: dict[str, Piece] = {}
    for key, named in names.items():
        text = named if isinstance(named, str) else named[0] if language == "en" else aspects[named[0]]["zh"]
        if form.startswith("{" + key + "}") and language == "en":
            text = text[0].upper() + text[1:]
        pieces[key] = Piece(text, Value(key, text))
    before = len(made.body.spans)
    fill(made.body, form, pieces)
    spans = {span.value.attribute: span for span in made.body.spans[before:]}
    for aspect, opinion in pairs:
        name, polarity = names[aspect]
        at, how = spans[aspect], spans[opinion]
        made.said.append(Said(name, polarity, at.begin, at.end, at.text, how.text, how.begin, how.end))


def _use(roll: random.Random, made: Review, language: str) -> None:
    relation = roll.choice(_USES)
    uses = made.listing.family.category.uses[relation]
    # People agree on what a product is good for: two of the department's uses fit its category.
    concept = roll.choice(sorted(uses)[made.listing.family.category.number % 2 :][:3])
    text = concept if language == "en" else uses[concept]
    form = roll.choice(sentences()[language][relation])
    before = len(made.body.spans)
    fill(made.body, form, {"u": Piece(text, Value("u", concept))})
    span = made.body.spans[before]
    made.uses.append((relation, concept, span.begin, span.end, span.text))


def _day(roll: random.Random) -> datetime.date:
    return FIRST_DAY + datetime.timedelta(days=roll.randrange(DAYS))


def row(world: World, review: Review) -> dict[str, Any]:
    """The review as a raw record of its site."""
    if review.site == "ratewell":
        return {
            "review_id": review.record_id,
            "item": review.listing.record_id,
            "author": email(world, review.shopper),
            "stars": review.rating,
            "headline": review.headline,
            "body": str(review.body),
            "helpful": scrambled(world.seed, "helpful", review.shopper) % 7,
            "date": review.written_on.isoformat(),
        }
    return {
        "编号": review.record_id,
        "商品": review.listing.record_id,
        "用户": nickname(world, review.shopper),
        "评分": review.rating,
        "标题": review.headline,
        "内容": str(review.body),
        "日期": review.written_on.strftime("%Y/%m/%d"),
    }
