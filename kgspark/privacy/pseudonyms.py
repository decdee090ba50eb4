"""Who someone is, replaced by a keyed pseudonym: one person keeps one name, and only the key's holder can make it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from kgspark.columns import ID_HEX_DIGITS, natural_key
from kgspark.errors import InputError

SHORTEST_KEY = 16
# How an id may be set apart in a record that cannot be read: as a field, or as a word within one (an e-mail address has
# points and dashes of its own).
_CUTS = (re.compile(r"\s*[\t\r\n,;|\"'<>]+\s*"), re.compile(r"[\s,;|\"'<>{}\[\]()=:\\/]+"))


def pseudonym(kind: str, raw_id: Column, namespace: Column, key: bytes) -> Column:
    """``<kind>/<16 hex>``: HMAC-SHA256 (RFC 2104) of namespace and raw id under the lake's key; null for no id.

    ``namespace`` keeps two shops' customer 17 apart. The key travels to the workers inside the function, as an Arrow
    UDF: in a Column expression it would be a literal, which plans, event logs and the Spark UI show. Raises InputError
    for a key under 16 bytes.
    """
    if len(key) < SHORTEST_KEY:
        raise InputError(
            f"The key of shopper pseudonyms has {len(key)} bytes, expected {SHORTEST_KEY} or more; put 32 random "
            "bytes into the file that privacy.key_file names, or into the environment variable KGSPARK_KEY."
        )

    def keyed(batches: Iterator[pa.Array]) -> Iterator[pa.Array]:
        for texts in batches:
            # Each id once: order lines repeat their shopper.
            distinct = texts.dictionary_encode()
            names = [None if text is None else _name(kind, text, key) for text in distinct.dictionary.to_pylist()]
            yield pc.take(pa.array(names, pa.string()), distinct.indices)

    message: Column = F.when(raw_id.isNotNull(), natural_key(namespace, raw_id))
    # PySpark's type stubs do not know the function yet.
    name: Column = F.arrow_udf(keyed, T.StringType())(message)  # type: ignore[attr-defined]
    return name


def holds_one_of(kind: str, raw: Column, namespace: str, key: bytes, names: Collection[str]) -> Column:
    """Whether bytes hold an id, set apart by white space or punctuation, that has one of these names; null for null.

    Like a pseudonym it is worked out by the workers, where neither key nor ids are shown.
    """
    wanted = frozenset(names)

    def held(batches: Iterator[pa.Array]) -> Iterator[pa.Array]:
        for values in batches:
            texts = (None if value is None else value.decode("utf-8", "replace") for value in values.to_pylist())
            yield pa.array([None if text is None else any_of(text) for text in texts], pa.bool_())

    def any_of(text: str) -> bool:
        words = {word for cut in _CUTS for word in cut.split(text)} - {""}
        return any(_name(kind, _message(namespace, word), key) in wanted for word in words)

    found: Column = F.arrow_udf(held, T.BooleanType())(raw)  # type: ignore[attr-defined]
    return found


def pseudonym_of(kind: str, raw_id: str, namespace: str, key: bytes) -> str:
    """The pseudonym that ``pseudonym`` gives one id."""
    return _name(kind, _message(namespace, raw_id), key)


def _message(namespace: str, raw_id: str) -> str:
    # Lengths in characters, as natural_key counts them.
    return "".join(f"{len(part)}:{part}" for part in (namespace, raw_id))


def _name(kind: str, message: str, key: bytes) -> str:
    return f"{kind}/{hmac.digest(key, message.encode(), hashlib.sha256).hex()[:ID_HEX_DIGITS]}"
