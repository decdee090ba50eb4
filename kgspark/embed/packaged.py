"""The packaged encoder as parts to fine-tune: its layers, its tokenizer, and where and how precisely it computes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from kgspark.embed import models
from kgspark.embed.encoder import pick_device, pick_precision
from kgspark.embed.settings import EmbedSettings

if TYPE_CHECKING:
    import torch

Answer = TypeVar("Answer")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Packaged:
    """``encoder`` in evaluation on ``device``; ``tokenizer`` pads nothing; ``bf16``: layers compute in it."""

    encoder: Any
    tokenizer: Any
    device: torch.device
    bf16: bool

    def through(self, layers: Iterable[Any], hidden: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """What some of the layers make of ``hidden`` (texts x tokens x width); ``mask`` is 0 for a token and -1e9 for
        padding (texts x 1 x 1 x tokens), None where nothing is padded.
        """
        import torch

        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            for layer in layers:
                given = layer(hidden, attention_mask=None if mask is None else mask.to(hidden.dtype))
                hidden = given[0] if isinstance(given, tuple) else given
        return hidden


def load(device: str, max_tokens: int) -> Packaged:
    """The packaged encoder on a device (``auto``: a GPU where there is one); longer texts are cut."""
    # Imported here: torch takes seconds and hundreds of megabytes.
    import torch
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    folder = str(models.locate(EmbedSettings()).layout.folder)
    place = torch.device(pick_device(device))
    encoder = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    fast: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    tokenizer = fast.backend_tokenizer
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, strategy="longest_first")
    return Packaged(encoder.eval().to(place), tokenizer, place, pick_precision("auto", str(place)) == "bf16")


def in_halves(rows: list[int], ask: Callable[[list[int]], Answer]) -> Iterator[tuple[list[int], Answer]]:
    """What ``ask`` answers of the rows together, or of halves of them where a GPU has not the memory; raises
    torch.OutOfMemoryError where it has none for a single row.
    """
    import torch

    try:
        answer = ask(rows)
    except torch.OutOfMemoryError:
        if len(rows) == 1:
            raise
    else:
        yield rows, answer
        return
    # Here and not above: an exception that is being handled keeps the tensors of what failed.
    _log.warning("a GPU has no memory for %d texts at once; halves of them are tried", len(rows))
    half = len(rows) // 2
    yield from in_halves(rows[:half], ask)
    yield from in_halves(rows[half:], ask)
