"""Texts in, unit vectors out: one transformer on one device, fed with batches of a fixed number of tokens.

texts -> tokens (once) -> sorted by length -> batches within the token budget -> pooled, unit-length vectors
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgspark.errors import EngineError, InputError

if TYPE_CHECKING:
    import torch

    from kgspark.embed.models import Layout

# torch and transformers are imported inside functions: Spark forks its workers, and a process that has touched CUDA
# cannot be forked.


@dataclass(frozen=True)
class Encoded:
    """``vectors`` has a row a text (zeros where it failed), ``failures`` the reason by row; ``tokens`` counts those of
    each text that the model reads, padding left out.
    """

    vectors: npt.NDArray[np.float32]
    failures: dict[int, str]
    tokens: npt.NDArray[np.int64]


def pick_device(setting: str) -> str:
    """Where this process computes: the GPU that Spark gave the task, else any CUDA device, else the CPU.

    Raises EngineError where a GPU is asked for or assigned and CUDA does not run.
    """
    import torch
    from pyspark import TaskContext

    if setting == "cpu":
        return "cpu"
    task = TaskContext.get()
    assigned = task.resources().get("gpu") if task else None
    if torch.cuda.is_available():
        index = assigned.addresses[0] if assigned else (task.partitionId() if task else 0) % torch.cuda.device_count()
        return f"cuda:{index}"
    if assigned or setting == "cuda":
        raise EngineError(
            "CUDA does not run on this worker; install a torch built for its driver, or set embed.device: cpu."
        )
    return "cpu"


def pick_precision(setting: str, device: str) -> str:
    """``bf16`` where the device computes in it, else ``fp32``; a setting other than ``auto`` is taken as it is."""
    import torch

    if setting != "auto":
        return setting
    if device.startswith("cuda"):
        return "bf16" if torch.cuda.get_device_capability(device) >= (8, 0) else "fp32"
    capabilities = torch.cpu.get_capabilities()
    native = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return "bf16" if native else "fp32"


def batches(lengths: Sequence[int] | npt.NDArray[np.int64], budget: int) -> Iterator[slice]:
    """Cut ascending lengths into runs whose padded size (count times longest) fits the budget; one alone may exceed it.

    >>> [(s.start, s.stop) for s in batches([2, 3, 3, 9], budget=9)]
    [(0, 3), (3, 4)]
    """
    start = 0
    for stop in range(1, len(lengths) + 1):
        if stop == len(lengths) or (stop + 1 - start) * lengths[stop] > budget:
            yield slice(start, stop)
            start = stop


class Encoder:
    """A sentence-transformers model without its training parts: same tokens, pooling and vectors, other batches."""

    def __init__(self, layout: Layout, *, device: str, precision: str, threads: int, batch_tokens: int) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        # One line a weight on stderr, from every worker.
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        torch.set_num_threads(threads)
        self._layout, self._device, self._budget = layout, torch.device(device), batch_tokens
        tokenizer = AutoTokenizer.from_pretrained(str(layout.folder), local_files_only=True)
        if not tokenizer.is_fast:
            raise InputError(
                f"embed.model: {layout.folder} has no fast tokenizer (tokenizer.json); choose another model."
            )
        model = AutoModel.from_pretrained(
            str(layout.folder),
            dtype=torch.bfloat16 if precision == "bf16" else torch.float32,
            local_files_only=True,
            use_safetensors=True,
        )
        self._model = model.eval().to(self._device)
        self._vocabulary = model.get_input_embeddings().num_embeddings
        self._dimension = int(model.config.hidden_size)
        self._pad = tokenizer.pad_token_id or 0
        self._typed = "token_type_ids" in tokenizer.model_input_names
        positions = getattr(model.config, "max_position_embeddings", -1)
        known = [tokenizer.model_max_length, *([positions] if positions > 0 else [])]
        self._tokenizer = tokenizer.backend_tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(layout.max_tokens or min(known), strategy="longest_first")

    def encode(self, texts: Sequence[str], others: Sequence[str] | None = None) -> Encoded:
        """Vectors of the texts, or of the pairs that they make with ``others``; one that fails takes no other along."""
        import torch

        failures: dict[int, str] = {}
        tokens = self._tokenize(texts, others, failures)
        lengths = np.array([len(t.ids) if t is not None else 0 for t in tokens], dtype=np.int64)
        # Stable: equal lengths stay in the order they came in, so that the same rows make up the same batches.
        order = np.argsort(lengths, kind="stable")
        order = order[lengths[order] > 0]
        pooled: list[tuple[npt.NDArray[np.int64], torch.Tensor]] = []
        with torch.inference_mode():
            for batch in batches(lengths[order], self._budget):
                pooled += self._attempt(order[batch], tokens, failures)
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        if pooled:
            # One copy from the device for all batches: a GPU is not made to wait after each.
            rows = np.concatenate([rows for rows, _ in pooled])
            vectors[rows] = torch.cat([values for _, values in pooled]).cpu().numpy()
        norms = np.linalg.norm(vectors, axis=1)
        for row in np.flatnonzero(~(np.isfinite(norms) & (norms > 0))):
            failures.setdefault(int(row), "the model gave no finite vector other than zero")
            vectors[row] = 0
        return Encoded(vectors, failures, lengths)

    def _tokenize(self, texts: Sequence[str], others: Sequence[str] | None, failures: dict[int, str]) -> list[Any]:
        firsts = [self._prepare(self._layout.prompt + text) for text in texts]
        inputs = firsts if others is None else list(zip(firsts, map(self._prepare, others), strict=True))
        try:
            return list(self._tokenizer.encode_batch_fast(inputs))
        except Exception:  # noqa: BLE001 - whatever a text does to the tokenizer, only its own row may fail
            tokens: list[Any] = []
            for row, one in enumerate(inputs):
                try:
                    tokens += self._tokenizer.encode_batch_fast([one])
                except Exception as error:  # noqa: BLE001 - as above
                    failures[row] = _reason("cannot be cut into tokens", error)
                    tokens.append(None)
            return tokens

    def _prepare(self, text: str) -> str:
        return text.lower() if self._layout.lower_case else text

    def _attempt(
        self, rows: npt.NDArray[np.int64], tokens: list[Any], failures: dict[int, str]
    ) -> list[tuple[npt.NDArray[np.int64], torch.Tensor]]:
        """Run a batch; one that fails (a bad text, too little memory) is halved until the culprit stands alone."""
        import torch

        try:
            return [(rows, self._forward([tokens[row] for row in rows]))]
        except torch.AcceleratorError:
            # The device itself is lost to this process: Spark must run the task elsewhere.
            raise
        except Exception as error:  # noqa: BLE001 - a failing text is a row with a reason, whatever raised
            if len(rows) == 1:
                failures[int(rows[0])] = _reason("cannot be embedded", error)
                return []
            half = len(rows) // 2
        return self._attempt(rows[:half], tokens, failures) + self._attempt(rows[half:], tokens, failures)

    def _forward(self, tokens: list[Any]) -> torch.Tensor:
        import torch

        lengths = np.array([len(t.ids) for t in tokens])
        real = np.arange(lengths.max()) < lengths[:, None]
        ids = np.full(real.shape, self._pad, dtype=np.int64)
        ids[real] = np.concatenate([t.ids for t in tokens])
        if ids.max() >= self._vocabulary:
            # On a GPU this would be a fault of the device, which no later text survives.
            raise ValueError("token id beyond the model's vocabulary")
        mask = torch.from_numpy(real).to(self._device)
        # Without a mask attention takes its faster path; batches of one length are common after sorting.
        inputs = {"input_ids": ids} | ({} if real.all() else {"attention_mask": real.astype(np.int64)})
        if self._typed:
            types = np.zeros_like(ids)
            types[real] = np.concatenate([t.type_ids for t in tokens])
            inputs["token_type_ids"] = types
        on_device = {name: torch.from_numpy(values).to(self._device) for name, values in inputs.items()}
        hidden = self._model(**on_device).last_hidden_state.float()
        return torch.nn.functional.normalize(_pool(hidden, mask[..., None], self._layout.pooling), dim=-1)


def _pool(hidden: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """One vector a text out of its tokens' vectors; padding is on the right and does not count."""
    if pooling == "cls":
        return hidden[:, 0]
    if pooling == "max":
        return hidden.masked_fill(~mask, float("-inf")).amax(dim=1)
    return (hidden * mask).sum(dim=1) / mask.sum(dim=1)


def _reason(what: str, error: Exception) -> str:
    # The type alone: a library's message may quote the text, and reasons quote no personal data.
    return f"the text {what}: {type(error).__name__}"
