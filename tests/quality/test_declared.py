"""Declared expectations: the shipping contracts build, and a wrong word is answered with the nearest right one."""

from __future__ import annotations

import doctest
from typing import Any

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.quality import declared
from kgspark.quality.expectations import check_contracts, converse_check, table_checks, with_derived
from kgspark.schema import Gate, Table, load_tables, table


def offers_with(**gate: Any) -> Table:
    return load_tables()["silver.offers"].model_copy(update={"gate": Gate.model_validate(gate)})


def expecting(*entries: dict[str, dict[str, Any]]) -> Table:
    return offers_with(expect=entries)


def test_the_shipping_contracts_are_well_worded() -> None:
    check_contracts(load_tables().values())


@pytest.mark.parametrize("name", sorted(name for name, contract in load_tables().items() if contract.gate != Gate()))
def test_every_shipping_gate_builds(spark: SparkSession, name: str) -> None:
    contract = load_tables()[name]
    empty = spark.createDataFrame([], contract.struct)

    def lookup(other: str) -> Any:
        return spark.createDataFrame([], table(other).struct)

    checks = table_checks(contract, lookup)
    checks += [converse_check(reference, empty) for reference in contract.gate.references if reference.both_ways]
    assert len({check.text for check in checks}) == len(checks)
    own = [check for check in checks if not check.text.startswith("expect_rows_to_be_referenced")]
    # Resolving the frame finds what no row is needed for: columns that do not exist, types that do not compare.
    derived = with_derived(empty, own).columns
    assert derived[: len(contract.columns)] == contract.column_names
    assert "gate_copies" in derived


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"expect_column_values_to_be_betwen": {"column": "price"}},
            r"schemas/2_silver/offers\.yaml: gate\.expect: .*did you mean expect_column_values_to_be_between\?",
        ),
        (
            {"expect_column_values_to_be_between": {"column": "price", "min_valu": 0}},
            r"has no argument min_valu; did you mean min_value\?",
        ),
        (
            {"expect_column_values_to_be_between": {"column": "prise", "min_value": 0}},
            r"column prise that silver\.offers does not declare; did you mean price\?",
        ),
        (
            {"expect_compound_columns_to_be_unique": {"column_list": ["source", "recordid"]}},
            r"did you mean record_id\?",
        ),
        ({"expect_column_values_to_be_between": {"min_value": 0}}, r"does not take \{'min_value': 0\}"),
        ({"expect_column_median_to_be_between": {"column": "price", "min_value": 0}}, r"sorts the whole column"),
        ({"expect_column_values_to_not_be_null": {"column": "title"}}, r"holds expect_.*_null\(title\) twice"),
    ],
)
def test_a_wrong_word_is_named_with_its_file_and_the_nearest_right_one(
    entry: dict[str, dict[str, Any]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        check_contracts([expecting(entry)])


def test_the_ontology_is_for_nodes_and_edges() -> None:
    with pytest.raises(InputError, match=r"offers\.yaml: gate\.ontology is for nodes"):
        check_contracts([offers_with(ontology=True)])


def test_how_expectations_read() -> None:
    assert doctest.testmod(declared).failed == 0
    assert (
        declared.describe("expect_column_values_to_be_in_set", {"column": "kind", "value_set": list("abcdefghij")})
        == "expect_column_values_to_be_in_set(kind, [a, b, c, d, e, f, g, h, and 2 more])"
    )
    assert (
        declared.describe("expect_column_values_to_match_regex", {"column": "gtin", "regex": "^[0-9]{14}$"})
        == "expect_column_values_to_match_regex(gtin, regex=^[0-9]{14}$)"
    )
