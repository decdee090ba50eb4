"""Fetches the jars of Delta and GraphFrames by starting Spark once; later starts need no network."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A session that starts has its jars; writing nothing keeps it to a few seconds.
PROBE = """
from pathlib import Path
from kgspark.session import get_session
get_session(Path("conf/spark/local.conf"), app_name="kgspark jars", extra={"spark.driver.memory": "512m"}).stop()
"""


def main() -> int:
    """Start Spark; show what it said only where it failed."""
    print("Fetching the jars of Delta and GraphFrames: 84 MB, the first time", flush=True)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout[-3000:], file=sys.stderr)
        print(
            "kgspark: Spark could not fetch its jars or did not start; the lines above say why. Behind a mirror, name"
            " it with spark.jars.ivySettings or spark.jars.repositories in conf/spark/local.conf.",
            file=sys.stderr,
        )
        return 3
    print(f"Spark starts, with its jars, after {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
