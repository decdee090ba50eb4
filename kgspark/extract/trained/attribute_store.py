"""A fitted reader of named attributes as an artefact: safetensors and JSON under <root>/attribute_model/<sha256>/.

The tagger's frozen encoder is not kept: its sha256 is, and another encoder is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kgspark import artifacts
from kgspark.embed import models
from kgspark.embed.settings import EmbedSettings
from kgspark.errors import InputError
from kgspark.extract.trained import span_model
from kgspark.extract.trained.answers import Answers, Counts
from kgspark.extract.trained.attribute_model import AttributeModel
from kgspark.extract.trained.span_model import SpanModel

if TYPE_CHECKING:
    from kgspark.extract.trained.tagger import Tagger

NAME, FORMAT = "attribute_model", 1
_SPANS, _SPAN_WEIGHTS = "spans.json", "spans.safetensors"
_TAGGER, _TAGGER_WEIGHTS = "tagger.json", "tagger.safetensors"


def save(model: AttributeModel, root: str, trained_on: str, figures: Mapping[str, Any]) -> str:
    """Write the model, unless it is there; gives its folder."""
    files = _span_files(model.spans) | (_tagger_files(model.tagger) if model.tagger else {})
    return artifacts.save(root, NAME, files, trained_on, figures)


def load(path: str, device: str = "cpu") -> AttributeModel:
    """Read a model from its folder; its tagger, where it has one, runs on ``device`` (``auto``, ``cpu``, ``cuda``).

    Raises InputError where it is not whole, not what its hash says, of another format or for another encoder.
    """
    files, manifest = artifacts.load(path, NAME)
    wrong = InputError(
        f"{path} was fitted by kgspark {manifest['code_version']} for another encoder or format; fit a new model."
    )
    content = json.loads(files.get(_SPANS, b"{}"))
    if (content.get("format"), content.get("bits")) != (FORMAT, span_model.BITS):
        raise wrong
    tagger = None
    if _TAGGER in files:
        if json.loads(files[_TAGGER]) != _shape():
            raise wrong
        tagger = _tagger_of(files[_TAGGER_WEIGHTS], device)
    return AttributeModel(_spans_of(content, files[_SPAN_WEIGHTS]), tagger)


def _span_files(spans: SpanModel) -> dict[str, bytes]:
    from safetensors.numpy import save as to_bytes

    content = {
        "format": FORMAT,
        "bits": span_model.BITS,
        "forms": spans.answers.forms,
        "lists": spans.answers.lists,
        "counts": [
            [*pair, right, spans.counts.seen.get(pair, 0)] for pair, right in sorted(spans.counts.right.items())
        ],
    }
    # Most weights were never touched: the others, and where they are.
    touched = np.flatnonzero(spans.weights)
    weights = to_bytes({"places": touched.astype(np.int64), "weights": spans.weights[touched]})
    return {_SPANS: json.dumps(content, ensure_ascii=False, sort_keys=True).encode(), _SPAN_WEIGHTS: weights}


def _spans_of(content: dict[str, Any], data: bytes) -> SpanModel:
    from safetensors.numpy import load as from_bytes

    kept = from_bytes(data)
    weights = np.zeros(1 << span_model.BITS, dtype=np.float32)
    weights[kept["places"]] = kept["weights"]
    answers = Answers(content["forms"], {name: tuple(values) for name, values in content["lists"].items()})
    right = {(name, key): times for name, key, times, _ in content["counts"]}
    seen = {(name, key): times for name, key, _, times in content["counts"]}
    return SpanModel(weights, answers, Counts(seen, right))


def _tagger_files(tagger: Tagger) -> dict[str, bytes]:
    from safetensors.torch import save as to_bytes

    weights = {name: value.detach().cpu().contiguous() for name, value in tagger.state_dict().items()}
    return {_TAGGER_WEIGHTS: to_bytes(weights), _TAGGER: json.dumps(_shape(), sort_keys=True).encode()}


def _tagger_of(data: bytes, device: str) -> Tagger:
    from safetensors.torch import load as from_bytes

    from kgspark.extract.trained.tagger import Tagger

    tagger = Tagger(device)
    tagger.load_state_dict(from_bytes(data))
    return tagger.eval()


def _shape() -> dict[str, Any]:
    from kgspark.extract.trained.tagger import FROZEN_LAYERS, HIDDEN

    encoder = models.locate(EmbedSettings()).sha256
    return {"format": FORMAT, "encoder": encoder, "frozen_layers": FROZEN_LAYERS, "hidden": HIDDEN}
