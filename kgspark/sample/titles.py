"""Titles in their shop's own words, with the place of every value.

listing -> parts (brand, series, code, ...) -> the shop's order, separators and typing -> Text with spans
"""

from __future__ import annotations

import html
import random
from dataclasses import dataclass
from typing import Any

from kgspark.sample.chance import weighted
from kgspark.sample.listings import Listing
from kgspark.sample.products import Value, World, family, text_of
from kgspark.sample.text import Piece, Text, full_width, joined, misspelt, pack_pieces, value_text
from kgspark.sample.vocab import words

# Names of title and description in the shop's dump.
FIELDS = {
    "alder_finch": ("name", "description"),
    "kontorhaus": ("article", "details"),
    "brightnook": ("title", "body_html"),
    "yunhai": ("标题", "描述"),
    "harbourline": ("title", "text"),
    "marketry": ("listing_title", "listing_text"),
}
# Share of titles that say nothing: washing machine.
VAGUE = 0.008


@dataclass
class Writer:
    """One offer in the making: the listing, how its shop writes, and what makes the offer hard so far."""

    world: World
    listing: Listing
    style: dict[str, Any]
    roll: random.Random
    tags: set[str]

    @property
    def language(self) -> str:
        """The language it is written in."""
        return self.listing.language

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return self.roll.random() < probability

    def pick(self, values: list[Any]) -> Any:
        """One of the values."""
        return self.roll.choice(values)


def title(w: Writer) -> tuple[Text, bool]:
    """The title, and whether it names the model."""
    text = Text(FIELDS[w.listing.shop][0], html.escape if w.listing.shop == "brightnook" else str)
    if w.chance(VAGUE):
        w.tags.add("vague")
        text.add(*joined([_brand(w) if w.chance(0.3) else [], _noun(w)], " "))
        return text, False
    has_code = bool(w.listing.product.code)
    shown = {part: w.chance(chance) for part, chance in w.style["in_title"].items()}
    shown["series"] = shown["series"] or not has_code
    shown["code"] = has_code and (shown["code"] or (not shown["series"] and w.chance(0.8)))
    named = shown["series"] or shown["code"]
    if not named:
        w.tags.add("model_in_description")
    segments = []
    for group in w.style["order"]:
        parts = [group] if isinstance(group, str) else w.roll.sample(group, len(group))
        segments += [_PARTS[part](w) for part in parts if shown.get(part, True)]
    separators = w.style["separators"]
    separator = w.roll.choices(separators, [3.0] + [1.0] * (len(separators) - 1))[0]
    pieces = [piece for piece in joined([segment for segment in segments if segment], separator) if piece.text]
    host = _host(w)
    if host:
        pieces += [Piece(" "), *host]
    text.add(*_typed(w, pieces))
    return text, named


def _typed(w: Writer, pieces: list[Piece]) -> list[Piece]:
    """The pieces as the shop's keyboard makes them."""
    if w.chance(w.style.get("upper", 0)):
        return [Piece(piece.text.upper(), piece.value) for piece in pieces]
    share = w.style.get("full_width", 0)
    if share and w.chance(share):
        w.tags.add("full_width")
        return [Piece(full_width(piece.text) if w.chance(0.6) else piece.text, piece.value) for piece in pieces]
    return pieces


def _brand(w: Writer) -> list[Piece]:
    brand = w.listing.family.brand
    known = w.listing.family.category.brands[brand]
    way = weighted(w.roll, w.style["brand"])
    if way == "none":
        w.tags.add("no_brand")
        return []
    if way in ("short", "typo", "zh", "both"):
        w.tags.add(f"brand_{way}")
    text = {
        "full": brand,
        "short": known["short"],
        "typo": misspelt(w.roll, brand),
        "zh": known["zh"],
        "both": f"{known['zh']}({brand})",
    }[way]
    return [Piece(text, Value("brand", brand))]


def _series(w: Writer) -> list[Piece]:
    series = w.listing.family.series
    if w.chance(0.02):
        w.tags.add("series_typo")
        series = misspelt(w.roll, series)
    if w.chance(0.15):
        series = series.upper()
    model = w.listing.family.model
    return [Piece(f"{series} {model}" if model else series, Value("series", w.listing.family.name))]


def _generation(w: Writer) -> list[Piece]:
    number = w.listing.product.generation
    if number is None:
        return []
    form = w.pick(words()["generations_zh" if w.language == "zh" else "generations"])
    return [Piece(form.replace("{n}", str(number)), Value("generation", str(number)))]


def _code(w: Writer) -> list[Piece]:
    code = w.listing.product.code
    written = code
    if w.listing.product.generation is None and w.chance(0.1):
        # The stem alone: the rest of the title must say which variant it is.
        written = w.listing.family.stem if not w.listing.product.colour else code
    way = weighted(w.roll, {"as it is": 0.7, "together": 0.12, "apart": 0.08, "small": 0.1})
    if way == "together":
        written = written.replace("-", "").replace(" ", "")
    elif way == "apart":
        written = written.replace("-", " ")
    elif way == "small":
        written = written.lower()
    if way != "as it is":
        w.tags.add("code_rewritten")
    return [Piece(written, Value("model", code))]


def _noun(w: Writer) -> list[Piece]:
    return [Piece(w.pick(w.listing.family.category.noun[w.language]))]


def _split(w: Writer) -> list[Piece]:
    product, comma = w.listing.product, bool(w.style.get("decimal_comma"))
    if product.pack is not None and (product.pack > 1 or w.chance(0.2)):
        unit = w.listing.family.category.unit_zh
        return pack_pieces(w.roll, product.pack, product.split, w.language, unit, comma)
    if product.split is None:
        return []
    return [Piece(value_text(w.roll, product.split, w.language, comma), product.split)]


def _spec(w: Writer) -> list[Piece]:
    specs = w.roll.sample(w.listing.family.specs, w.pick([1, 1, 2]) if len(w.listing.family.specs) > 1 else 1)
    comma = bool(w.style.get("decimal_comma"))
    return joined([[Piece(value_text(w.roll, spec, w.language, comma), spec)] for spec in specs], " ")


def _colour(w: Writer) -> list[Piece]:
    pieces: list[list[Piece]] = []
    colour, size = w.listing.colour, w.listing.size
    if colour:
        text = words()["colours"][colour] if w.language == "zh" else colour
        pieces.append([Piece(text, Value("colour", colour))])
    if size is not None and w.listing.family.category.sizes:
        value = Value("size", text_of(size), w.listing.family.category.sizes.unit)
        pieces.append([Piece(value_text(w.roll, value, w.language), value)])
    return joined(pieces, " ")


def _condition(w: Writer) -> list[Piece]:
    condition = w.listing.product.condition
    texts = words()["conditions"][condition][w.language]
    return [Piece(w.pick(texts), Value("condition", condition))] if texts else []


def _noise(w: Writer) -> list[Piece]:
    return [Piece(" ".join(w.roll.sample(words()["noise"][w.language], w.pick([1, 1, 2]))))]


def _host(w: Writer) -> list[Piece]:
    """What an accessory is made for: its title carries another product's name."""
    of = w.listing.family
    if of.host is None or not of.category.named_host:
        return []
    host = family(w.world, of.host)
    w.tags.add("names_host")
    brand = w.pick([f"{host.brand} ", ""])
    name = f"{brand}{host.name} {host.stem}" if w.chance(0.5) else f"{brand}{host.name}"
    value = Value("compatible_with", f"{host.brand} {host.name}")
    return [
        Piece("适用于" if w.language == "zh" else w.pick(["for ", "compatible with ", "fits "])),
        Piece(name, value),
    ]


_PARTS = {
    "brand": _brand,
    "series": _series,
    "code": _code,
    "noun": _noun,
    "split": _split,
    "spec": _spec,
    "colour": _colour,
    "condition": _condition,
    "generation": _generation,
    "noise": _noise,
}
