"""How raw dumps are read into bronze."""

from __future__ import annotations

from pydantic import Field

from kgspark.settings import Settings


class IngestSettings(Settings):
    """Limits of the framer, which cuts dumps into records, and of what may vanish overnight."""

    max_drop: float = Field(
        0.3,
        gt=0,
        le=1,
        description="Share of a snapshot source's records that may vanish in one night; more stops the night",
    )
    max_record_bytes: int = Field(
        4_194_304,
        gt=0,
        description="Largest record that is read, bytes; a longer one is set aside as too_large, cut there",
    )
    max_file_bytes: int = Field(
        536_870_912,
        gt=0,
        lt=2_147_483_647,
        description="Largest text file on remote storage, bytes as stored; and largest json file, bytes unpacked",
    )
