"""The fitted matcher as an artefact: JSON and Parquet under <root>/matcher/<sha256>/, see ``kgspark.artifacts``.

Matcher -> model.json, tokens.parquet, grams.parquet -> Matcher
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from kgspark import artifacts
from kgspark.errors import InputError
from kgspark.resolve.calibrate import Calibration
from kgspark.resolve.features import NAMES
from kgspark.resolve.hits import Outcome
from kgspark.resolve.matcher import Fitted, Frequencies, Matcher
from kgspark.resolve.normalise import Kind
from kgspark.resolve.pairs import FOLDS

NAME, FORMAT = "matcher", 4
_MODEL, _TOKENS, _GRAMS = "model.json", "tokens.parquet", "grams.parquet"


def save(matcher: Matcher, root: str, trained_on: str, seen: Mapping[str, Sequence[int]] | None = None) -> str:
    """Write the matcher, unless it is there; gives its folder. ``trained_on`` names the offers for people, ``seen`` are
    sketches of them and of people's answers.
    """
    tokens, grams, model = _tables(matcher)
    files = {
        _MODEL: json.dumps(model, indent=1, sort_keys=True).encode(),
        _TOKENS: _to_bytes(tokens),
        _GRAMS: _to_bytes(grams),
    }
    return artifacts.save(root, NAME, files, trained_on, matcher.figures, seen)


def load(path: str) -> Matcher:
    """Read a matcher from its folder.

    Raises InputError where it is not whole, of another format, or not what its hash says.
    """
    files, manifest = artifacts.load(path, NAME)
    model = json.loads(files[_MODEL])
    if model.get("format") != FORMAT or tuple(model["features"]) != NAMES:
        raise InputError(f"{path} was fitted by kgspark {manifest['code_version']}, another format; fit a new matcher.")
    tokens, grams = (parquet.read_table(io.BytesIO(files[name])) for name in (_TOKENS, _GRAMS))
    calibration = Calibration(np.array(model["scores"]), np.array(model["q"]), model["constant"])
    weights = np.stack([tokens.column(name).to_numpy() for name in _weight_names()])
    return Matcher(
        Frequencies(
            model["offers"],
            tuple(tokens.column("token").to_pylist()),
            tokens.column("name_df").to_numpy(),
            tokens.column("text_df").to_numpy(),
            grams.column("gram").to_numpy(),
            grams.column("df").to_numpy(),
            model["price_levels"],
        ),
        Fitted(
            np.array(model["intercepts"]),
            np.array(model["coefficients"]),
            weights.reshape(FOLDS, len(Outcome), tokens.num_rows),
            np.array(model["buckets"]),
            calibration,
        ),
        manifest["figures"],
        None if model["once"] is None else tuple(model["once"]),
        model["settings"],
    )


def _tables(matcher: Matcher) -> tuple[pa.Table, pa.Table, dict[str, Any]]:
    known, fitted = matcher.frequencies, matcher.fitted
    weights = fitted.tokens.reshape(FOLDS * len(Outcome), -1)
    tokens = pa.table(
        {"token": pa.array(known.tokens, pa.string()), "name_df": known.name, "text_df": known.text}
        | dict(zip(_weight_names(), weights, strict=True))
    )
    model = {
        "format": FORMAT,
        "offers": known.offers,
        "price_levels": dict(sorted(known.price_levels.items())),
        "features": NAMES,
        "kinds": [kind.name for kind in Kind],
        "intercepts": fitted.intercepts.tolist(),
        "coefficients": fitted.coefficients.tolist(),
        "buckets": fitted.buckets.tolist(),
        "once": matcher.once,
        "settings": dict(matcher.settings),
        "scores": fitted.calibration.scores.tolist(),
        "q": fitted.calibration.q.tolist(),
        "constant": fitted.calibration.constant,
    }
    return tokens, pa.table({"gram": known.grams, "df": known.gram_df}), model


def _weight_names() -> list[str]:
    return [f"{outcome.name.lower()}_{fold}" for fold in range(FOLDS) for outcome in Outcome]


def _to_bytes(table: pa.Table) -> bytes:
    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()
