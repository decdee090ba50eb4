"""Pieces of work at the same time: order of results, errors, and how time is shared out."""

from __future__ import annotations

import threading

import pytest

from kgspark.frames.side_by_side import shares, side_by_side


def test_results_stand_in_the_order_of_the_items_and_pieces_overlap() -> None:
    # Each piece waits for the other: one after the other they would wait for ever.
    meeting = threading.Barrier(2, timeout=30)

    def work(item: str) -> str:
        meeting.wait()
        return item.upper()

    assert side_by_side(work, ["a", "b"], at_a_time=2) == ["A", "B"]


@pytest.mark.parametrize("at_a_time", [1, 2])
def test_the_first_error_is_raised_when_what_has_begun_is_done(at_a_time: int) -> None:
    begun, done = [], []

    def work(item: int) -> int:
        begun.append(item)
        if item == 1:
            raise ValueError("piece 1")
        done.append(item)
        return item

    with pytest.raises(ValueError, match="piece 1"):
        side_by_side(work, [0, 1, 2, 3], at_a_time)
    assert sorted([*done, 1]) == sorted(begun)
    assert 0 in done


def test_shares_add_up_to_the_time_that_passed() -> None:
    assert shares(8.0, {"a": 1.0, "b": 3.0}) == {"a": 2.0, "b": 6.0}
    assert shares(8.0, {"a": 0.0}) == {"a": 0.0}
