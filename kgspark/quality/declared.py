"""Expectations as the table contracts declare them: names and arguments of Great Expectations, checked before a night.

``{expect_column_values_to_be_between: {column: rating, min_value: 0, max_value: 1}}`` becomes the class
``ExpectColumnValuesToBeBetween`` with these arguments, and reads
``expect_column_values_to_be_between(rating, 0..1)`` in results.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable
from typing import Any

from kgspark.errors import InputError
from kgspark.schema import LAYERS, Table

# Arguments that steer Great Expectations itself and are the gate's to give.
_RESERVED = {"id", "meta", "notes", "result_format", "catch_exceptions", "batch_id", "rendered_content", "windows"}
_COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list")
# Exact quantiles sort the column, which a big table cannot pay for every night.
_SORTING = ("median", "quantile")
_SHOWN_VALUES = 8


def file_of(table: Table) -> str:
    """The YAML that declares a table, as a person would look for it."""
    layer, _, short = table.name.partition(".")
    folder = next((name for name in LAYERS if name.split("_")[-1] == layer), layer)
    return f"schemas/{folder}/{short}.yaml"


@functools.cache
def classes() -> dict[str, type[Any]]:
    """Every expectation of Great Expectations by its snake_case name; the import takes seconds, so not at the top."""
    import great_expectations.expectations as gxe
    from great_expectations.expectations.expectation import Expectation

    known = (getattr(gxe, name) for name in dir(gxe))
    return {
        cls.expectation_type: cls
        for cls in known
        if isinstance(cls, type) and issubclass(cls, Expectation) and cls.expectation_type
    }


def build(table: Table, name: str, arguments: dict[str, Any]) -> Any:
    """One declared expectation as an object of Great Expectations.

    Raises InputError, naming file, key and the nearest known one, for an unknown name, argument or column.
    """
    where = f"{file_of(table)}: gate.expect"
    if name not in classes():
        raise InputError(f"{where}: {name} is no expectation of Great Expectations{_nearest(name, classes())}")
    if any(word in name for word in _SORTING):
        raise InputError(f"{where}: {name} sorts the whole column every night; bound its mean, minimum or maximum.")
    cls = classes()[name]
    known = [argument for argument in cls.__fields__ if argument not in _RESERVED]
    for argument in arguments:
        if argument not in known:
            raise InputError(f"{where}: {name} has no argument {argument}{_nearest(argument, known)}")
    for argument in _COLUMN_ARGUMENTS:
        named = arguments.get(argument, [])
        for column in [named] if isinstance(named, str) else named:
            if column not in table.column_names:
                hint = _nearest(column, table.column_names)
                raise InputError(f"{where}: {name} names a column {column} that {table.name} does not declare{hint}")
    try:
        return cls(**arguments)
    except ValueError as error:
        problem = str(error).splitlines()[-1].strip()
        raise InputError(f"{where}: {name} does not take {arguments} ({problem}); correct its arguments.") from None


def describe(name: str, arguments: dict[str, Any]) -> str:
    """How an expectation reads in results and messages.

    >>> describe("expect_column_values_to_be_between", {"column": "rating", "min_value": 0, "max_value": 1})
    'expect_column_values_to_be_between(rating, 0..1)'
    >>> describe("expect_column_values_to_be_between", {"column": "n", "min_value": 0, "strict_min": True})
    'expect_column_values_to_be_between(n, >0..)'
    """
    rest = dict(arguments)
    parts = []
    for argument in _COLUMN_ARGUMENTS:
        named = rest.pop(argument, [])
        parts += [named] if isinstance(named, str) else list(named)
    if "min_value" in rest or "max_value" in rest:
        low, high = rest.pop("min_value", ""), rest.pop("max_value", "")
        strict_low, strict_high = rest.pop("strict_min", False), rest.pop("strict_max", False)
        parts.append(f"{'>' if strict_low else ''}{low}..{'<' if strict_high else ''}{high}")
    if "value_set" in rest:
        parts.append(_set_text(rest.pop("value_set")))
    parts += [f"{argument}={value}" for argument, value in rest.items()]
    return f"{name}({', '.join(parts)})"


def _set_text(values: Iterable[Any]) -> str:
    shown = [str(value) for value in values]
    more = f", and {len(shown) - _SHOWN_VALUES} more" if len(shown) > _SHOWN_VALUES else ""
    return "[" + ", ".join(shown[:_SHOWN_VALUES]) + more + "]"


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.0)
    return f"; did you mean {near[0]}?" if near else "."
