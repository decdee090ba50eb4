"""Reading judged aspect terms: items of one sentence come together; what breaks the format is said with its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kgspark.errors import InputError
from kgspark.extract.opinions.aspect_file import Sentence, Term, read

ITEMS = """The $T$ is good , the wine list not .
sushi
1
The Sushi is good , the $T$ not .
wine list
-1
Closed on $T$ .
Monday
0
"""


@pytest.mark.parametrize("packed", [False, True])
def test_items_of_one_sentence_come_together(tmp_path: Path, packed: bool) -> None:
    file = tmp_path / "items"
    file.write_bytes(gzip.compress(ITEMS.encode()) if packed else ITEMS.encode())
    assert read(file) == [
        Sentence(
            ("The", "sushi", "is", "good", ",", "the", "wine", "list", "not", "."),
            (Term(1, 2, 1), Term(6, 8, -1)),
        ),
        Sentence(("Closed", "on", "Monday", "."), (Term(2, 3, 0),)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0 lines"),
        ("a\nb\n", "2 lines"),
        ("no place\nterm\n1\n", "line 1"),
        ("a $T$\nterm\ngood\n", "line 3: found 'good'"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "items"
    file.write_text(text)
    with pytest.raises(InputError, match=said):
        read(file)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none")
