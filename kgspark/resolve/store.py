"""Where fitted matchers lie: JSON and Parquet under <root>/matcher/<sha256>/, named by what they hold.

Matcher -> model.json, tokens.parquet, grams.parquet, manifest.json (figures and hash) -> Matcher
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import fs, parquet

from kgspark import __version__
from kgspark.artifacts import filesystem
from kgspark.errors import InputError
from kgspark.resolve.calibrate import Calibration
from kgspark.resolve.features import NAMES
from kgspark.resolve.hits import Outcome
from kgspark.resolve.matcher import Fitted, Frequencies, Matcher
from kgspark.resolve.normalise import Kind
from kgspark.resolve.pairs import FOLDS

FORMAT = 3


def save(matcher: Matcher, root: str, trained_on: str) -> str:
    """Write the matcher, unless it is there; gives its folder. ``trained_on`` names the offers for people."""
    tokens, grams, model = _tables(matcher)
    digest = _fingerprint(tokens, grams, model)
    system, base = filesystem(root)
    folder = f"{base}/matcher/{digest}"
    if system.get_file_info(f"{folder}/manifest.json").type == fs.FileType.File:
        return f"{root}/matcher/{digest}"
    system.create_dir(folder, recursive=True)
    parquet.write_table(tokens, f"{folder}/tokens.parquet", filesystem=system)
    parquet.write_table(grams, f"{folder}/grams.parquet", filesystem=system)
    manifest = {
        "sha256": digest,
        "format": FORMAT,
        "code_version": __version__,
        "trained_on": trained_on,
        "figures": dict(matcher.figures),
    }
    # The manifest comes last: a folder without one is half written.
    for name, content in (("model.json", model), ("manifest.json", manifest)):
        with system.open_output_stream(f"{folder}/{name}") as file:
            file.write(json.dumps(content, indent=1).encode())
    return f"{root}/matcher/{digest}"


def load(path: str) -> Matcher:
    """Read a matcher from its folder.

    Raises InputError where it is not whole, of another format, or not what its hash says.
    """
    system, folder = filesystem(path)
    try:
        manifest, model = (_json(system, f"{folder}/{name}.json") for name in ("manifest", "model"))
        tokens, grams = (parquet.read_table(f"{folder}/{n}.parquet", filesystem=system) for n in ("tokens", "grams"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no fitted matcher ({error}); name a folder <root>/matcher/<sha256>.") from None
    if manifest["format"] != FORMAT or tuple(model["features"]) != NAMES:
        raise InputError(f"{path} was fitted by kgspark {manifest['code_version']}, another format; fit a new matcher.")
    calibration = Calibration(np.array(model["scores"]), np.array(model["q"]), model["constant"])
    weights = np.stack([tokens.column(name).to_numpy() for name in _weight_names()])
    matcher = Matcher(
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
    )
    if _fingerprint(*_tables(matcher)) != manifest["sha256"]:
        raise InputError(f"{path} does not hold what its manifest says; it was changed. Fit a new matcher.")
    return matcher


def _fingerprint(tokens: pa.Table, grams: pa.Table, model: dict[str, Any]) -> str:
    """sha256 of everything that decides a pair."""
    digest = hashlib.sha256(json.dumps(model, sort_keys=True).encode())
    digest.update("\0".join(tokens.column("token").to_pylist()).encode())
    for table in (tokens.drop_columns(["token"]), grams):
        for column in table.columns:
            digest.update(np.ascontiguousarray(column.to_numpy()).tobytes())
    return digest.hexdigest()


def _tables(matcher: Matcher) -> tuple[pa.Table, pa.Table, dict[str, Any]]:
    known, fitted = matcher.frequencies, matcher.fitted
    weights = fitted.tokens.reshape(FOLDS * len(Outcome), -1)
    tokens = pa.table(
        {"token": pa.array(known.tokens, pa.string()), "name_df": known.name, "text_df": known.text}
        | dict(zip(_weight_names(), weights, strict=True))
    )
    model = {
        "offers": known.offers,
        "price_levels": dict(sorted(known.price_levels.items())),
        "features": NAMES,
        "kinds": [kind.name for kind in Kind],
        "intercepts": fitted.intercepts.tolist(),
        "coefficients": fitted.coefficients.tolist(),
        "buckets": fitted.buckets.tolist(),
        "once": matcher.once,
        "scores": fitted.calibration.scores.tolist(),
        "q": fitted.calibration.q.tolist(),
        "constant": fitted.calibration.constant,
    }
    return tokens, pa.table({"gram": known.grams, "df": known.gram_df}), model


def _weight_names() -> list[str]:
    return [f"{outcome.name.lower()}_{fold}" for fold in range(FOLDS) for outcome in Outcome]


def _json(system: fs.FileSystem, path: str) -> dict[str, Any]:
    with system.open_input_stream(path) as file:
        content: dict[str, Any] = json.loads(file.read())
    return content
