"""The scripts behind the Makefile, on machines made of fake programs: what they find, and what they say if nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house_rules import ROOT

TOOLS = ("bash", "env", "sed", "head", "grep", "mkdir", "touch", "cat", "chmod", "dirname")


class Machine:
    """A PATH that holds a few real tools, and what a test adds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.jvm = folder / "jvm"
        self.bin.mkdir()
        self.jvm.mkdir()
        for tool in TOOLS:
            self.bin.joinpath(tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
        self.program(self.bin / "id", "echo 1000")

    def program(self, path: Path, body: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
        path.chmod(0o755)
        return path

    def java(self, home: Path, version: str) -> Path:
        """A Java of that version; returns its home."""
        says = f'echo "    java.home = {home}" >&2; echo "openjdk version \\"{version}\\" 2025-04-15" >&2'
        self.program(home / "bin/java", says)
        return home

    def run(self, script: str, **environ: str) -> subprocess.CompletedProcess[str]:
        clean = {"PATH": str(self.bin), "JAVA_FOLDERS": str(self.jvm)}
        return subprocess.run(
            [str(ROOT / "make" / script)], env=clean | environ, capture_output=True, text=True, check=False, cwd=ROOT
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_java_home_wins(machine: Machine) -> None:
    machine.java(machine.jvm / "seventeen", "17.0.15")
    home = machine.java(machine.folder / "mine", "21.0.2")
    assert machine.run("find_java.sh", JAVA_HOME=str(home)).stdout.strip() == str(home)


def test_java_on_the_path_is_found_by_its_real_home(machine: Machine) -> None:
    home = machine.java(machine.folder / "mine", "17.0.15")
    machine.bin.joinpath("java").symlink_to(home / "bin/java")
    assert machine.run("find_java.sh").stdout.strip() == str(home)


def test_a_java_that_spark_cannot_use_is_passed_over(machine: Machine) -> None:
    newest = machine.java(machine.jvm / "temurin-25", "25.0.3")
    machine.java(machine.jvm / "java-8", "1.8.0_402")
    machine.bin.joinpath("java").symlink_to(newest / "bin/java")
    good = machine.java(machine.jvm / "zulu-21", "21.0.2")
    assert machine.run("find_java.sh", JAVA_HOME=str(newest)).stdout.strip() == str(good)


def test_17_before_21(machine: Machine) -> None:
    machine.java(machine.jvm / "a-21", "21.0.2")
    home = machine.java(machine.jvm / "b-17", "17.0.15")
    assert machine.run("find_java.sh").stdout.strip() == str(home)


def test_no_java_and_no_right_to_install_gives_one_sentence(machine: Machine) -> None:
    done = machine.run("find_java.sh")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Java 17 or 21" in done.stderr
    assert "JAVA_HOME" in done.stderr


@pytest.mark.parametrize(("offered", "version"), [("17", "17.0.15"), ("21", "21.0.2")])
def test_root_on_debian_installs_the_one_that_apt_has(machine: Machine, offered: str, version: str) -> None:
    """Newer Debian offers only 21."""
    home = machine.java(machine.folder / "prepared", version)
    machine.program(machine.bin / "id", "echo 0")
    machine.program(machine.bin / "mkdir", "exit 0")
    machine.program(
        machine.bin / "apt-cache",
        f'case "$2" in openjdk-{offered}-*) echo "  Candidate: {version}";; *) echo "  Candidate: (none)";; esac',
    )
    asked = machine.folder / "asked"
    machine.program(
        machine.bin / "apt-get",
        f'[ "$1" = update ] && exit 0\necho "$@" >> {asked}\n{shutil.which("cp")} -r {home} {machine.jvm}/installed',
    )
    done = machine.run("find_java.sh")
    assert done.stdout.strip() == f"{machine.jvm}/installed"
    assert f"openjdk-{offered}-jre-headless" in asked.read_text()


def test_a_python_shim_that_does_not_run_is_passed_over(machine: Machine) -> None:
    machine.program(machine.bin / "python3.12", 'echo "python3.12: command not found" >&2; exit 127')
    good = machine.program(machine.bin / "python3.11", "exit 0")
    assert machine.run("find_python.sh").stdout.strip() == str(good)


def test_a_python_of_ones_choice(machine: Machine) -> None:
    machine.program(machine.bin / "python3.11", "exit 0")
    mine = machine.program(machine.folder / "mine/python", "exit 0")
    assert machine.run("find_python.sh", PYTHON=str(mine)).stdout.strip() == str(mine)


def test_no_python_gives_one_sentence(machine: Machine) -> None:
    machine.program(machine.bin / "python3", "exit 1")
    done = machine.run("find_python.sh")
    if done.returncode == 0:
        pytest.skip("this machine has a Python in /usr/bin, where the script looks last")
    assert done.returncode == 2
    assert "Python 3.11 or 3.12" in done.stderr


def test_make_alone_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {line.split()[-1] for line in makefile.splitlines() if line.startswith(".PHONY:")}
    environ = {key: value for key, value in os.environ.items() if key not in {"MAKEFLAGS", "MAKELEVEL"}}
    done = subprocess.run(["make"], cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    assert {line.split()[1] for line in done.stdout.splitlines()} == targets
    wanted = {"help", "demo", "test", "test-all", "check", "fmt", "bench", "dist", "clean"}
    assert targets == wanted


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert (ROOT / ".ci/run").read_text(encoding="utf-8").strip().endswith("exec make test")
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
