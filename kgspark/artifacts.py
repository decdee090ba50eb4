"""Where fitted things lie: <root>/<name>/<sha256>/, files and a manifest, named by what they hold.

files (name to bytes) -> sha256 over all of them -> folder, written once -> checked when read
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyarrow import fs

from kgspark import __version__
from kgspark.errors import InputError

# Under the root of a lake.
FOLDER = "_artifacts"
MANIFEST = "manifest.json"


def save(
    root: str,
    name: str,
    files: Mapping[str, bytes],
    trained_on: str,
    figures: Mapping[str, Any],
    seen: Mapping[str, Sequence[int]] | None = None,
) -> str:
    """Write the files under ``root``, unless they are there; gives their folder.

    ``trained_on`` and ``figures`` go into the manifest, for people, and ``seen``, sketches of the rows that it was
    fitted on (``kgspark.drift``) by name; they are no part of the hash. Where another fit comes to the same content,
    its figures and sketches count.
    """
    digest = fingerprint(files)
    system, base = filesystem(root)
    folder = f"{base}/{name}/{digest}"
    told = {"figures": dict(figures), "seen": {key: list(hashes) for key, hashes in (seen or {}).items()}}
    manifest = {"sha256": digest, "code_version": __version__, "trained_on": trained_on} | told
    with contextlib.suppress(FileNotFoundError, ValueError):  # half written: written again
        files, manifest = {}, _manifest(system, folder) | told
    system.create_dir(folder, recursive=True)
    # The manifest comes last: a folder without one is half written.
    written = {**files, MANIFEST: json.dumps({"files": sorted(files)} | manifest, indent=1).encode()}
    for file, content in written.items():
        with system.open_output_stream(f"{folder}/{file}") as stream:
            stream.write(content)
    return f"{root}/{name}/{digest}"


def load(path: str, name: str) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The files and the manifest of a folder that ``save`` wrote.

    Raises InputError where the folder is not there, not whole, or does not hold what its hash says.
    """
    system, folder = filesystem(path)
    try:
        manifest = json.loads(_read(system, f"{folder}/{MANIFEST}"))
        files = {file: _read(system, f"{folder}/{file}") for file in manifest["files"]}
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} is no {name} ({error}); name a folder <root>/{name}/<sha256>.") from None
    if fingerprint(files) != manifest["sha256"]:
        raise InputError(f"{path} does not hold what its manifest says; it was changed. Fit a new {name}.")
    return files, manifest


def manifest(path: str) -> dict[str, Any]:
    """What an artefact's manifest says. Raises InputError where none is there, and OSError where nobody knows."""
    system, folder = filesystem(path)
    try:
        return _manifest(system, folder)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise InputError(f"{path} is no artefact ({error}); name a folder <root>/<name>/<sha256>.") from None


def fingerprint(files: Mapping[str, bytes]) -> str:
    """sha256 over names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{len(file)}:{file}:{len(files[file])}:".encode())
        digest.update(files[file])
    return digest.hexdigest()


def filesystem(path: str) -> tuple[fs.FileSystem, str]:
    """The file system of a path or URI; a plain path is local, and so is what Databricks mounts.

    ``dbfs:/Volumes/...`` lies under /Volumes, ``dbfs:/...`` under /dbfs. Others are those of Arrow (s3, gs, abfss,
    hdfs), which find their credentials where the cloud's own tools do, not in Spark's settings.
    """
    if path.startswith("dbfs:/"):
        inside = "/" + path.removeprefix("dbfs:").lstrip("/")
        path = inside if inside.startswith("/Volumes/") else "/dbfs" + inside
    elif path.startswith("file:/"):
        path = "/" + path.removeprefix("file:").lstrip("/")
    if "://" in path:
        system, inside = fs.FileSystem.from_uri(path.replace("s3a://", "s3://"))
        return system, inside.rstrip("/")
    return fs.LocalFileSystem(), str(Path(path).absolute())


def _manifest(system: fs.FileSystem, folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_read(system, f"{folder}/{MANIFEST}"))
    return found


def _read(system: fs.FileSystem, path: str) -> bytes:
    with system.open_input_stream(path) as stream:
        content: bytes = stream.read()
    return content
