"""Which run of a night goes on, and what is said of one that does not."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from kgspark.nightly.open_runs import LeftOpen, Start, left_open

NIGHT = datetime.date(2026, 1, 2)
TONIGHT = Start(NIGHT, "5e77", (), "d0", "r1", "0.1")


def run(name: str, status: str, began: Start = TONIGHT, hour: int = 1) -> dict[str, Any]:
    return {
        "run_id": name,
        "night": began.night,
        "status": status,
        "started_at": datetime.datetime(2026, 1, 2, hour, tzinfo=datetime.UTC),
        "from_release": began.from_release,
        "config_hash": began.config_hash,
        "code_version": began.code_version,
    }


@pytest.mark.parametrize("status", ["running", "failed", "stopped", "open", "died"])
def test_whatever_is_not_over_goes_on(status: str) -> None:
    found = left_open([run("a", "released", hour=3), run("b", status, hour=2)], TONIGHT)
    assert found.goes_on is not None
    assert (found.goes_on["run_id"], found.passed_over) == ("b", None)


@pytest.mark.parametrize(("status", "ended"), [("released", None), ("gate_failed", "b ended: too few")])
def test_what_is_over_does_not_go_on_and_is_told_of_where_a_gate_said_no(status: str, ended: str | None) -> None:
    # The older one was left open as well, but the night has ended since.
    older = run("a", "failed", replace(TONIGHT, settings="07e4"))
    newest = run("b", status, hour=2) | {"message": "too few"}
    assert left_open([older, newest], TONIGHT) == LeftOpen(ended=ended)


@pytest.mark.parametrize(
    ("began", "why"),
    [
        ({"settings": "07e4"}, "settings, mappings, key or answers are others, or a stage is of another version"),
        ({"asked": ("full",)}, "it was started with --full"),
        ({"deliveries": "d1"}, "other dumps lie at the sources' paths"),
        ({"code_version": "0.0"}, "it is of kgspark 0.0"),
        ({"from_release": None}, "it started from no release, and the latest is r1"),
        (
            {"asked": ("refit",), "deliveries": "d1"},
            "it was started with --refit; other dumps lie at the sources' paths",
        ),
    ],
)
def test_a_run_that_does_not_go_on_is_told_of_with_the_reason(began: dict[str, Any], why: str) -> None:
    found = left_open([run("a", "stopped", replace(TONIGHT, **began))], TONIGHT)
    assert found == LeftOpen(None, f"a of this night was left open and is not gone on with: {why}.")


def test_an_older_run_goes_on_and_the_newest_is_told_of() -> None:
    newest = run("b", "died", replace(TONIGHT, asked=("full",)), hour=2)
    found = left_open([newest, run("a", "stopped")], TONIGHT)
    assert found.goes_on is not None
    assert found.goes_on["run_id"] == "a"
    assert found.passed_over == "b of this night was left open and is not gone on with: it was started with --full."


def test_runs_of_other_nights_and_erasures_are_nobodys_business() -> None:
    erasure = run("a", "failed", replace(TONIGHT, asked=("erasure0a1b", "refit")))
    yesterday = run("b", "stopped", replace(TONIGHT, night=datetime.date(2026, 1, 1)))
    assert left_open([erasure, yesterday], TONIGHT) == LeftOpen()


def test_a_later_step_reads_no_dump_and_does_not_ask_which_lie_there() -> None:
    found = left_open([run("a", "open")], replace(TONIGHT, deliveries=None))
    assert found.goes_on is not None
