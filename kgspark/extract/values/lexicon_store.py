"""A lexicon as an artefact: JSON under <root>/lexicon/<sha256>/, sorted, so that equal lexicons are one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kgspark import artifacts
from kgspark.errors import InputError
from kgspark.extract.text.words import Value
from kgspark.extract.values.lexicon import Lexicon, Rule

NAME, FORMAT = "lexicon", 2


def save(lexicon: Lexicon, root: str, trained_on: str, seen: Mapping[str, Sequence[int]] | None = None) -> str:
    """Write the lexicon, unless it is there; gives its folder. ``seen`` are sketches of what taught it."""
    content = {
        "format": FORMAT,
        "labels": sorted(
            [name, list(words), label, lexicon.shares.get((name, words), 0.0)]
            for (name, words), label in lexicon.labels.items()
        ),
        "counts": sorted(
            (
                [level, _plain(key), lexicon.right.get((level, key), 0), seen]
                for (level, key), seen in lexicon.seen.items()
            ),
            key=str,
        ),
        "declared": sorted([level, name, count] for (level, name), count in lexicon.declared.items()),
        "local": sorted(lexicon.local),
        "listings": sorted([level, name, count] for (level, name), count in lexicon.listings.items()),
    }
    figures = {"values": len(lexicon.labels), "attributes": len(lexicon.names)}
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return artifacts.save(root, NAME, {"lexicon.json": data}, trained_on, figures, seen)


def load(path: str) -> Lexicon:
    """Read a lexicon from its folder.

    Raises InputError where it is not whole, not what its hash says, or of another format.
    """
    files, manifest = artifacts.load(path, NAME)
    content = json.loads(files.get("lexicon.json", b"{}"))
    if content.get("format") != FORMAT:
        raise InputError(
            f"{path} was learnt by kgspark {manifest['code_version']}, another format; learn a new lexicon."
        )
    labels = {(name, tuple(words)): label for name, words, label, _ in content["labels"]}
    shares = {(name, tuple(words)): share for name, words, _, share in content["labels"] if share}
    counts = [(level, _key(key), right, seen) for level, key, right, seen in content["counts"]]
    return Lexicon(
        labels,
        shares,
        {(level, key): right for level, key, right, _ in counts if right},
        {(level, key): seen for level, key, _, seen in counts},
        {(level, name): count for level, name, count in content["declared"]},
        {(level, name): count for level, name, count in content["listings"]},
        frozenset(content["local"]),
    )


def _plain(key: Value | Rule) -> list[Any]:
    return [key[0], list(key[1])] if len(key) == 2 else list(key)


def _key(written: list[Any]) -> Value | Rule:
    return (written[0], tuple(written[1])) if len(written) == 2 else (written[0], written[1], written[2])
