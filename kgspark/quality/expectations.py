"""From a table's contract to the checks of its gate.

contract -> checks (an expectation of Great Expectations each, some over a derived column) -> one frame to validate

What a column of the table cannot say by itself (is the key unique, does the referenced row exist, may this relation
join these kinds) becomes a derived column, so that Great Expectations judges it with the rest in one pass. A reference
is an EXISTS: unlike a join it cannot multiply rows, and it costs nothing where only rows are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.graph import ontology
from kgspark.quality.declared import build, classes, describe, file_of
from kgspark.schema import Reference, Table

Lookup = Callable[[str], DataFrame]

_GATED = "gated"
# Up to here counting the key's copies in the common pass is fastest (20,000 rows: 6 jobs instead of 9, a third less
# time); beyond, a pass of its own over eight bytes a row is (1 M rows: half the time of shuffling the keys themselves).
_ONE_PASS_ROWS = 100_000
# In the names of expectations that count rows, and judge each by all others.
_OF_ALL_ROWS = ("unique", "z_score", "increasing", "decreasing")


@dataclass(frozen=True)
class Check:
    """One expectation: how it reads, the object that judges it, the derived columns that it needs, and the columns to
    show of a row that breaks it. ``exact`` replaces it when a failure is looked at a second time. ``by_row``: whether a
    row, with the others of its key, says by itself that it is wrong.
    """

    text: str
    expectation: Any
    shows: tuple[str, ...]
    derived: dict[str, Column] = field(default_factory=dict)
    exact: Check | None = None
    counts_rows: bool = True
    by_row: bool = True


def check_contracts(tables: Iterable[Table]) -> None:
    """Check that every gate can be built, before a night begins.

    Raises InputError, naming file, key and the nearest known one, for an unknown expectation, argument or column, an
    expectation declared twice, or an ontology check on a table that is neither nodes nor edges.
    """
    for table in tables:
        _is_nodes(table)
        texts = [_key_text(table), *(check.text for check in column_checks(table))]
        twice = [text for text, times in Counter(texts).items() if times > 1]
        if twice:
            raise InputError(f"{file_of(table)}: gate.expect holds {twice[0]} twice; remove one.")


def table_checks(table: Table, lookup: Lookup, rows: int = 0) -> list[Check]:
    """Every check on the table's own rows: key, nulls, declared expectations, ontology, foreign keys.

    ``rows``, the size of the table, decides only how the key is checked.
    """
    references = [_reference_check(place, reference, lookup) for place, reference in enumerate(table.gate.references)]
    return [_key_check(table, rows), *column_checks(table), *ontology_checks(table), *references]


def column_checks(table: Table) -> list[Check]:
    """No null where none may be, and what the contract's ``gate.expect`` lists."""
    present = [
        _declared(table, "expect_column_values_to_not_be_null", {"column": column.name})
        for column in table.columns
        if not column.nullable
    ]
    declared = [_declared(table, name, arguments) for entry in table.gate.expect for name, arguments in entry.items()]
    return [*present, *declared]


def ontology_checks(table: Table) -> list[Check]:
    """Kinds of nodes, or relations with their domains and ranges, as ``schemas/ontology.yaml`` declares them."""
    nodes = _is_nodes(table)
    if nodes is None:
        return []
    return _node_checks() if nodes else _edge_checks()


def converse_check(reference: Reference, children: DataFrame) -> Check:
    """Every row of the referenced table is referenced by a row of ``children``; to be run on the referenced table."""
    found = _exists(children, reference.columns, reference.to)
    text = f"expect_rows_to_be_referenced({reference.table}({', '.join(reference.to)}))"
    return _flag_check(text, "gate_referenced", found, reference.to)


def with_derived(frame: DataFrame, checks: Iterable[Check]) -> DataFrame:
    """The frame with the columns that its checks derive."""
    derived = {name: column for check in checks for name, column in check.derived.items()}
    columns = [column.alias(name) for name, column in derived.items()]
    return frame.alias(_GATED).select("*", *columns) if columns else frame


def _declared(table: Table, name: str, arguments: dict[str, Any]) -> Check:
    expectation = build(table, name, arguments)
    named = [arguments.get("column"), arguments.get("column_A"), arguments.get("column_B")]
    shows = tuple(column for column in (*named, *arguments.get("column_list", ())) if column)
    # With 'mostly' a passing expectation may have broken rows that were not counted.
    counts_rows = bool(getattr(expectation, "map_metric", None)) and arguments.get("mostly", 1) == 1
    by_row = counts_rows and not any(word in name for word in _OF_ALL_ROWS)
    return Check(describe(name, arguments), expectation, shows, counts_rows=counts_rows, by_row=by_row)


def _is_nodes(table: Table) -> bool | None:
    """Whether an ontology check is one of nodes or one of edges; None where the contract asks for none."""
    if not table.gate.ontology:
        return None
    for nodes, columns in ((True, {"node_id", "kind"}), (False, {"src", "relation", "dst"})):
        if columns <= set(table.column_names):
            return nodes
    raise InputError(
        f"{file_of(table)}: gate.ontology is for nodes (node_id, kind) and edges (src, relation, dst); remove it."
    )


def _key_text(table: Table) -> str:
    if len(table.key) == 1:
        return describe("expect_column_values_to_be_unique", {"column": table.key[0]})
    return describe("expect_compound_columns_to_be_unique", {"column_list": list(table.key)})


def _key_check(table: Table, rows: int) -> Check:
    """No key twice. A big table is asked by the key's hash first, and on a failure by the key itself: equal keys have
    equal hashes, so nothing slips through, and different keys of one hash are cleared by the second look.
    """
    text = _key_text(table)
    copies = F.count(F.lit(1)).over(Window.partitionBy(*table.key))
    between = classes()["expect_column_values_to_be_between"](column="gate_copies", max_value=1)
    exact = Check(text, between, table.key, {"gate_copies": copies})
    if rows <= _ONE_PASS_ROWS:
        return exact
    unique = classes()["expect_column_values_to_be_unique"](column="gate_key")
    return Check(text, unique, table.key, {"gate_key": F.xxhash64(*table.key)}, exact)


def _reference_check(place: int, reference: Reference, lookup: Lookup) -> Check:
    found = _exists(lookup(reference.table), reference.to, reference.columns)
    text = f"expect_reference_to_exist({', '.join(reference.columns)} -> {reference.table}({', '.join(reference.to)}))"
    return _flag_check(text, f"gate_reference_{place}", found, reference.columns)


def _node_checks() -> list[Check]:
    kinds = sorted(ontology.load().kinds)
    in_set = classes()["expect_column_values_to_be_in_set"](column="kind", value_set=kinds)
    prefixed = F.startswith("node_id", F.concat("kind", F.lit("/")))
    return [
        Check("expect_ontology(kind is declared)", in_set, ("kind",)),
        _flag_check("expect_ontology(node_id begins with its kind)", "gate_prefix", prefixed, ("node_id", "kind")),
    ]


def _edge_checks() -> list[Check]:
    relations = ontology.load().relations.values()
    allowed = sorted(f"{d} {r.name} {g}" for r in relations for d in r.domain for g in r.range_)
    # Every end is a node (a reference) and every node_id begins with its kind, so no join is needed to know the kinds.
    triple = F.concat_ws(" ", F.substring_index("src", "/", 1), "relation", F.substring_index("dst", "/", 1))
    in_set = classes()["expect_column_values_to_be_in_set"](column="gate_triple", value_set=allowed)
    ends = ("src", "relation", "dst")
    symmetric = [relation.name for relation in relations if relation.symmetric]
    ordered = ~F.col("relation").isin(symmetric) | (F.col("src") < F.col("dst"))
    return [
        Check("expect_ontology(relation joins kinds of its domain and range)", in_set, ends, {"gate_triple": triple}),
        _flag_check("expect_ontology(symmetric relation has src < dst)", "gate_ordered", ordered, ends),
    ]


def _flag_check(text: str, name: str, holds: Column, shows: tuple[str, ...]) -> Check:
    expectation = classes()["expect_column_values_to_be_in_set"](column=name, value_set=[True])
    return Check(text, expectation, shows, {name: holds})


def _exists(parents: DataFrame, parent_columns: tuple[str, ...], columns: tuple[str, ...]) -> Column:
    """True where a parent row has the gated row's columns, false where none has, null where one of them is null."""
    pairs = list(zip(parent_columns, columns, strict=True))
    matches = F.lit(True)
    filled = F.lit(True)
    for parent, column in pairs:
        matches &= F.col(parent) == F.col(f"{_GATED}.{column}").outer()
        filled &= F.col(column).isNotNull()
    return F.when(filled, parents.select(*parent_columns).where(matches).exists())
