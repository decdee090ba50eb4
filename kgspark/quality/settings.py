"""Settings of the gates: block ``quality`` of the configuration."""

from __future__ import annotations

from pydantic import Field

from kgspark.settings import Settings


class QualitySettings(Settings):
    """What the gates show of a failure, and when a table's growth is judged."""

    sample_rows: int = Field(10, ge=0, le=10, description="Rows kept as examples of a failed expectation")
    sample_value_length: int = Field(200, ge=10, description="Characters kept of a value in an example row")
    check_row_change: bool = Field(
        True, description="false: let tonight's row counts differ from the last release's, such as after a new source"
    )
    row_change_from: int = Field(
        100, ge=1, description="Rows that the last release must hold before its row count is compared with tonight's"
    )
