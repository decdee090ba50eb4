"""What a dry run prints."""

from __future__ import annotations

from kgspark.nightly.forecast import Forecast, StageForecast, lines


def test_a_stage_that_was_never_done_so_costs_at_most_what_it_ever_did() -> None:
    stage = StageForecast("graph.facts", "keys", "changed: silver.offers", None, 30.0, at_most=True)
    assert [" ".join(line.split()) for line in lines(Forecast([], [stage]))] == [
        "graph.facts keys <= 30.0 s changed: silver.offers",
        "at most 30 s, stages one after another; start and release come on top, a minute or two",
    ]


def test_a_run_that_was_left_open_is_told_of_first() -> None:
    stage = StageForecast("graph.facts", "keys", "changed: silver.offers", 1_200, 3.0)
    assert [" ".join(line.split()) for line in lines(Forecast([], [stage], ["run-1 was left open."]))] == [
        "run-1 was left open.",
        "graph.facts keys 1,200 rows 3.0 s changed: silver.offers",
        "about 3 s, stages one after another; start and release come on top, a minute or two",
    ]
