"""The network that finds and judges aspect terms: shapes, spans, and that it learns what it is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kgspark.extract.opinions.aspect_file import Sentence, Term
from kgspark.extract.opinions.evaluate_aspects import evaluate, lines

SENTENCES = [
    Sentence(("The", "sushi", "is", "great", "."), (Term(1, 2, 1),)),
    Sentence(("Great", "wine", "list", ",", "rude", "staff", "."), (Term(1, 3, 1), Term(5, 6, -1))),
    Sentence(("Closed", "on", "Monday", "."), (Term(2, 3, 0),)),
    Sentence(("The", "pizza", "-LRB-", "cold", "-RRB-", "was", "awful"), (Term(1, 2, -1),)),
]


@pytest.mark.slow
def test_it_learns_what_it_is_shown() -> None:
    from kgspark.extract.opinions.aspect_training import Training, train

    how = Training(epochs=25, batch=4, dropout=0.0)
    reader = train(SENTENCES, seed=0, how=how)
    judged = reader.judge(SENTENCES)
    assert judged.shape == (5, 3)
    assert np.allclose(judged.sum(axis=1), 1, atol=1e-3)
    assert judged.argmax(axis=1).tolist() == [2, 2, 0, 1, 0]
    assert reader.find(SENTENCES) == [{(1, 2)}, {(1, 3), (5, 6)}, {(2, 3)}, {(1, 2)}]
    again = train(SENTENCES, seed=0, how=how)
    assert np.array_equal(again.judge(SENTENCES), judged)


@pytest.mark.slow
def test_the_report_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "items"
    file.write_text("The $T$ is great .\nsushi\n1\nThe $T$ is cold .\npizza\n-1\n")
    report = evaluate(file, file, seeds=2)
    said = lines(report)
    assert said[0] == "learnt from 2 items in 2 sentences, judged 2 in 2 (0.500 of one polarity)"
    assert [run.seed for run in report.runs] == [0, 1]
    assert said[-1].startswith("mean: accuracy")
    assert set(report.record()) > {"accuracy", "macro_f1", "f1", "runs"}
