"""What the graph may say: kinds of node and relations, read from ``schemas/ontology.yaml``."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kgspark.errors import InputError
from kgspark.schema import schema_dir

FILE_NAME = "ontology.yaml"
_FIELD = re.compile(r"\{(\w+)\}")


class Piece(NamedTuple):
    """A stretch of a template: plain text, or the name of a field."""

    name: str
    is_field: bool


def split_template(template: str) -> list[Piece]:
    """A template in pieces.

    >>> split_template("{attribute}: {label}")
    [Piece(name='attribute', is_field=True), Piece(name=': ', is_field=False), Piece(name='label', is_field=True)]
    """
    # Splitting at a captured name leaves plain text at even and names at odd places.
    pieces = [Piece(name, place % 2 == 1) for place, name in enumerate(_FIELD.split(template))]
    return [piece for piece in pieces if piece.name]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(_Declared):
    """A kind of node: what it is, what its id hashes, and the text that stands for it when it is embedded."""

    name: str
    term: str
    meaning: str
    key: str
    text: tuple[str, ...] | None
    properties: dict[str, str]

    @property
    def id_prefix(self) -> str:
        """How every node_id of the kind begins."""
        return f"{self.name}/"

    @property
    def text_fields(self) -> tuple[str, ...]:
        """Fields that the text names, in order of first use."""
        return tuple(dict.fromkeys(_FIELD.findall(" ".join(self.text or ()))))


class Relation(_Declared):
    """A relation: which kinds it joins, what its weight and properties mean, how it is kept."""

    name: str
    term: str
    meaning: str
    domain: tuple[str, ...]
    range_: tuple[str, ...] = Field(alias="range")
    weight: str
    support: str = "records that say so"
    properties: dict[str, str]
    symmetric: bool = False
    functional: bool = False
    embed: bool = False
    evidence_cap: int | None = Field(None, ge=1)


class Ontology(_Declared):
    """All kinds and relations, by name, in the file's order."""

    kinds: dict[str, Kind]
    relations: dict[str, Relation]

    @model_validator(mode="before")
    @classmethod
    def _name_from_key(cls, declared: Any) -> Any:
        return {group: {n: {"name": n, **body} for n, body in items.items()} for group, items in declared.items()}

    @model_validator(mode="after")
    def _only_declared_kinds(self) -> Ontology:
        for relation in self.relations.values():
            unknown = {*relation.domain, *relation.range_} - set(self.kinds)
            if unknown:
                raise ValueError(f"relation {relation.name} names undeclared kinds {sorted(unknown)}")
            if relation.symmetric and relation.domain != relation.range_:
                raise ValueError(f"relation {relation.name} is symmetric, so its domain must equal its range")
            if relation.embed and any(self.kinds[kind].text is None for kind in (*relation.domain, *relation.range_)):
                raise ValueError(f"relation {relation.name} is embedded, but one of its ends has no text")
        return self


@functools.cache
def load() -> Ontology:
    """The ontology that came with the package.

    Raises InputError where the file breaks the format, names an undeclared kind, or embeds a relation to a kind that
    has no text.
    """
    try:
        text = schema_dir().joinpath(FILE_NAME).read_text(encoding="utf-8")
        return Ontology.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        raise InputError(f"schemas/{FILE_NAME} is not an ontology: {error}") from error


def embedded_relations() -> tuple[str, ...]:
    """Names of the relations whose edges get an embedding."""
    return tuple(relation.name for relation in load().relations.values() if relation.embed)


def symmetric_relations() -> tuple[str, ...]:
    """Names of the relations that hold both ways and are kept as one row, src < dst."""
    return tuple(relation.name for relation in load().relations.values() if relation.symmetric)
