"""Two nights of the golden shop over Spark Connect, in a process of its own."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from kgspark.graph.settings import GraphSettings
from kgspark.resolve.settings import ResolveSettings
from kgspark.session import get_session
from tests.conftest import ROOT, TEST_SETTINGS
from tests.nights.shop import Shop


def main(folder: Path) -> None:
    local = {"spark.sql.warehouse.dir": str(folder / "warehouse"), "spark.local.dir": str(folder / "local")}
    spark = get_session(ROOT / "conf/spark/local.conf", extra=TEST_SETTINGS | local)
    shop = Shop(folder)
    # Above no offer at all, so that Spark itself resolves.
    blocks = {"graph": GraphSettings(engine="arrow"), "resolve": ResolveSettings(engine="arrow", max_driver_offers=0)}
    shop.cfg = shop.cfg.model_copy(update=blocks)
    shop.night(spark)
    shop.change(random.Random(1))
    shop.night(spark, verify=True)
    sys.stdout.write(f"{type(spark).__module__}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
