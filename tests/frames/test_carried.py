"""A large value travels as bytes and is read once a process."""

from __future__ import annotations

import pickle

from kgspark.frames.carried import Carried


class Counted:
    """Counts how often it was read from bytes."""

    read = 0

    def __init__(self, name: str) -> None:
        self.name = name

    def __setstate__(self, state: dict[str, str]) -> None:
        type(self).read += 1
        self.__dict__.update(state)


def test_tasks_of_one_process_read_it_once() -> None:
    Counted.read = 0
    sent = pickle.dumps(Carried(Counted("matcher")))
    tasks = [pickle.loads(sent) for _ in range(3)]  # noqa: S301 - bytes of this test
    assert Counted.read == 0
    assert {task.value.name for task in tasks} == {"matcher"}
    assert Counted.read == 1


def test_another_value_is_another() -> None:
    one, other = Carried([1, 2]), Carried([1, 3])
    assert (one.value, other.value, one.value) == ([1, 2], [1, 3], [1, 2])
