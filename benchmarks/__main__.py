"""Runs benchmarks, each in a process of its own so that none warms another: all of them, or those named.

python -m benchmarks                 every one
python -m benchmarks graph embed.cpu whose name starts so
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ENTRY = 'if __name__ == "__main__":'


def names() -> list[str]:
    """What can be run: modules under benchmarks/ that have an entry point, such as graph.engines."""
    files = (path for path in sorted(FOLDER.rglob("*.py")) if not path.stem.startswith("_"))
    return [
        ".".join(path.relative_to(FOLDER).with_suffix("").parts)
        for path in files
        if ENTRY in path.read_text(encoding="utf-8")
    ]


def main(wanted: list[str]) -> int:
    """Run them one after the other; 1 if any of them failed."""
    chosen = [name for name in names() if not wanted or name.startswith(tuple(wanted))]
    if not chosen:
        print(f"no benchmark is called {' or '.join(wanted)}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    failed = []
    for name in chosen:
        print(f"== {name}", flush=True)
        started = time.monotonic()
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=FOLDER.parent, check=False)
        print(f"== {name}: {time.monotonic() - started:.0f} s, exit code {done.returncode}", flush=True)
        if done.returncode:
            failed.append(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
