"""Files of a lake that are no tables: manifests for other engines; and every file, for the proof of an erasure.

pyarrow knows local paths, s3, abfss and gs; credentials come from the environment, as for artefacts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

from pyarrow import fs

from kgspark.artifacts import filesystem


def write_json(root: str, name: str, content: Any) -> str:
    """Write ``<root>/<name>``; gives that path."""
    system, base = filesystem(root)
    system.create_dir(f"{base}/{name}".rpartition("/")[0], recursive=True)
    with system.open_output_stream(f"{base}/{name}") as file:
        file.write((json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n").encode())
    return f"{root}/{name}"


def files(root: str) -> Iterator[str]:
    """Every file under a root, by its path from there, in order."""
    system, base = filesystem(root)
    found = system.get_file_info(fs.FileSelector(base, recursive=True, allow_not_found=True))
    yield from sorted(info.path[len(base) + 1 :] for info in found if info.type == fs.FileType.File)


def open_file(root: str, name: str) -> IO[bytes]:
    """A file under a root, to be read from any place in it."""
    system, base = filesystem(root)
    return system.open_input_file(f"{base}/{name}")  # type: ignore[no-any-return]


def delete(root: str, name: str) -> None:
    """Delete a file or a folder under a root, if it is there."""
    system, base = filesystem(root)
    path = f"{base}/{name}"
    found = system.get_file_info(path).type
    if found == fs.FileType.Directory:
        system.delete_dir(path)
    elif found == fs.FileType.File:
        system.delete_file(path)
