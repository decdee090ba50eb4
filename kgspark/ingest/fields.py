"""Where one value of a record comes from: a raw field, a SQL expression over raw fields, or a constant."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable
from typing import Any, Literal

import sqlglot
from pydantic import BaseModel, ConfigDict, field_validator, model_validator
from pyspark.sql import Column
from pyspark.sql import functions as F
from sqlglot import exp

from kgspark.columns import quoted_name


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for an unknown name: the nearest known one, else all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name.casefold(), [n.casefold() for n in names], n=1, cutoff=0.5)
    if close:
        return f"did you mean {next(n for n in names if n.casefold() == close[0])!r}?"
    return f"known are {', '.join(names)}"


class Strict(BaseModel):
    """A block of YAML whose unknown keys are errors that name the nearest known key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        if isinstance(value, dict):
            for key in value:
                if key not in cls.model_fields:
                    raise ValueError(f"unknown key {key!r}; {nearest(str(key), cls.model_fields)}")
        return value


class Field(Strict):
    """Where one value comes from: a raw field, a SQL expression over raw fields, or a constant.

    In YAML a plain text is the name of a field. ``separator`` splits a category path held in one value.
    """

    field: str | None = None
    sql: str | None = None
    value: str | None = None
    separator: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain_name(cls, value: Any) -> Any:
        return {"field": value} if isinstance(value, str) else value

    @field_validator("value", mode="before")
    @classmethod
    def _constant_as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Field:
        if sum(part is not None for part in (self.field, self.sql, self.value)) != 1:
            raise ValueError("give exactly one of field, sql and value (a plain text is a field's name)")
        self.raw_fields()
        return self

    def raw_fields(self) -> tuple[str, ...]:
        """Names of the raw fields that the value is made of, in order of appearance."""
        if self.field is not None:
            return (self.field,)
        return fields_of_sql(self.sql) if self.sql is not None else ()

    def column(self) -> Column:
        """The value as text, over a frame whose columns are the raw fields."""
        if self.field is not None:
            return F.col(quoted_name(self.field))
        return F.expr(self.sql).cast("string") if self.sql is not None else F.lit(self.value)


class PriceField(Field):
    """A price; ``decimal`` settles ``1.299`` and ``1,299`` where the source always writes one sign for decimals."""

    decimal: Literal[".", ","] | None = None


class TimeField(Field):
    """A time; ``date_format`` is its pattern, such as MM/dd/yyyy, where it is neither ISO 8601 nor epoch seconds."""

    date_format: str | None = None


@functools.cache
def fields_of_sql(sql: str) -> tuple[str, ...]:
    """Raw fields that a SQL expression refers to, in order of appearance.

    >>> fields_of_sql("concat_ws(' ', `Class Name`, brand, brand)")
    ('Class Name', 'brand')

    Raises ValueError where the expression is not Spark SQL.
    """
    try:
        tree = sqlglot.parse_one(sql, read="spark")
    except sqlglot.errors.SqlglotError as error:
        raise ValueError(f"{sql!r} is not a SQL expression: {str(error).splitlines()[0]}") from None
    names: dict[str, None] = {}
    for column in tree.find_all(exp.Column, bfs=False):
        if column.table:
            raise ValueError(f"{sql!r} refers to {column.sql()}; put a field whose name holds a dot into `back quotes`")
        names[column.name] = None
    return tuple(names)


class RatingField(Field):
    """A rating and the ends of its scale."""

    min: float = 1.0
    max: float = 5.0

    @model_validator(mode="after")
    def _scale(self) -> RatingField:
        if not self.min < self.max:
            raise ValueError(f"the rating's scale runs from {self.min} to {self.max}; min must be below max")
        return self
