"""An offer as its shop states it: title, description, brand, GTIN and model number, and what makes it hard."""

from __future__ import annotations

import html
from dataclasses import dataclass

from kgspark.sample.chance import dice, gtin13
from kgspark.sample.listings import Listing
from kgspark.sample.products import Value, World
from kgspark.sample.text import Piece, Text, fill, misspelt, value_text
from kgspark.sample.titles import FIELDS, Writer, title
from kgspark.sample.vocab import shops, words

# Feeds copy article numbers from the row above: a wrong number that is a valid one.
WRONG_GTIN = 0.02
NO_DESCRIPTION = 0.1


@dataclass
class Offer:
    """What a shop says of a listing; ``tags`` name what makes it hard to recognise."""

    listing: Listing
    title: Text
    description: Text
    brand: str | None
    gtin: str | None
    mpn: str | None
    tags: set[str]


def offer(world: World, listing: Listing) -> Offer:
    """The listing as its shop writes it."""
    style = shops()[listing.shop]
    if listing.language == "zh":
        # A Chinese seller on a foreign marketplace writes as at home; its identifiers are as rare as the marketplace's.
        style = shops()["yunhai"] | {name: style[name] for name in ("gtin", "mpn", "brand_field")}
    writer = Writer(world, listing, style, dice(world.seed, "offer", *listing.name), set())
    named, tags = title(writer), writer.tags
    description = _description(writer, named[1])
    brand = _brand_field(writer)
    gtin, mpn = _gtin(writer), _mpn(writer)
    tags |= {"zh"} if listing.language == "zh" else set()
    tags |= {listing.product.condition} - {"new"}
    tags |= {"variants"} if len(listing.family.products) > 1 else set()
    tags |= {"sibling"} if listing.family.model else set()
    tags |= {"no_identifier"} if not (gtin or (mpn and brand)) else set()
    return Offer(listing, named[0], description, brand, gtin, mpn, tags)


def _brand_field(w: Writer) -> str | None:
    if "vague" in w.tags or not w.chance(w.style["brand_field"]):
        return None
    brand = w.listing.family.brand
    known = w.listing.family.category.brands[brand]
    spellings = [brand, brand, brand, brand, brand.upper(), brand.lower(), known["short"], misspelt(w.roll, brand)]
    return str(w.pick([brand, known["zh"], f"{known['zh']}/{brand}"] if w.language == "zh" else spellings))


def _gtin(w: Writer) -> str | None:
    if w.listing.product.condition != "new" or not w.chance(w.style["gtin"]):
        return None
    if w.chance(WRONG_GTIN):
        w.tags.add("wrong_gtin")
        others = [other for other in w.listing.family.products if other.number != w.listing.product.number]
        name = w.pick(others).product_id if others else f"P{w.listing.family.number + 1:07d}-0"
        return gtin13(w.world.seed, name, w.listing.colour)
    return w.pick([w.listing.gtin, w.listing.gtin, f"0{w.listing.gtin}"]) if w.chance(0.3) else w.listing.gtin


def _mpn(w: Writer) -> str | None:
    code = w.listing.product.code
    if not code or "vague" in w.tags or not w.chance(w.style["mpn"]):
        return None
    return str(w.pick([code, code, code, code.replace("-", ""), code.lower()]))


def _description(w: Writer, named: bool) -> Text:
    """Some sentences around the facts; it always names the model where the title does not."""
    of, product, zh = w.listing.family, w.listing.product, w.language == "zh"
    markup = w.listing.shop == "brightnook"
    text = Text(FIELDS[w.listing.shop][1], html.escape if markup else str)
    if "vague" in w.tags or (named and w.chance(NO_DESCRIPTION)):
        return text
    said = words()["descriptions"]
    paragraph, end, line = ("<p>", "</p>", "<br/>") if markup else ("", "", " " if zh else w.pick([" ", "\n"]))
    text.raw(paragraph)
    form = w.pick(said["zh" if zh else "en"])
    fill(text, form if product.code else form.replace(" {code}", ""), _names(w))
    text.raw(end + line if not markup else end)
    if markup:
        text.raw("<ul>")
    facts = [
        *w.roll.sample(of.specs, min(len(of.specs), w.pick([1, 2, 3]))),
        *([product.split] if product.split else []),
    ]
    if w.listing.colour and w.chance(0.5):
        facts.append(Value("colour", w.listing.colour))
    for fact in facts:
        label = words()["attribute_zh"].get(fact.attribute, "") if zh else fact.attribute.replace("_", " ").capitalize()
        shown = words()["colours"].get(fact.normalised) if zh and fact.attribute == "colour" else None
        text.raw("<li>" if markup else "").add(f"{label}:" if zh else f"{label}: ")
        text.add(Piece(shown or value_text(w.roll, fact, w.language, bool(w.style.get("decimal_comma"))), fact))
        text.raw("</li>" if markup else "。" if zh else f".{line}")
    text.raw("</ul>" if markup else "")
    for filler in w.roll.sample(said["filler_zh" if zh else "filler_en"], w.pick([0, 1, 2])):
        text.raw(paragraph).add(filler).raw(end or ("" if zh else " "))
    return text


def _names(w: Writer) -> dict[str, Piece]:
    of, code = w.listing.family, w.listing.product.code
    brand = of.category.brands[of.brand]["zh"] if w.language == "zh" and w.chance(0.4) else of.brand
    return {
        "brand": Piece(brand, Value("brand", of.brand)),
        "series": Piece(of.name, Value("series", of.name)),
        "code": Piece(code, Value("model", code) if code else None),
    }
