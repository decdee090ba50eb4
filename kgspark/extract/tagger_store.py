"""A fitted tagger as an artefact: safetensors under <root>/tagger/<sha256>/, only what was trained.

The frozen encoder is not kept: its sha256 is, and another encoder is refused.
"""

from __future__ import annotations

import json
from typing import Any

from kgspark import artifacts
from kgspark.embed import models
from kgspark.embed.settings import EmbedSettings
from kgspark.errors import InputError
from kgspark.extract.tagger import FROZEN_LAYERS, HIDDEN, Tagger

NAME, FORMAT = "tagger", 1


def save(tagger: Tagger, root: str, trained_on: str, figures: dict[str, Any]) -> str:
    """Write the tagger, unless it is there; gives its folder."""
    from safetensors.torch import save as to_bytes

    weights = {name: value.detach().contiguous() for name, value in tagger.state_dict().items()}
    files = {"model.safetensors": to_bytes(weights), "tagger.json": json.dumps(_shape(), sort_keys=True).encode()}
    return artifacts.save(root, NAME, files, trained_on, figures)


def load(path: str) -> Tagger:
    """Read a tagger from its folder.

    Raises InputError where it is not whole, not what its hash says, of another format or for another encoder.
    """
    from safetensors.torch import load as from_bytes

    files, manifest = artifacts.load(path, NAME)
    if json.loads(files.get("tagger.json", b"{}")) != _shape():
        raise InputError(
            f"{path} was fitted by kgspark {manifest['code_version']} for another encoder or format; fit a new tagger."
        )
    tagger = Tagger()
    tagger.load_state_dict(from_bytes(files["model.safetensors"]))
    return tagger.eval()


def _shape() -> dict[str, Any]:
    encoder = models.locate(EmbedSettings()).sha256
    return {"format": FORMAT, "encoder": encoder, "frozen_layers": FROZEN_LAYERS, "hidden": HIDDEN}
