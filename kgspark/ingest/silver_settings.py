"""Settings of the stages that turn bronze records into silver offers, reviews, interactions and prices."""

import datetime

from pydantic import Field

from kgspark.settings import Settings


class SilverSettings(Settings):
    """Limits beyond which a value is no longer believed; nothing is ever cut."""

    max_title_length: int = Field(
        2_000, ge=1, description="Characters; a longer offer title is a framing accident and rejects the record"
    )
    max_text_length: int = Field(
        1_000_000,
        ge=1,
        description="Characters; a description, review or attribute of this length or more is set aside",
    )
    earliest_date: datetime.date = Field(
        datetime.date(1900, 1, 1), description="Day; an earlier time is impossible and set aside"
    )
    latest_days_ahead: int = Field(
        1, ge=0, description="Days after the night up to which a time is possible (clocks and time zones differ)"
    )
