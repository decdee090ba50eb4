"""Files of a lake that are no tables: manifests for other engines; and every file, for the proof of an erasure.

pyarrow knows local paths, s3, abfss and gs; credentials come from the environment, as for artefacts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

from pyarrow import fs

from kgspark.artifacts import filesystem
from kgspark.errors import InputError

_PROBE = "_manifests/.probe"
# Behind the name of a file that is being written.
_HALF = ".half"


def write_json(root: str, name: str, content: Any) -> str:
    """Write ``<root>/<name>``, which is the old content or the new one at any moment; gives that path."""
    system, base = filesystem(root)
    system.create_dir(f"{base}/{name}".rpartition("/")[0], recursive=True)
    # Object stores show a file when it is whole.
    local = isinstance(system, fs.LocalFileSystem)
    place = f"{base}/{name}" + (_HALF if local else "")
    with system.open_output_stream(place) as file:
        file.write((json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n").encode())
    if local:
        system.move(place, f"{base}/{name}")
    return f"{root}/{name}"


def check_writable(root: str) -> None:
    """Raise InputError where what lies beside the tables cannot be written to a root that is no folder of this machine:
    Spark's credentials may be right, and those that pyarrow finds not.
    """
    try:
        if isinstance(filesystem(root)[0], fs.LocalFileSystem):
            return
        write_json(root, _PROBE, {})
        delete(root, _PROBE)
    except (OSError, ValueError) as error:
        raise InputError(
            f"Files beside the tables of {root} cannot be written ({str(error).splitlines()[0][:200]}): pyarrow does "
            "that, with the credentials of the environment (AWS_ACCESS_KEY_ID and AWS_ENDPOINT_URL, "
            "GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_...), not with Spark's."
        ) from error


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
