"""Fitting the span tagger on questions whose right spans are known.

questions by text -> right start and end tokens -> likelihood of all right places -> AdamW
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch

from kgspark.extract.trained.answers import Answers, Question
from kgspark.extract.trained.span_features import Spans
from kgspark.extract.trained.tagger import Tagger, Tokens

log = logging.getLogger(__name__)
EPOCHS, BATCH = 6, 16
RATE_UPPER, RATE_HEAD = 1e-4, 1e-3
_SEED = 0


def fit(
    parts: Sequence[Sequence[str]],
    texts: Sequence[Spans],
    questions: Sequence[Question],
    answers: Answers,
    epochs: int = EPOCHS,
) -> Tagger:
    """A tagger of these questions; texts without a question are not read."""
    torch.manual_seed(_SEED)
    tagger = Tagger()
    asked: dict[int, list[Question]] = defaultdict(list)
    for question in questions:
        if answers.reads_spans(question.attribute):
            asked[question.text].append(question)
    tokens = {number: tagger.lower(parts[number], texts[number]) for number in sorted(asked)}
    tagger.train()
    optimizer = torch.optim.AdamW(
        [
            {"params": tagger.upper.parameters(), "lr": RATE_UPPER},
            {"params": tagger.head.parameters(), "lr": RATE_HEAD},
        ],
        weight_decay=0.01,
    )
    chance = np.random.default_rng(_SEED)
    numbers = np.array(sorted(asked), dtype=np.int64)
    steps = max(1, epochs * -(-len(numbers) // BATCH))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [RATE_UPPER, RATE_HEAD], total_steps=steps, pct_start=0.1, cycle_momentum=False
    )
    for epoch in range(epochs):
        total = 0.0
        for batch in np.array_split(chance.permutation(numbers), max(1, -(-len(numbers) // BATCH))):
            loss = _loss(tagger, batch.tolist(), tokens, texts, asked, answers)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(tagger.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        log.info("tagger: epoch %d, loss %.4f", epoch + 1, total * BATCH / max(1, len(numbers)))
    return tagger.eval()


def _loss(
    tagger: Tagger,
    batch: list[int],
    tokens: dict[int, Tokens],
    texts: Sequence[Spans],
    asked: dict[int, list[Question]],
    answers: Answers,
) -> torch.Tensor:
    """Minus the mean log likelihood of the right places, start and end apart."""
    names = sorted({question.attribute for number in batch for question in asked[number]})
    start, end = tagger(
        [tokens[number] for number in batch], torch.stack([tagger.query(name).clone() for name in names])
    )
    losses: list[torch.Tensor] = []
    for row, number in enumerate(batch):
        for question in asked[number]:
            column, said = names.index(question.attribute), tokens[number]
            if not question.right:
                losses += [-start[row, column, -1], -end[row, column, -1]]
                continue
            written = answers.written(texts[number], question.attribute)
            right = np.array([value in question.right for value in written], dtype=np.bool_) & (said.first >= 0)
            if right.any():
                losses.append(-torch.logsumexp(start[row, column, np.unique(said.first[right])], 0))
                losses.append(-torch.logsumexp(end[row, column, np.unique(said.last[right])], 0))
    return torch.stack(losses).mean() if losses else torch.zeros((), requires_grad=True)
