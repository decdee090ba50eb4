"""The golden shop's second night in a process of its own, to be killed: python -m tests.nights.one_night FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from kgspark.session import get_session
from tests.conftest import ROOT, TEST_SETTINGS
from tests.nights.shop import Shop


def main(folder: Path) -> None:
    local = {"spark.sql.warehouse.dir": str(folder / "warehouse"), "spark.local.dir": str(folder / "local")}
    spark = get_session(ROOT / "conf/spark/local.conf", extra=TEST_SETTINGS | local)
    Shop.again(folder).night(spark)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
