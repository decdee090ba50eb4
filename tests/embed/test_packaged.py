"""A batch that a GPU's memory does not hold is halved, and no answer changes place."""

from __future__ import annotations

import pytest
import torch

from kgspark.embed.packaged import in_halves


def _within(rows: list[int], most: int) -> list[int]:
    if len(rows) > most:
        raise torch.OutOfMemoryError(f"{len(rows)} rows")
    return [row * 10 for row in rows]


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_halves_until_memory_holds_them(most: int) -> None:
    rows = [4, 0, 2, 9, 7]
    answered = list(in_halves(rows, lambda part: _within(part, most)))
    assert [row for part, _ in answered for row in part] == rows
    assert all(answer == [row * 10 for row in part] for part, answer in answered)
    assert max(len(part) for part, _ in answered) <= most


def test_one_row_that_memory_does_not_hold_is_an_error() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        list(in_halves([1, 2], lambda part: _within(part, 0)))
