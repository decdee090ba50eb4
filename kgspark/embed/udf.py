"""The Arrow iterator that embeds: what runs inside Spark's Python workers."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kgspark.embed import models
from kgspark.embed.encoder import Encoded, Encoder, pick_device, pick_precision
from kgspark.embed.settings import EmbedSettings

# What the iterator yields; ``failure`` is null where there is a vector.
OUTPUT = "text_hash string, model string, vector array<float>, failure string, tokens bigint"


@functools.lru_cache(maxsize=2)
def load_encoder(cfg: EmbedSettings, device: str, precision: str, threads: int) -> Encoder:
    """The worker's model: loaded once a process, which serves many tasks (spark.python.worker.reuse)."""
    budget = cfg.gpu_batch_tokens if device.startswith("cuda") else cfg.cpu_batch_tokens
    layout = models.locate(cfg).layout
    return Encoder(layout, device=device, precision=precision, threads=threads, batch_tokens=budget)


@dataclass(frozen=True)
class Embed:
    """Turns Arrow batches of ``text_hash, text, other`` into ``OUTPUT``; ``other`` is null for a single text.

    ``cfg`` is pinned (``models.pinned``), so a worker that finds other weights fails instead of mixing vectors.
    """

    cfg: EmbedSettings

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One batch out for each batch in."""
        for batch in incoming:
            if batch.num_rows:
                yield self._embed(batch)

    def _embed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        device = pick_device(self.cfg.device)
        precision = pick_precision(self.cfg.precision, device)
        encoder = load_encoder(self.cfg, device, precision, _threads(self.cfg))
        others = batch.column("other")
        paired = others.null_count < batch.num_rows
        encoded = encoder.encode(batch.column("text").to_pylist(), others.to_pylist() if paired else None)
        model = models.locate(self.cfg).label(precision)
        columns = [batch.column("text_hash"), pa.array([model] * batch.num_rows), *_columns(encoded)]
        return pa.RecordBatch.from_arrays(columns, names=["text_hash", "model", "vector", "failure", "tokens"])


def _threads(cfg: EmbedSettings) -> int:
    from pyspark import TaskContext

    if cfg.threads != "auto":
        return cfg.threads
    # Every core has a task of its own; more threads than cores of the task would take them from the others.
    task = TaskContext.get()
    return task.cpus() if task else 1


def _columns(encoded: Encoded) -> tuple[pa.Array, pa.Array, pa.Array]:
    """The vectors as one list array without a copy a row, null where they failed, the reasons, and the tokens."""
    count, dimension = encoded.vectors.shape
    failed = np.zeros(count, dtype=bool)
    failed[list(encoded.failures)] = True
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * dimension)
    values = pa.array(encoded.vectors.reshape(-1))
    vectors = pa.ListArray.from_arrays(offsets, values, mask=pa.array(failed))
    failures = pa.array([encoded.failures.get(row) for row in range(count)], type=pa.string())
    return vectors, failures, pa.array(encoded.tokens)
