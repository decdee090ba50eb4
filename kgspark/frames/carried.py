"""A large value that many tasks need: it travels as bytes, and each worker process reads it once.

value -> pickled once -> bytes in the closure of every task -> read when the first task of a process asks

Spark unpickles a closure for each task; a matcher's tables of a million tokens take seconds, and their dictionaries are
built anew. A broadcast variable would do the same, but a Spark Connect session has none.
"""

from __future__ import annotations

import functools
import hashlib
import pickle
from typing import Generic, TypeVar

T = TypeVar("T")


class Carried(Generic[T]):
    """Holds a value; ``value`` is the same object for all tasks of a process that carry equal bytes."""

    def __init__(self, value: T) -> None:
        self._bytes = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
        self._digest = hashlib.sha256(self._bytes).hexdigest()

    @property
    def value(self) -> T:
        """The value, read from its bytes by the first who asks."""
        found: T = _read(_Key(self._digest, self._bytes))  # type: ignore[assignment]
        return found


class _Key:
    """Bytes that are equal where their digests are: the cache compares no megabytes."""

    def __init__(self, digest: str, content: bytes) -> None:
        self.digest, self.content = digest, content

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.digest == self.digest


# A worker meets the matcher and its frequencies; more would only hold memory.
@functools.lru_cache(maxsize=2)
def _read(key: _Key) -> object:
    return pickle.loads(key.content)  # noqa: S301 - bytes of this very program
