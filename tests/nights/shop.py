"""The golden shop as a running business: its dumps in a folder of their own, changed at random from night to night."""

from __future__ import annotations

import csv
import datetime
import io
import json
import random
import shutil
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from kgspark.config import Config
from kgspark.ingest.sources import load_sources
from kgspark.night import Night
from kgspark.run import NightOptions, NightReport, run_night

WORLD = Path(__file__).resolve().parent.parent / "world"
KEY = b"the golden shop's own key"
FIRST_NIGHT = datetime.date(2026, 3, 1)


class Shop:
    """A lake and the dumps it is fed with."""

    def __init__(self, folder: Path, date: datetime.date = FIRST_NIGHT) -> None:
        if not (folder / "dumps").exists():
            shutil.copytree(WORLD / "dumps", folder / "dumps")
        self.dumps = folder / "dumps"
        self.cfg = Config(lake=str(folder / "lake"))
        self.sources = load_sources([str(WORLD / "sources" / "*.yaml")], {"GOLDEN_SHOP": str(folder)})
        self.date = date

    @classmethod
    def again(cls, folder: Path) -> Shop:
        """The shop of a folder on its second night, with the dumps as they lie there."""
        return cls(folder, FIRST_NIGHT + datetime.timedelta(days=1))

    def tonight(self) -> Night:
        return Night(date=self.date, run_id="", sources=self.sources, secret=KEY)

    def night(self, spark: SparkSession, **options: Any) -> NightReport:
        report = run_night(spark, self.cfg, self.tonight(), options=NightOptions(**options))
        self.date += datetime.timedelta(days=1)
        return report

    def change(self, chance: random.Random) -> None:
        """Some records of every dump edited, removed, repeated under another key; keys stand in the first field."""
        for name in ("kettle_shop.csv", "tea_forum.csv", "till.csv"):
            file = self.dumps / name
            header, *rows = csv.reader(io.StringIO(file.read_text(encoding="utf-8")))
            out = io.StringIO()
            csv.writer(out, lineterminator="\n").writerows([header, *self._changed(rows, chance)])
            file.write_text(out.getvalue(), encoding="utf-8")
        file = self.dumps / "bazaar.jsonl"
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
        rows = self._changed([[row["id"], json.dumps(row)] for row in lines], chance, edit_json=True)
        file.write_text(
            "".join(f"{json.dumps(json.loads(row[1]) | {'id': row[0]})}\n" for row in rows), encoding="utf-8"
        )

    @staticmethod
    def _changed(rows: list[list[str]], chance: random.Random, edit_json: bool = False) -> list[list[str]]:
        kept = []
        for row in rows:
            dice = chance.random()
            if dice < 0.06:
                continue
            if dice < 0.14:
                row = _edited(row, chance, edit_json)
            kept.append(row)
            # An unusable record comes once: another would be a twentieth of so small a shop, and its gate says no.
            if dice > 0.95 and row[1]:
                kept.append([f"{row[0]}n{chance.randrange(10**6)}", *row[1:]])
        chance.shuffle(kept)
        return kept


def _edited(row: list[str], chance: random.Random, edit_json: bool) -> list[str]:
    if edit_json:
        record = json.loads(row[1])
        record["title"] = f"{record['title']} {chance.choice(['steel', 'new', 'set'])}"
        return [row[0], json.dumps(record)]
    place = chance.randrange(1, len(row))
    text = row[place]
    try:
        changed = str(round(float(text) * 1.1 + 1, 2)) if "." in text else f"{int(text) + 1}"
    except ValueError:
        changed = f"{text} {chance.choice(['steel', 'new', 'set'])}"
    return [*row[:place], changed, *row[place + 1 :]]
