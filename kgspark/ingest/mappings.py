"""Which raw field feeds which column: the mapping of each kind of thing that a dump may hold."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field as Default
from pydantic import field_validator, model_validator

from kgspark.ingest.fields import Field, PriceField, RatingField, Strict, TimeField

Kind = Literal["catalogue", "reviews", "interactions"]


class _Columns(Strict):
    """Target columns of a kind; ``attributes`` takes what has no column of its own."""

    attributes: dict[str, Field] = Default(default_factory=dict)

    def named(self) -> dict[str, tuple[Field, ...]]:
        """Mapped target columns in schema order, attributes as ``attributes.<name>``."""
        found: dict[str, tuple[Field, ...]] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if name == "attributes":
                found |= {f"attributes.{key}": (field,) for key, field in value.items()}
            elif value:
                found[name] = value if isinstance(value, tuple) else (value,)
        return found

    @field_validator("category_path", mode="before", check_fields=False)
    @classmethod
    def _levels(cls, value: Any) -> Any:
        return value if value is None or isinstance(value, list | tuple) else [value]


class CatalogueColumns(_Columns):
    """What may be said of an offer; only the title must be."""

    title: Field
    description: Field | None = None
    brand: Field | None = None
    gtin: Field | None = None
    mpn: Field | None = None
    category_path: tuple[Field, ...] = ()
    price: PriceField | None = None
    currency: Field | None = None
    language: Field | None = None
    listed_at: TimeField | None = None


class ReviewColumns(_Columns):
    """What may be said of a review."""

    product: Field | None = None
    category_path: tuple[Field, ...] = ()
    shopper: Field | None = None
    title: Field | None = None
    text: Field | None = None
    rating: RatingField | None = None
    helpful_votes: Field | None = None
    reviewed_at: TimeField | None = None
    language: Field | None = None


class InteractionColumns(_Columns):
    """What may be said of an interaction; without a type it is a purchase, without a quantity one piece."""

    product: Field
    type: Field | None = None
    shopper: Field | None = None
    basket: Field | None = None
    quantity: Field | None = None
    unit_price: PriceField | None = None
    currency: Field | None = None
    happened_at: TimeField | None = None


class _Mapping(Strict):
    """What every kind has: how its records are chosen and named."""

    key: tuple[str, ...] = ()
    latest_by: Field | None = None
    where: Field | None = None

    @field_validator("key", mode="before")
    @classmethod
    def _one_field(cls, value: Any) -> Any:
        return () if value is None else (value,) if isinstance(value, str) else value

    @field_validator("where", mode="before")
    @classmethod
    def _condition(cls, value: Any) -> Any:
        return {"sql": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _latest_of_what(self) -> _Mapping:
        if self.latest_by is not None and not self.key:
            raise ValueError("latest_by picks one record a key, but no key is given; add 'key: [field]'")
        return self

    def named(self) -> dict[str, tuple[Field, ...]]:
        """Every value the mapping reads, by the YAML key that asks for it."""
        chosen = {"key": tuple(Field(field=name) for name in self.key)}
        for name in ("latest_by", "where", "seller"):
            value = getattr(self, name, None)
            if value is not None:
                chosen[name] = (value,)
        return chosen | {f"columns.{name}": fields for name, fields in self.columns.named().items()}

    def raw_fields(self) -> tuple[str, ...]:
        """Raw fields that the mapping reads, each once, in order of appearance."""
        return tuple(
            dict.fromkeys(name for fields in self.named().values() for field in fields for name in field.raw_fields())
        )

    columns: _Columns


class CatalogueMapping(_Mapping):
    """How records become offers; ``seller`` defaults to the source's name."""

    seller: Field | None = None
    unique: bool | None = None
    columns: CatalogueColumns


class _ShopperMapping(_Mapping):
    """What reviews and interactions share: a product of some catalogue, and a person who stays unnamed past bronze."""

    @model_validator(mode="after")
    def _key_names_nobody(self) -> _ShopperMapping:
        shopper: Field | None = getattr(self.columns, "shopper", None)
        named = sorted(set(self.key) & set(shopper.raw_fields() if shopper else ()))
        if named:
            raise ValueError(
                f"the key holds the shopper's {named[0]!r}, which may not leave bronze; use another key, or none"
            )
        return self


class ReviewsMapping(_ShopperMapping):
    """How records become reviews; ``catalogue``: the source whose offers ``product`` refers to, by default this one.

    ``shopper_namespace``: sources that share it mean the same person by the same raw id; default: the source alone.
    """

    catalogue: str | None = None
    shopper_namespace: str | None = None
    columns: ReviewColumns


class InteractionsMapping(_ShopperMapping):
    """How records become interactions; ``catalogue`` and ``shopper_namespace`` as for reviews."""

    catalogue: str | None = None
    shopper_namespace: str | None = None
    columns: InteractionColumns


class Emits(Strict):
    """What a dump holds: one kind or several."""

    catalogue: CatalogueMapping | None = None
    reviews: ReviewsMapping | None = None
    interactions: InteractionsMapping | None = None

    @model_validator(mode="after")
    def _something(self) -> Emits:
        if not self.mappings():
            raise ValueError("name at least one of catalogue, reviews and interactions")
        return self

    def mappings(self) -> dict[str, CatalogueMapping | ReviewsMapping | InteractionsMapping]:
        """The kinds that the dump holds, with their mappings."""
        kinds = {"catalogue": self.catalogue, "reviews": self.reviews, "interactions": self.interactions}
        return {kind: mapping for kind, mapping in kinds.items() if mapping is not None}
