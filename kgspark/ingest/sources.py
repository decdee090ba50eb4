"""What a shop says about a dump in its source file: where it lies, how to read it, what feeds which column.

One YAML a source, in ``conf/sources/<name>.yaml``. A value comes from a raw field, from a SQL expression over raw
fields or from a constant; every raw field is text. Unknown keys are errors that name the nearest known one, so that
a typing mistake never silently drops a column.
"""

from __future__ import annotations

import codecs
import glob
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field as Default
from pydantic import ValidationError, field_validator, model_validator

from kgspark.errors import InputError
from kgspark.ingest.fields import Field, RatingField, Strict, fields_of_sql, nearest
from kgspark.ingest.mappings import (
    CatalogueColumns,
    CatalogueMapping,
    Emits,
    InteractionColumns,
    InteractionsMapping,
    Kind,
    ReviewColumns,
    ReviewsMapping,
)
from kgspark.settings import expand_variables

__all__ = [
    "CatalogueColumns",
    "CatalogueMapping",
    "Emits",
    "Field",
    "Format",
    "InteractionColumns",
    "InteractionsMapping",
    "Kind",
    "RatingField",
    "ReviewColumns",
    "ReviewsMapping",
    "Source",
    "fields_of_sql",
    "load_source",
    "load_sources",
    "nearest",
]

Format = Literal["csv", "tsv", "json", "jsonl", "xml", "parquet", "delta"]

# Which reader options mean something for which format; anything else is a mistake worth stopping for.
OPTIONS: dict[str, frozenset[str]] = {
    "csv": frozenset({"separator", "quote", "encoding", "column_names"}),
    "tsv": frozenset({"separator", "quote", "encoding", "column_names"}),
    "json": frozenset({"encoding", "rows"}),
    "jsonl": frozenset({"encoding"}),
    "xml": frozenset({"row_tag"}),
    "parquet": frozenset(),
    "delta": frozenset(),
}

# What a source's file says without any effect on rows: dated folders would else make every night a full one.
_NO_EFFECT = {"path", "licence"}


class Options(Strict):
    """Reader options; which of them a format knows stands in OPTIONS."""

    separator: str | None = Default(default=None, min_length=1, max_length=1)
    quote: str = Default(default='"', max_length=1)
    encoding: str = "utf-8"
    column_names: tuple[str, ...] = ()
    rows: str | None = None
    row_tag: str | None = None

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            known = codecs.lookup(value).name
        except LookupError:
            raise ValueError(
                f"encoding {value!r} is not one that Python knows; use utf-8, gb18030, cp1252, ..."
            ) from None
        # Lines are cut before they are decoded.
        if "\n,".encode(known) != b"\n,":
            raise ValueError(f"encoding {value!r} does not keep ASCII as single bytes; convert the file to utf-8")
        return known


class Source(Strict):
    """One provider of a dump, as its YAML states it."""

    name: str = Default(pattern=r"^[a-z][a-z0-9_]*$")
    path: str
    format: Format
    options: Options = Options()
    delivery: Literal["snapshot", "append"] = "snapshot"
    on_missing: Literal["fail", "keep"] = "fail"
    max_drop: float | None = Default(default=None, gt=0, le=1)
    retention_days: int | None = Default(default=None, ge=1)
    licence: str | None = None
    language: str | None = Default(default=None, pattern=r"^[a-z]{2}$")
    currency: str | None = Default(default=None, pattern=r"^[A-Z]{3}$")
    time_zone: str = "UTC"
    emits: Emits

    @model_validator(mode="after")
    def _options_of_format(self) -> Source:
        for option in self.options.model_fields_set:
            if option not in OPTIONS[self.format]:
                known = ", ".join(sorted(OPTIONS[self.format])) or "none"
                raise ValueError(f"format {self.format} has no option {option!r}; it knows {known}")
        if self.format == "xml" and not self.options.row_tag:
            raise ValueError("format xml needs options.row_tag, the element that is one record")
        return self

    @model_validator(mode="after")
    def _retention_of_people(self) -> Source:
        if self.retention_days and not (self.emits.reviews or self.emits.interactions):
            raise ValueError(
                "retention_days is for records of people, and this source emits no reviews or interactions"
            )
        return self

    def deciding(self) -> str:
        """What rows depend on, as text: neither where the dump lies, however that is written, nor its licence."""
        return self.model_dump_json(exclude=_NO_EFFECT)

    @property
    def separator(self) -> str:
        """Field separator of a csv or tsv dump."""
        return self.options.separator or ("\t" if self.format == "tsv" else ",")


def load_sources(patterns: Iterable[str], environ: Mapping[str, str]) -> tuple[Source, ...]:
    """Every source that the patterns (paths or globs of YAML files) name, in order of file name.

    ``${VAR}`` in a file is replaced from ``environ``. Raises InputError, in one sentence with the remedy, for a pattern
    without a file, an unset variable, an unknown key (with the nearest known one), a wrong value, two sources of one
    name, and a ``catalogue`` that no source emits.
    """
    files: dict[str, None] = {}
    for pattern in patterns:
        found = sorted(glob.glob(pattern, recursive=True))
        if not found:
            raise InputError(f"No source file matches {pattern}; list YAML files that exist under 'sources'.")
        files |= dict.fromkeys(found)
    by_name: dict[str, tuple[str, Source]] = {}
    for file in files:
        source = load_source(Path(file), environ)
        if source.name in by_name:
            raise InputError(
                f"{file} and {by_name[source.name][0]} both declare a source called {source.name}; "
                "names are unique, rename one."
            )
        by_name[source.name] = (file, source)
    _check_references(by_name)
    return tuple(source for _, source in by_name.values())


def load_source(path: Path, environ: Mapping[str, str]) -> Source:
    """One source out of its YAML file; errors as in ``load_sources``."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The source file {path} cannot be read ({error}); list YAML files under 'sources'.") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} describes no source; it must be a mapping with name, path, format and emits.")
    try:
        return Source.model_validate(expand_variables(content, path, environ))
    except ValidationError as error:
        raise InputError(_explain(path, error)) from None


def unique_sources(sources: Iterable[Source], said: bool | None = True) -> list[str]:
    """Names of the sources whose YAML says that their sellers list a product once; with ``said`` None of those that do
    not say.
    """
    return [s.name for s in sources if s.emits.catalogue is not None and s.emits.catalogue.unique is said]


def _explain(path: Path, error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    # pydantic puts its own words before those of our validators.
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{path}: {where + ': ' if where else ''}{message}."
    if problem["type"] == "missing":
        return f"{path}: {where} is missing; add it."
    return f"{path}: {where} is {problem.get('input')!r}: {message[0].lower()}{message[1:]}."


def _check_references(by_name: Mapping[str, tuple[str, Source]]) -> None:
    catalogues = [name for name, (_, source) in by_name.items() if source.emits.catalogue]
    for file, source in by_name.values():
        for kind in ("reviews", "interactions"):
            mapping = getattr(source.emits, kind)
            target = mapping.catalogue if mapping else None
            if target is not None and target not in by_name:
                raise InputError(
                    f"{file}: {kind}.catalogue is {target!r}, which is no source; {nearest(target, catalogues)}."
                )
            if target is not None and target not in catalogues:
                raise InputError(
                    f"{file}: {kind}.catalogue is {target!r}, which emits no catalogue; {nearest(target, catalogues)}."
                )
