"""Artefacts: written once, named by content, believed only while they hold what their hash says."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgspark import artifacts
from kgspark.errors import InputError

FILES = {"a.json": b"{}", "b.bin": b"\x00\x01"}


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    folder = artifacts.save(str(tmp_path), "lexicon", FILES, "a test", {"values": 3})
    assert folder == f"{tmp_path}/lexicon/{artifacts.fingerprint(FILES)}"
    files, manifest = artifacts.load(folder, "lexicon")
    assert files == FILES
    assert (manifest["trained_on"], manifest["figures"]) == ("a test", {"values": 3})
    assert artifacts.save(str(tmp_path), "lexicon", FILES, "again", {}) == folder
    # Who made it stays; what another fit to the same content saw is what counts from then on.
    again = artifacts.load(folder, "lexicon")[1]
    assert (again["trained_on"], again["figures"]) == ("a test", {})
    artifacts.save(str(tmp_path), "lexicon", FILES, "again", {"values": 4}, seen={"rows": [1, 2]})
    assert artifacts.manifest(folder)["seen"] == {"rows": [1, 2]}
    assert artifacts.load(folder, "lexicon")[0] == FILES
    (tmp_path / "lexicon" / artifacts.fingerprint(FILES) / "manifest.json").write_text('{"sha')
    assert artifacts.save(str(tmp_path), "lexicon", FILES, "mended", {}) == folder
    assert artifacts.load(folder, "lexicon")[1]["trained_on"] == "mended"


def test_names_and_contents_make_the_hash() -> None:
    assert (
        len({artifacts.fingerprint(f) for f in (FILES, {"a.json": b"{}"}, {"a.json": b"{} "}, {"b.json": b"{}"})}) == 4
    )


def test_a_changed_or_missing_file_is_noticed(tmp_path: Path) -> None:
    folder = Path(artifacts.save(str(tmp_path), "lexicon", FILES, "a test", {}))
    (folder / "b.bin").write_bytes(b"\x00\x02")
    with pytest.raises(InputError, match="does not hold what its manifest says"):
        artifacts.load(str(folder), "lexicon")
    (folder / "b.bin").unlink()
    with pytest.raises(InputError, match="is no lexicon"):
        artifacts.load(str(folder), "lexicon")
    with pytest.raises(InputError, match="name a folder"):
        artifacts.load(str(tmp_path / "nowhere"), "lexicon")


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/lake", "/lake"),
        ("file:/lake/x", "/lake/x"),
        ("file:///lake/x", "/lake/x"),
        ("dbfs:/lake", "/dbfs/lake"),
        ("dbfs:/Volumes/shop/kg/lake", "/Volumes/shop/kg/lake"),
    ],
)
def test_paths_as_spark_writes_them_lie_where_they_are_mounted(path: str, inside: str) -> None:
    assert artifacts.filesystem(path)[1] == inside
