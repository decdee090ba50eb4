"""What a dry run prints."""

from __future__ import annotations

from kgspark.forecast import Forecast, StageForecast, lines


def test_a_run_that_was_left_open_is_told_of_first() -> None:
    stage = StageForecast("graph.facts", "keys", "changed: silver.offers", 1_200, 3.0)
    assert [" ".join(line.split()) for line in lines(Forecast([], [stage], ["run-1 was left open."]))] == [
        "run-1 was left open.",
        "graph.facts keys 1,200 rows 3.0 s changed: silver.offers",
        "about 3 s, stages one after another",
    ]
