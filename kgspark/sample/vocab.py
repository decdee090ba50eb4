"""The words of the sample world, out of the YAML files beside this module."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import yaml

DEPARTMENTS = ("electronics", "household", "food", "clothing", "beauty", "baby", "outdoor")


@dataclass(frozen=True)
class Attribute:
    """A measured or named property and the values it may have."""

    name: str
    values: tuple[Any, ...]
    unit: str | None = None


@dataclass(frozen=True, eq=False)
class Category:
    """A kind of product: how it is named, what it has, what people say of it. The YAML files explain each key."""

    slug: str
    number: int
    department: str
    path: Mapping[str, list[str]]
    noun: Mapping[str, list[str]]
    code: str
    price: tuple[float, float]
    specs: tuple[Attribute, ...]
    split: Attribute | None
    sizes: Attribute | None
    brands: Mapping[str, Mapping[str, str]]
    colours: tuple[str, ...]
    models: tuple[str, ...]
    uses: Mapping[str, Mapping[str, str]]
    aspects: Mapping[str, Mapping[str, Any]]
    packs: tuple[int, ...] = ()
    unit_zh: str = "个"
    fits: str | None = None
    named_host: bool = True
    split_in_code: bool = False
    colour_in_code: bool = False
    refurbished: bool = False
    generations: bool = False
    accessories: list[Category] = field(default_factory=list)


@functools.cache
def words() -> dict[str, Any]:
    """Words that all departments share."""
    return _read("words")


@functools.cache
def shops() -> dict[str, dict[str, Any]]:
    """How each shop writes, by name."""
    return _read("shops")


@functools.cache
def sentences() -> dict[str, dict[str, Any]]:
    """Sentences of reviews, by language."""
    return _read("reviews")


@functools.cache
def categories() -> tuple[Category, ...]:
    """Every category, in a fixed order that mixes the departments, so that a small world has some of each."""
    columns = [_of_department(name) for name in DEPARTMENTS]
    longest = max(len(column) for column in columns)
    blocks = [column[row] for row in range(longest) for column in columns if row < len(column)]
    found = tuple(_category(number, *block) for number, block in enumerate(blocks))
    by_slug = {category.slug: category for category in found}
    for category in found:
        if category.fits:
            by_slug[category.fits].accessories.append(category)
    return found


@functools.cache
def category_by_slug() -> dict[str, Category]:
    """Categories by their short name."""
    return {category.slug: category for category in categories()}


def _of_department(name: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    department = _read(f"departments/{name}")
    return [(slug, block, department) for slug, block in department["categories"].items()]


def _category(number: int, slug: str, block: dict[str, Any], department: dict[str, Any]) -> Category:
    built = ("path", "price", "specs", "splits", "sizes", "packs", "colours")
    plain = {key: block[key] for key in block if key not in built}
    splits = _attributes(block["splits"])
    sizes = block.get("sizes")
    return Category(
        **plain,
        slug=slug,
        number=number,
        department=department["name"]["en"],
        path={language: [department["name"][language], *block["path"][language]] for language in ("en", "zh")},
        price=(block["price"][0], block["price"][1]),
        specs=_attributes(block["specs"]),
        split=splits[0] if splits else None,
        sizes=_attributes({"size": sizes})[0] if sizes else None,
        brands=department["brands"],
        colours=tuple(block.get("colours", department["colours"])),
        models=tuple(department.get("models", words()["models"])),
        uses=department["uses"],
        packs=tuple(block.get("packs", ())),
    )


def _attributes(block: dict[str, dict[str, Any]]) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, tuple(spec["values"]), spec.get("unit")) for name, spec in block.items())


def _read(name: str) -> dict[str, Any]:
    text = resources.files("kgspark.sample").joinpath(f"words/{name}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content
