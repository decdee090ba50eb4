"""Told to end: where the main thread hears of it, what the process ends with, what is left of a hung thread."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from kgspark.commands import guard
from kgspark.errors import EngineError
from kgspark.nightly import schedule
from kgspark.process.stops import Stopped, stoppable, unbroken, within
from tests.nightly.test_schedule import OFFERS, REVIEWS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_wait_and_is_one_sentence_and_an_exit_code(
    number: signal.Signals, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    monkeypatch.setattr(guard, "leave", left.append)
    before = signal.getsignal(number)

    def command() -> None:
        threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
        threading.Event().wait(30)

    assert guard.guarded(command) == 128 + number
    assert left == [128 + number]
    assert capsys.readouterr().err == f"kgspark: Stopped by {number.name}; the same command begins again.\n"
    # Whoever called us has their own handlers back.
    assert signal.getsignal(number) is before


def test_what_fails_while_a_signal_is_handled_is_the_signal_all_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    monkeypatch.setattr(guard, "leave", left.append)

    def command() -> None:
        try:
            raise Stopped(signal.SIGTERM)
        finally:
            # Spark had the signal, too, and the lock cannot be given back.
            raise EngineError("py4j does not exist in the JVM")

    assert guard.guarded(command) == 143
    assert left == [143]
    assert capsys.readouterr().err == "kgspark: Stopped by SIGTERM; the same command begins again.\n"


def test_the_second_signal_is_not_waited_for() -> None:
    then: list[object] = []

    def command() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            then.extend(map(signal.getsignal, (signal.SIGINT, signal.SIGTERM)))

    with pytest.raises(Stopped), stoppable():
        command()
    assert then == [signal.SIG_DFL, signal.SIG_DFL]


def test_stages_are_cancelled_until_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine may not run a thread for seconds.
    monkeypatch.setattr(schedule, "_PATIENCE", 60.0)
    began, cancelled, ended = threading.Barrier(3, timeout=30), list[int](), list[str]()
    over = threading.Event()

    def work(one: object) -> None:
        began.wait()
        # Begins another job after the first was cancelled.
        over.wait(30)
        ended.append("stage")
        raise RuntimeError("cancelled")

    def cancel() -> None:
        cancelled.append(1)
        if len(cancelled) == 2:
            over.set()

    def stop() -> None:
        began.wait()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop).start()
    with pytest.raises(Stopped), stoppable():
        schedule.run_stages([OFFERS, REVIEWS], work, 2, cancel=cancel)
    assert ended == ["stage", "stage"]
    assert len(cancelled) == 2


def test_a_stage_that_does_not_hear_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "_PATIENCE", 0.3)
    over = threading.Event()

    def work(one: object) -> None:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        over.wait(30)

    since = time.monotonic()
    with pytest.raises(Stopped), stoppable():
        schedule.run_stages([OFFERS], work, 1)
    assert time.monotonic() - since < 10
    over.set()


def test_closing_takes_no_longer_than_it_may_and_raises_nothing() -> None:
    over = threading.Event()
    assert within(30, lambda: None)
    assert not within(0.1, lambda: over.wait(30))
    assert not within(30, lambda: 1 / 0)
    over.set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_must_be_done_whole_is_done_before_the_signal_counts(number: signal.Signals) -> None:
    done: list[str] = []

    def command() -> None:
        with unbroken():
            signal.raise_signal(number)
            done.append("released")
        done.append("never")

    with pytest.raises(Stopped) as told, stoppable():
        command()
    assert (done, told.value.number) == (["released"], number)
