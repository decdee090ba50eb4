"""How long a night may be silent before another one takes it for dead."""

from __future__ import annotations

from pydantic import Field, model_validator

from kgspark.settings import Settings


class LockSettings(Settings):
    """The lock against two nights at once."""

    heartbeat_seconds: float = Field(120, gt=0, description="Seconds between two signs of life of a running night")
    stale_seconds: float = Field(
        900, gt=0, description="Seconds of silence after which a night of another machine is taken for dead"
    )

    @model_validator(mode="after")
    def _several_beats(self) -> LockSettings:
        if self.stale_seconds < 3 * self.heartbeat_seconds:
            raise ValueError("stale_seconds must be three heartbeats or more, or a slow commit looks like a death")
        return self
