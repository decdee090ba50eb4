"""One YAML file in, one frozen and typed object out: every stage gets its own block, and no key is ever silently
ignored.

``base.yaml`` beside the file is read first where it exists, then the file itself on top; what neither names keeps the
default of its settings class. ``${VAR}`` is replaced from the environment that the caller passes in.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field, ValidationError

from kgspark.embed.settings import EmbedSettings
from kgspark.errors import InputError
from kgspark.extract.aspects_settings import AspectsSettings
from kgspark.extract.attributes_settings import AttributesSettings
from kgspark.extract.needs_settings import NeedsSettings
from kgspark.graph.facts_settings import FactsSettings
from kgspark.graph.settings import GraphSettings
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.silver_settings import SilverSettings
from kgspark.lake.lock_settings import LockSettings
from kgspark.quality.settings import QualitySettings
from kgspark.reconcile.settings import ReconcileSettings
from kgspark.resolve.settings import ResolveSettings
from kgspark.settings import Settings, expand_variables

BASE_NAME = "base.yaml"
# Where things lie and how Spark runs: the same folder may be written otherwise, and a night that ran out of memory goes
# on with more. What the sources' files and the key say counts by itself (tonight.py).
_NO_EFFECT = {"lake", "sources", "catalog", "privacy", "spark", "lock"}


class CatalogSettings(Settings):
    """Where tables are registered; without a name they are plain folders under the lake."""

    name: str | None = Field(
        None, description="Catalogue to keep tables in, such as main; null: folders under the lake"
    )
    prefix: str = Field("", description="Put before the layer to name the database: <prefix>silver")


class PrivacySettings(Settings):
    """How people are hidden."""

    key_file: str | None = Field(
        None, description="File with the key of shopper pseudonyms; null: environment variable KGSPARK_KEY"
    )


class SparkSettings(Settings):
    """How a local session starts; a session that is already running (spark-submit, Databricks) is used as it is."""

    properties_file: str | None = Field("conf/spark/local.conf", description="Spark settings of a local session")
    settings: dict[str, str] = Field({}, description="Spark settings of a local session on top of the file's")
    stages_at_a_time: int = Field(2, ge=1, description="Stages that run side by side where neither needs the other")
    tables_at_a_time: int = Field(3, ge=1, description="Tables of one stage that are written, or gated, side by side")


class Config(Settings):
    """The whole configuration of a night."""

    lake: str = Field("build/lake", description="Root of the tables: folder or URI (s3a://, abfss://, gs://, volume)")
    sources: tuple[str, ...] = Field((), description="Source files: paths or globs of YAMLs")
    catalog: CatalogSettings = CatalogSettings()
    privacy: PrivacySettings = PrivacySettings()
    spark: SparkSettings = SparkSettings()
    lock: LockSettings = LockSettings()
    ingest: IngestSettings = IngestSettings()
    silver: SilverSettings = SilverSettings()
    attributes: AttributesSettings = AttributesSettings()
    aspects: AspectsSettings = AspectsSettings()
    needs: NeedsSettings = NeedsSettings()
    resolve: ResolveSettings = ResolveSettings()
    reconcile: ReconcileSettings = ReconcileSettings()
    facts: FactsSettings = FactsSettings()
    graph: GraphSettings = GraphSettings()
    embed: EmbedSettings = EmbedSettings()
    quality: QualitySettings = QualitySettings()

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of the sha256 of the settings that rows depend on: equal ones, equal fingerprint."""
        text = json.dumps(self.model_dump(mode="json", exclude=_NO_EFFECT), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read a configuration file.

    Raises InputError, in one sentence with the remedy, for a missing file, broken YAML, an unset variable, an unknown
    key (with the nearest known one) or a value of the wrong type.
    """
    base = path.parent / BASE_NAME
    settings = _read(base, environ) if base.is_file() and base != path else {}
    settings = _merge(settings, _read(path, environ))
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        raise InputError(_explain(path, error)) from None


def _read(path: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The configuration {path} cannot be read ({error.strerror}); pass --config FILE.") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {str(error).replace(chr(10), ' ')}.") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} holds no settings; it must be a YAML mapping such as 'lake: build/lake'.")
    expanded: dict[str, Any] = expand_variables(content, path, environ)
    return expanded


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _explain(path: Path, error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] != "extra_forbidden":
        return f"{path}: {where} is {problem.get('input')!r}: {problem['msg']}."
    known = _known_keys(problem["loc"][:-1])
    nearest = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1, cutoff=0.0)
    hint = f"did you mean {nearest[0]}" if nearest else f"known are {', '.join(known)}"
    return f"{path}: {where} is not a known key; {hint}?"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Config
    for part in location:
        annotation = model.model_fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
