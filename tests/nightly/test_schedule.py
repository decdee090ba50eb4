"""Stages side by side: who waits for whom, what overlaps, and what an error stops."""

from __future__ import annotations

import threading

import pytest

from kgspark.nightly.schedule import needs, run_stages
from kgspark.pipeline import PREVIOUS, RAW, STAGES, Stage


def stage(name: str, reads: tuple[str, ...], *writes: str) -> Stage:
    return Stage(name, reads, writes, dict, "graph", "whole")


OFFERS = stage("offers", (RAW,), "silver.offers")
REVIEWS = stage("reviews", (RAW,), "silver.reviews")
FACTS = stage("facts", ("silver.offers", "silver.reviews"), "graph.nodes", "graph.edges")


def test_a_stage_needs_the_earlier_ones_that_write_what_it_reads() -> None:
    # The gate of graph.node_vectors looks up graph.nodes, which the stage does not read.
    vectors = stage("vectors", ("graph.edges",), "graph.node_vectors")
    nodes = stage("nodes", ("silver.reviews",), "graph.nodes")
    assert needs([OFFERS, REVIEWS, nodes, vectors]) == {
        "offers": set(),
        "reviews": set(),
        "nodes": {"reviews"},
        "vectors": {"nodes"},
    }
    yesterday = stage("history", ("silver.offers", "graph.edges", "silver.reviews" + PREVIOUS), "silver.price_history")
    assert needs([OFFERS, REVIEWS, yesterday, FACTS])["history"] == {"offers"}


def test_the_night_itself() -> None:
    needed = needs(STAGES)
    silver = {"ingest.offers", "ingest.reviews", "ingest.interactions"}
    assert [needed[name] for name in sorted(silver)] == [{"ingest.records"}] * 3
    assert needed["ingest.price_history"] == {"ingest.offers", "ingest.interactions"}
    assert needed["graph.metrics"] == needed["embed.vectors"] == {"graph.facts"}


def test_stages_that_do_not_need_each_other_overlap_and_the_others_wait() -> None:
    meeting = threading.Barrier(2, timeout=30)
    done: list[str] = []

    def work(one: Stage) -> None:
        if one is not FACTS:
            # Each waits for the other: one after the other they would wait for ever.
            meeting.wait()
        done.append(one.name)

    run_stages([OFFERS, REVIEWS, FACTS], work, at_a_time=2)
    assert sorted(done[:2]) == ["offers", "reviews"]
    assert done[2:] == ["facts"]


def test_one_at_a_time_is_the_order_they_stand_in() -> None:
    done: list[str] = []
    run_stages([REVIEWS, OFFERS, FACTS], lambda one: done.append(one.name), at_a_time=1)
    assert done == ["reviews", "offers", "facts"]


def test_after_an_error_what_runs_is_ended_and_nothing_begins() -> None:
    failed = threading.Event()
    done: list[str] = []

    def work(one: Stage) -> None:
        if one is OFFERS:
            failed.set()
            raise ValueError("offers")
        failed.wait(30)
        done.append(one.name)

    with pytest.raises(ValueError, match="offers"):
        run_stages([OFFERS, REVIEWS, FACTS], work, at_a_time=2)
    assert done == ["reviews"]


def test_after_the_deadline_no_stage_begins_and_those_that_run_are_ended() -> None:
    import time

    began: list[str] = []

    def work(each: Stage) -> None:
        began.append(each.name)
        time.sleep(0.2)

    left = run_stages([OFFERS, REVIEWS, FACTS], work, 2, time.monotonic() + 0.1)
    assert sorted(began) == ["offers", "reviews"]
    assert [each.name for each in left] == ["facts"]
    assert [each.name for each in run_stages([OFFERS, FACTS], work, 2, time.monotonic())] == ["offers", "facts"]
    assert run_stages([OFFERS], work, 2, time.monotonic() + 60) == []
