"""Schedulers: the Airflow DAG runs every job in order, and a command is told when a night fails."""

from __future__ import annotations

import json
import runpy
import sys
import types
from pathlib import Path
from typing import Any, ClassVar

import pytest

from kgspark.commands.on_failure import telling
from kgspark.errors import InputError
from tests.house_rules import ROOT


class FakeTask:
    """What Airflow's operator would be: remembers its command and its successor."""

    made: ClassVar[list[FakeTask]] = []

    def __init__(self, task_id: str, bash_command: str, **settings: Any) -> None:
        self.task_id, self.bash_command, self.then = task_id, bash_command, None
        FakeTask.made.append(self)

    def __rshift__(self, other: FakeTask) -> None:
        self.then = other


class FakeDag:
    """Airflow's DAG as far as the file uses it; an unknown setting of it would not be found here."""

    def __init__(self, dag_id: str, **settings: Any) -> None:
        self.settings = settings

    def __enter__(self) -> FakeDag:
        return self

    def __exit__(self, *error: object) -> None:
        return None


def test_the_airflow_dag_runs_all_jobs_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {name: types.ModuleType(name) for name in ("airflow", "airflow.operators", "airflow.operators.bash")}
    modules["airflow"].DAG = FakeDag  # type: ignore[attr-defined]
    modules["airflow.operators.bash"].BashOperator = FakeTask  # type: ignore[attr-defined]
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(FakeTask, "made", [])
    dag = runpy.run_path(str(ROOT / "conf/airflow/kgspark_nightly.py"))["dag"]
    assert dag.settings["max_active_runs"] == 1
    jobs = sorted(path.stem for path in (ROOT / "jobs").glob("[0-9]*.py"))
    assert [task.task_id for task in FakeTask.made] == jobs
    assert [task.then for task in FakeTask.made] == [*FakeTask.made[1:], None]
    assert all(f"jobs/{task.task_id}.py --config" in task.bash_command for task in FakeTask.made)
    assert all("--date {{ ds }}" in task.bash_command for task in FakeTask.made)


def test_a_command_is_told_why_a_night_failed(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    script = tmp_path / "tell.py"
    script.write_text(f"import sys, json; json.dump([sys.argv[1], sys.stdin.read()], open({str(told)!r}, 'w'))")
    with pytest.raises(InputError, match="no such file"), telling(f"{sys.executable} {script} kgspark"):
        raise InputError("no such file")
    assert json.loads(told.read_text()) == ["kgspark", "no such file\n"]
    told.unlink()
    with telling(f"{sys.executable} {script} kgspark"):
        pass
    assert not told.exists()
    # A command that is not there must not hide the night's own error.
    with pytest.raises(InputError, match="no such file"), telling("no-such-command-anywhere"):
        raise InputError("no such file")
