"""How raw dumps are read into bronze."""

from __future__ import annotations

from pydantic import Field

from kgspark.settings import Settings


class IngestSettings(Settings):
    """Limits of the framer, which cuts dumps into records."""

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
