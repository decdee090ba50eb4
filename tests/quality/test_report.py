"""The report of the gates: whole, escaped, and without a link to anywhere."""

from __future__ import annotations

import re

from kgspark.quality.report import render_html
from kgspark.quality.results import ExpectationResult, GateReport, as_json

HELD = ExpectationResult("expect_column_values_to_be_unique(offer_id)", True, 0, "{}")
BROKEN = ExpectationResult(
    "expect_column_values_to_be_between(rating, 0..1)",
    False,
    1200,
    as_json({"rows_sampled": [{"review_id": "r1", "rating": 7.0, "title": "<script>alert(1)</script>"}]}),
)
SHARE = ExpectationResult("expect_rejected_share_to_be_at_most(0.05)", False, None, as_json({"share": 0.2}))


def report(*results: ExpectationResult) -> GateReport:
    return GateReport("run-1", "silver.reviews", 3, 3000, results)


def test_the_page_shows_failures_first_and_escapes_what_shops_wrote() -> None:
    page = render_html(report(HELD, BROKEN, SHARE).rows())
    assert "2 of 3 expectations failed" in page
    assert "broken by 1,200 rows" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert "share: 0.2" in page
    assert "1 of 3 held" in " ".join(page.split())
    assert page.index("expect_column_values_to_be_between") < page.index("expect_column_values_to_be_unique")


def test_the_page_loads_nothing_from_outside() -> None:
    page = render_html(report(HELD, BROKEN).rows())
    assert re.findall(r"https?:|src=|href=|@import|url\(", page) == []


def test_all_is_well_says_so() -> None:
    assert "Every expectation held." in render_html(report(HELD).rows())


def test_the_message_names_table_version_rule_rows_and_examples() -> None:
    assert report(HELD, BROKEN, SHARE).failure_message() == (
        "silver.reviews v3: expect_column_values_to_be_between(rating, 0..1) failed for 1,200 of 3,000 rows, "
        "e.g. review_id=r1, rating=7.0, title=<script>alert(1)</script>; so did "
        "expect_rejected_share_to_be_at_most(0.05). Nothing is released; all results are in ops.gate_results "
        "(run_id = 'run-1' and not success)."
    )


def test_a_share_is_told_with_its_numbers() -> None:
    assert "expect_rejected_share_to_be_at_most(0.05) failed (share 0.2)." in report(SHARE).failure_message()


def test_rows_of_another_table_are_not_counted_against_this_one() -> None:
    referenced = ExpectationResult("expect_rows_to_be_referenced(graph.nodes(node_id))", False, 7, "{}", elsewhere=True)
    assert "(graph.nodes(node_id)) failed for 7 rows. " in report(referenced).failure_message()
