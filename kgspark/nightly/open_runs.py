"""Which run of a night was left open, and is gone on with; else why not.

rows of ops.runs, what tonight is started with -> the run that goes on, the one that does not -> a sentence
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Runs that are over. Any other one goes on: it was killed (running, died), failed of something else than its rows, was
# stopped, or has steps to come (open).
RELEASED, GATE_FAILED = "released", "gate_failed"
OVER = (RELEASED, GATE_FAILED)
# How a person may ask for a night; other words, such as an erasure's, belong to runs that none goes on with.
ASKED = ("full", "refit", "replay")
_WORD = "+"
_APART = re.compile(r"[0-9a-f]{8}$")


@dataclass(frozen=True)
class Start:
    """What a night is started with; ``deliveries`` is None where it reads no dump, as in the later steps of a night.

    ``settings`` is a hash and ``asked`` how the night was asked for: ``full``, ``refit``, ``replay``.
    """

    night: datetime.date
    settings: str
    asked: tuple[str, ...]
    deliveries: str | None
    from_release: str | None
    code_version: str

    @property
    def config_hash(self) -> str:
        """How ops.runs keeps it.

        >>> Start(datetime.date(2026, 1, 2), "5e77", ("full",), "d0", None, "1").config_hash
        '5e77+full-d0'
        """
        said = _WORD.join((self.settings, *self.asked))
        return f"{said}-{self.deliveries}" if self.deliveries else said


def left_from(runs: Iterable[Mapping[str, Any]], release_id: str) -> list[str]:
    """The runs of nights that started from this release and were left open, by their ids."""
    return sorted(
        run["run_id"]
        for run in runs
        if run["from_release"] == release_id and run["status"] not in OVER and _is_a_nights(run)
    )


def asked_for(config_hash: str) -> str:
    """How the run was asked for, out of what ops.runs keeps; of an erasure without what tells it from others.

    >>> asked_for("5e77+full+refit-d0"), asked_for("5e77+erasure1a2b3c4d"), asked_for("5e77-d0")
    ('full refit', 'erasure', '')
    """
    return " ".join(word if word in ASKED else _APART.sub("", word) for word in _asked(config_hash))


@dataclass(frozen=True)
class LeftOpen:
    """``goes_on``: the run that the night goes on with. ``passed_over``: the sentence for the newest run of its night,
    where that was left open, too, and does not go on. ``ended``: the sentence for the newest one where a gate ended it.
    """

    goes_on: dict[str, Any] | None = None
    passed_over: str | None = None
    ended: str | None = None


def left_open(runs: Iterable[Mapping[str, Any]], tonight: Start) -> LeftOpen:
    """The run to go on with, if any, and what is to be said of another one."""
    mine = sorted(
        (run for run in runs if run["night"] == tonight.night and _is_a_nights(run)),
        key=lambda run: (run["started_at"], run["run_id"]),
    )
    still = [run for run in mine if run["status"] not in OVER]
    goes_on = next((dict(run) for run in reversed(still) if not any(_differences(run, tonight))), None)
    newest = mine[-1] if mine else None
    if newest is None or newest["status"] in OVER or (goes_on and newest["run_id"] == goes_on["run_id"]):
        said_no = newest is not None and newest["status"] == GATE_FAILED
        return LeftOpen(goes_on, ended=f"{newest['run_id']} ended: {newest['message']}" if newest and said_no else None)
    return LeftOpen(
        goes_on,
        f"{newest['run_id']} of this night was left open and is not gone on with: "
        f"{'; '.join(_differences(newest, tonight))}.",
    )


def _is_a_nights(run: Mapping[str, Any]) -> bool:
    """Whether it may be gone on with: not an erasure's."""
    return set(_asked(run["config_hash"])) <= set(ASKED)


def _asked(config_hash: str) -> list[str]:
    return config_hash.partition("-")[0].split(_WORD)[1:]


def _differences(run: Mapping[str, Any], tonight: Start) -> Iterator[str]:
    """Why tonight is not the rest of that run, as the ends of a sentence; nothing where it is."""
    said, _, deliveries = run["config_hash"].partition("-")
    asked = _asked(run["config_hash"])
    if said.split(_WORD)[0] != tonight.settings:
        yield "settings, mappings, key or answers are others, or a stage is of another version"
    for word in ASKED:
        if (word in asked) != (word in tonight.asked):
            yield f"it was started {'with' if word in asked else 'without'} --{word}"
    if tonight.deliveries and deliveries != tonight.deliveries:
        yield "other dumps lie at the sources' paths"
    if run["code_version"] != tonight.code_version:
        yield f"it is of kgspark {run['code_version']}"
    if run["from_release"] != tonight.from_release:
        before, now = (release or "no release" for release in (run["from_release"], tonight.from_release))
        yield f"it started from {before}, and the latest is {now}"
