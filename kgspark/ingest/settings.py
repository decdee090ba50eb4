"""How raw dumps are read into bronze."""

from __future__ import annotations

from pydantic import Field

from kgspark.settings import Settings


class IngestSettings(Settings):
    """Limits of the framer."""

    max_record_bytes: int = Field(
        4_194_304, gt=0, description="Largest record that is read, bytes; longer ones are set aside as too_large"
    )
    max_open_quote_lines: int = Field(
        1000,
        gt=0,
        description="Lines a quoted field may span before its quote counts as never closed and one line is set aside",
    )
    max_file_bytes: int = Field(
        1_073_741_824,
        gt=0,
        lt=2_147_483_647,
        description="Largest text file that is framed in one piece, bytes as stored; Spark's ceiling is 2 GiB",
    )
    xml_depth: int = Field(64, gt=0, description="Deepest nesting of an XML record that is read, levels")
