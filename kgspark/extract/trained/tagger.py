"""A span tagger: where in a text the value of a named attribute begins and ends, or that it is not there.

texts -> tokens -> lower layers (frozen, once a text) -> upper layers (trained) -> for each token and attribute name a
start and an end score, for "none" a score of its own -> log probability of any span

The attribute's name is a query, so one model serves all attributes, and a text is encoded once whatever is asked of it
(start and end heads with a no-answer score as in Devlin et al., BERT, 2019; the name as a query after Wang et al.,
Learning to Extract Attribute Value from Product via Question Answering, 2020).

A CPU reads text by text, so that no answer depends on what else is asked; a GPU reads texts of like length together.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from kgspark.embed import packaged
from kgspark.embed.encoder import batches
from kgspark.extract.trained.span_features import Spans

MAX_TOKENS = 192
FROZEN_LAYERS = 4
HIDDEN = 256
# Tokens, padding included, and questions' tokens that a GPU reads at once; the latter take HIDDEN numbers each.
GPU_TOKENS, GPU_ASKED = 65536, 262144
_WINDOW = 2048


@dataclass(frozen=True)
class Tokens:
    """A text's tokens as the frozen layers see them (``hidden``: tokens x width, on the tagger's device), and for each
    span of the text the first and the last of its tokens (-1 where the text was cut before it).
    """

    hidden: torch.Tensor
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]


class Head(nn.Module):
    """Start, end and no-answer scores of tokens for queries."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.of_token = nn.Linear(width, HIDDEN)
        self.of_query = nn.Linear(width, HIDDEN)
        self.gate = nn.Linear(width, HIDDEN)
        self.scores = nn.Linear(HIDDEN, 2)
        self.nothing = nn.Linear(HIDDEN, 1)

    def forward(
        self, hidden: torch.Tensor, queries: torch.Tensor, text: torch.Tensor, query: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """``hidden`` texts x tokens x width, ``queries`` attributes x width; a question is a row of each (``text``,
        ``query``) -> questions x tokens x 2, and questions.
        """
        gate, asked = torch.sigmoid(self.gate(queries)), self.of_query(queries)
        tokens = self.of_token(hidden)[text]
        mixed = nn.functional.gelu(tokens * gate[query][:, None] * 2 + asked[query][:, None])
        # A dimension more than needed: a CPU rounds products of fewer otherwise, and kept models would change.
        return self.scores(mixed[None])[0], self.nothing(mixed[None, :, 0])[0].squeeze(-1)


class Tagger(nn.Module):
    """The packaged encoder with a head; ``upper`` are its trained layers."""

    def __init__(self, device: str = "auto") -> None:
        super().__init__()
        # No module: the frozen part is no parameter of ours and is not saved with us.
        self.packaged = packaged.load(device, MAX_TOKENS)
        self.device, encoder = self.packaged.device, self.packaged.encoder
        # A copy: queries are what the whole encoder made of a name before it was trained.
        self.upper = copy.deepcopy(nn.ModuleList(encoder.encoder.layer[FROZEN_LAYERS:]))
        self.head = Head(int(encoder.config.hidden_size)).to(self.device)
        # Texts to be asked at once: a CPU gains nothing by it, and each text's hidden states take up to 300 kB.
        self.window = _WINDOW if self.device.type == "cuda" else 1
        self._queries: dict[str, torch.Tensor] = {}

    @torch.inference_mode()
    def lower(self, texts: Sequence[Sequence[str]], spans: Sequence[Spans]) -> list[Tokens]:
        """What the frozen layers make of each text, and where its spans are among the tokens."""
        encoded = self.packaged.tokenizer.encode_batch([_prepared(parts) for parts in texts])
        lengths = np.array([len(each.ids) for each in encoded], dtype=np.int64)
        hidden: list[torch.Tensor] = [torch.empty(0)] * len(texts)

        def ask(rows: list[int]) -> torch.Tensor:
            ids, types = (
                _padded([torch.tensor(getattr(encoded[row], name)) for row in rows]).to(self.device)
                for name in ("ids", "type_ids")
            )
            return self._lower(ids, types, lengths[rows])

        for rows, read in self._answers(lengths, GPU_TOKENS, ask):
            for at, row in enumerate(rows):
                hidden[row] = read[at, : lengths[row]]
        return [
            Tokens(
                hidden[row],
                _token_of(each, parts, described.part, described.begin),
                _token_of(each, parts, described.part, described.end - 1),
            )
            for row, (each, parts, described) in enumerate(zip(encoded, texts, spans, strict=True))
        ]

    @torch.inference_mode()
    def query(self, attribute: str) -> torch.Tensor:
        """An attribute's name as the untrained encoder embeds it: mean over its tokens."""
        if attribute not in self._queries:
            [encoded] = self.packaged.tokenizer.encode_batch([_prepared([attribute.replace("_", " ")])])
            hidden = self.packaged.encoder(input_ids=torch.tensor([encoded.ids], device=self.device)).last_hidden_state
            self._queries[attribute] = hidden[0].mean(dim=0).float()
        return self._queries[attribute]

    def forward(self, texts: Sequence[Tokens], asked: Sequence[Sequence[str]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Log probabilities of start and end: questions x (tokens + 1), the last for "none"; ``asked`` are the
        attributes asked of each text, and the questions stand in that order.
        """
        names = {name: at for at, name in enumerate(sorted({name for each in asked for name in each}))}
        text = self._sent(np.repeat(np.arange(len(texts)), [len(each) for each in asked]))
        query = self._sent(np.array([names[name] for each in asked for name in each], dtype=np.int64))
        lengths = np.array([len(each.hidden) for each in texts], dtype=np.int64)
        hidden = _padded([each.hidden for each in texts]).float()
        mask = self._mask(lengths)
        # Not under autocast: names are embedded at full precision.
        queries = torch.stack([self.query(name) for name in names])
        hidden = self.packaged.through(self.upper, hidden, mask)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.packaged.bf16):
            scores, nothing = self.head(hidden, queries, text, query)
        padding = mask[:, 0, 0, :, None] < 0
        scores = scores.float().masked_fill(padding[text], -1e9)
        both = torch.cat([scores, nothing.float()[:, None, None].expand(-1, 1, 2)], dim=1)
        logged = torch.log_softmax(both, dim=1)
        return logged[..., 0], logged[..., 1]

    @torch.inference_mode()
    def span_scores(self, texts: Sequence[Tokens], asked: Sequence[Sequence[str]]) -> list[npt.NDArray[np.float64]]:
        """For each text the log probability of each span, and of "none" behind them, by attribute asked of it; they add
        up to 1.
        """
        some = [row for row, names in enumerate(asked) if names]
        lengths = np.array([len(texts[row].hidden) for row in some], dtype=np.int64)
        budget = min(GPU_TOKENS, GPU_ASKED // max((len(names) for names in asked), default=1)) if len(some) else 1

        def ask(batch: list[int]) -> torch.Tensor:
            return torch.stack(self([texts[some[at]] for at in batch], [asked[some[at]] for at in batch]))

        scores = [np.empty((0, len(text.first) + 1)) for text in texts]
        # All are asked before any is fetched: a GPU is not made to wait.
        for batch, logged in list(self._answers(lengths, budget, ask)):
            begins, ends = logged.double().cpu().numpy()
            rows = [some[at] for at in batch]
            until = np.cumsum([len(asked[row]) for row in rows])
            for row, stop in zip(rows, until.tolist(), strict=True):
                of_text = slice(stop - len(asked[row]), stop)
                scores[row] = _of_spans(texts[row], begins[of_text], ends[of_text])
        return scores

    def _answers(
        self, lengths: npt.NDArray[np.int64], budget: int, ask: Callable[[list[int]], torch.Tensor]
    ) -> Iterator[tuple[list[int], torch.Tensor]]:
        for rows in self._batches(lengths, budget):
            yield from packaged.in_halves(rows, ask)

    def _batches(self, lengths: npt.NDArray[np.int64], budget: int) -> Iterator[list[int]]:
        order = np.argsort(lengths, kind="stable")
        for batch in batches(lengths[order], budget if self.device.type == "cuda" else 1):
            yield order[batch].tolist()

    def _lower(self, ids: torch.Tensor, types: torch.Tensor, lengths: npt.NDArray[np.int64]) -> torch.Tensor:
        encoder = self.packaged.encoder
        mask = self._mask(lengths) if lengths.min() < lengths.max() else None
        embedded = encoder.embeddings(ids, token_type_ids=types)
        hidden = self.packaged.through(encoder.encoder.layer[:FROZEN_LAYERS], embedded, mask)
        return hidden.to(torch.bfloat16 if self.packaged.bf16 else torch.float32)

    def _mask(self, lengths: npt.NDArray[np.int64]) -> torch.Tensor:
        """0 for a token, -1e9 for padding: texts x 1 x 1 x tokens."""
        padding = np.arange(lengths.max()) >= lengths[:, None]
        return self._sent(np.where(padding, np.float32(-1e9), np.float32(0)))[:, None, None]

    def _sent(self, values: npt.NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(values).to(self.device)


def _of_spans(text: Tokens, begins: npt.NDArray[np.float64], ends: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Log probabilities of a text's spans and of "none" out of those of its tokens."""
    scores = np.where(text.first >= 0, begins[:, text.first] + ends[:, text.last], -40.0)
    whole = np.concatenate([scores, begins[:, -1:] + ends[:, -1:]], axis=1)
    top = whole.max(axis=1, keepdims=True)
    return np.asarray(whole - top - np.log(np.exp(whole - top).sum(axis=1, keepdims=True)))


def _prepared(parts: Sequence[str]) -> str | tuple[str, ...]:
    """What the tokenizer takes: a text, or two as a pair."""
    filled = tuple(part.lower() for part in parts if part)[:2]
    return filled if len(filled) == 2 else "".join(filled)


def _padded(rows: Sequence[torch.Tensor]) -> torch.Tensor:
    return nn.utils.rnn.pad_sequence(list(rows), batch_first=True)


def _token_of(
    encoded: Any, parts: Sequence[str], part: npt.NDArray[np.int64], place: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The token at a character of a part of the text; -1 where there is none."""
    filled = [number for number, text in enumerate(parts) if text][:2]
    # All parts behind one another, each with a character more than it has; what no token covers stays -1.
    starts = np.cumsum([0, *(len(text) + 1 for text in parts)])
    at = np.full(starts[-1], -1, dtype=np.int64)
    for token, ((begin, end), sequence) in enumerate(zip(encoded.offsets, encoded.sequence_ids, strict=True)):
        if sequence is not None:
            first = starts[filled[sequence]]
            at[first + begin : min(first + end, starts[filled[sequence] + 1])] = token
    where = starts[part] + place
    return np.where(where < starts[part + 1], at[np.minimum(where, starts[-1] - 1)], -1)
