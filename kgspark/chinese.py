"""Words of Chinese text."""

from __future__ import annotations

import functools
import logging
from typing import Any


@functools.cache
def segmenter() -> Any:
    """jieba's segmenter with its dictionary, loaded once a process (a second) and without a log line."""
    import jieba

    jieba.setLogLevel(logging.ERROR)
    return jieba.Tokenizer()
