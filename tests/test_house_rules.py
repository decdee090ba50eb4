"""The house rules, kept by a machine: size, banned calls, names, a clean root, no secrets and no pickles."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.house_rules import (
    ALLOWED,
    MAX_FILE_LINES,
    MAX_FUNCTION_LINES,
    ROOT,
    exception_for,
    findings,
    functions,
    python_files,
)

CODE_FOLDERS = ("kgspark", "jobs", "tests", "benchmarks", "make")
ROOT_ENTRIES = {
    "README.md", "LICENSE", "CHANGELOG.md", "Makefile", "pyproject.toml", "databricks.yml", ".gitignore", ".ci",
    "benchmarks", "conf", "docs", "jobs", "kgspark", "make", "schemas", "tests",
}  # fmt: skip
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "misc", "common", "tools", "stuff"}
# What must never be in a tracked file: folders of one machine, package registries, credentials in a URL, keys.
FORBIDDEN_TEXT = {
    "a machine's path": re.compile(r"(?<![\w.])/(home|Users|root|work|mnt/data)/\w"),
    "a package registry": re.compile(
        r"(index-url|pypi\.org|repo1\.maven|repo\.maven|artifactory|/nexus/)", re.IGNORECASE
    ),
    "credentials in a URL": re.compile(r"\w+://[^/\s:@\"']+:[^/\s@\"']+@"),
    "a private key": re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|gh[pous]_\w{36}|hf_[A-Za-z0-9]{34}"
    ),
}
BINARY_ARTEFACTS = {".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".whl", ".jar", ".parquet", ".log", ".secret"}


def tracked() -> list[Path]:
    """Files that git knows; where there is no git (an unpacked sdist) the test has nothing to say."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_files_are_short() -> None:
    lengths = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(*CODE_FOLDERS)
    }
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_functions_are_short() -> None:
    long = [
        f"{relative(path)}:{function.lineno} {function.name}: {length} lines"
        for path in python_files(*CODE_FOLDERS)
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if (length := (function.end_lineno or function.lineno) - function.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_nothing_banned_is_called() -> None:
    found = [f for path in python_files("kgspark") for f in findings(path.read_text(encoding="utf-8"), relative(path))]
    assert [str(f) for f in found if exception_for(f) is None] == []


def test_every_exception_is_needed_and_gives_a_reason() -> None:
    found = [f for path in python_files("kgspark") for f in findings(path.read_text(encoding="utf-8"), relative(path))]
    used = {exception_for(f) for f in found}
    assert [place for place in ALLOWED if place not in used] == []
    assert all(len(reason) > 10 for reason in ALLOWED.values())


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("x = F.udf(f)", "udf"),
        ("@udf\ndef f(x): ...", "udf"),
        ("frame.rdd.map(f)", "rdd"),
        ("spark.sparkContext.parallelize([])", "sparkContext"),
        ("frame.collect()", "collect"),
        ("frame.agg(F.first('a'))", "first"),
        ("F.rand()", "rand"),
        ("a.join(b, 'id')", "join"),
        ("a.join(b, on='id', how='right_outer')", "join"),
        ("reader.option('inferSchema', True)", "inferSchema"),
        ("import pickle", "pickle"),
        ("from graphframes import GraphFrame", "graphframes"),
        ("torch.load(f)", "torch.load"),
        ("os.environ['A']", "environ"),
        ("eval(text)", "eval"),
    ],
)
def test_the_rules_see(code: str, name: str) -> None:
    assert [f.name for f in findings(code, "x.py")] == [name]


@pytest.mark.parametrize(
    "code",
    [
        "F.first('a').over(window)",
        "', '.join(parts)",
        "a.join(b, on='id', how='left')",
        "a.join(b, 'id', 'left')",
        "F.rand(7)",
        "F.pandas_udf(f, 'array<float>')",
        "@functools.cache\ndef f(): ...",
        "model.eval()",
        "load(path, environ)",
    ],
)
def test_the_rules_let_pass(code: str) -> None:
    assert findings(code, "x.py") == []


def test_no_vague_module_names() -> None:
    assert [
        relative(p) for p in python_files("kgspark", "tests") if p.stem in VAGUE_NAMES or p.parent.name in VAGUE_NAMES
    ] == []


def test_the_root_is_clean() -> None:
    assert {relative(path).split("/")[0] for path in tracked()} - ROOT_ENTRIES == set()


def test_no_machine_or_secret_in_a_tracked_file() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a hand-made dump with bad bytes
        if path == Path(__file__).resolve():
            continue
        found += [
            f"{relative(path)}: {what}: {match.group()}"
            for what, pattern in FORBIDDEN_TEXT.items()
            for match in pattern.finditer(text)
        ]
    assert found == []


def test_no_binary_artefact_is_tracked() -> None:
    assert [relative(path) for path in tracked() if path.suffix in BINARY_ARTEFACTS] == []


def test_every_import_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    declared = {_distribution(requirement) for requirement in wanted} | {"kgspark"}
    providers = packages_distributions()
    missing = {}
    for path in python_files(*CODE_FOLDERS):
        for module in _imported(ast.parse(path.read_text(encoding="utf-8"))):
            # An optional library that is not installed stands for itself.
            names = {_distribution(name) for name in providers.get(module, [module])}
            if module not in sys.stdlib_module_names and module not in CODE_FOLDERS and not names & declared:
                missing[module] = relative(path)
    assert missing == {}


def _distribution(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


def _imported(tree: ast.AST) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.split(".")[0])
    return modules
