"""Fitting the span tagger on questions whose right spans are known.

questions by text -> right start and end tokens -> likelihood of all right places -> AdamW
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from kgspark.extract.trained.answers import Answers, Question
from kgspark.extract.trained.span_features import Spans
from kgspark.extract.trained.tagger import Tagger, Tokens

log = logging.getLogger(__name__)
EPOCHS, BATCH = 6, 16
RATE_UPPER, RATE_HEAD = 1e-4, 1e-3
_SEED = 0


@dataclass(frozen=True)
class _Taught:
    """A question, and the tokens at which its right values begin and end; none where there is no right value."""

    attribute: str
    begins: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


def fit(
    parts: Sequence[Sequence[str]],
    texts: Sequence[Spans],
    questions: Sequence[Question],
    answers: Answers,
    epochs: int = EPOCHS,
    device: str = "auto",
) -> Tagger:
    """A tagger of these questions; texts without a question are not read."""
    torch.manual_seed(_SEED)
    tagger = Tagger(device)
    asked: dict[int, list[Question]] = defaultdict(list)
    for question in questions:
        if answers.reads_spans(question.attribute):
            asked[question.text].append(question)
    numbers = np.array(sorted(asked), dtype=np.int64)
    read = tagger.lower([parts[number] for number in numbers], [texts[number] for number in numbers])
    tokens = dict(zip(numbers.tolist(), read, strict=True))
    taught = {number: _taught(asked[number], tokens[number], texts[number], answers) for number in asked}
    tagger.train()
    optimizer = torch.optim.AdamW(
        [
            {"params": tagger.upper.parameters(), "lr": RATE_UPPER},
            {"params": tagger.head.parameters(), "lr": RATE_HEAD},
        ],
        weight_decay=0.01,
    )
    chance = np.random.default_rng(_SEED)
    steps = max(1, epochs * -(-len(numbers) // BATCH))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [RATE_UPPER, RATE_HEAD], total_steps=steps, pct_start=0.1, cycle_momentum=False
    )
    for epoch in range(epochs):
        losses = []
        for batch in np.array_split(chance.permutation(numbers), max(1, -(-len(numbers) // BATCH))):
            loss = _loss(tagger, [tokens[number] for number in batch], [taught[number] for number in batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(tagger.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.detach())
        log.info("tagger: epoch %d, loss %.4f", epoch + 1, float(torch.stack(losses).mean()))
    return tagger.eval()


def _taught(asked: Sequence[Question], tokens: Tokens, spans: Spans, answers: Answers) -> list[_Taught]:
    """What a text's questions teach; those whose right values it does not write teach nothing."""
    taught = []
    for question in asked:
        written = answers.written(spans, question.attribute)
        right = np.array([value in question.right for value in written], dtype=np.bool_) & (tokens.first >= 0)
        if right.any() or not question.right:
            begins, ends = np.unique(tokens.first[right]), np.unique(tokens.last[right])
            taught.append(_Taught(question.attribute, begins, ends))
    return taught


def _loss(tagger: Tagger, texts: Sequence[Tokens], taught: Sequence[Sequence[_Taught]]) -> torch.Tensor:
    """Minus the mean log likelihood of the right places, start and end apart."""
    questions = [question for each in taught for question in each]
    if not questions:
        return torch.zeros((), requires_grad=True, device=tagger.device)
    logged = torch.stack(tagger(texts, [[question.attribute for question in each] for each in taught]))
    right = np.zeros(tuple(logged.shape), dtype=np.bool_)
    for row, question in enumerate(questions):
        nothing = [right.shape[2] - 1]
        right[0, row, question.begins if len(question.begins) else nothing] = True
        right[1, row, question.ends if len(question.ends) else nothing] = True
    likely = logged.masked_fill(~torch.from_numpy(right).to(tagger.device), -torch.inf)
    return -torch.logsumexp(likely, dim=2).mean()
