"""Who someone is, replaced by a keyed pseudonym: one person keeps one name, and only the key's holder can make it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from kgspark.columns import ID_HEX_DIGITS, natural_key
from kgspark.errors import InputError

SHORTEST_KEY = 16


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


def pseudonym_of(kind: str, raw_id: str, namespace: str, key: bytes) -> str:
    """The pseudonym that ``pseudonym`` gives one id."""
    # Lengths in characters, as natural_key counts them.
    return _name(kind, "".join(f"{len(part)}:{part}" for part in (namespace, raw_id)), key)


def _name(kind: str, message: str, key: bytes) -> str:
    return f"{kind}/{hmac.digest(key, message.encode(), hashlib.sha256).hex()[:ID_HEX_DIGITS]}"
