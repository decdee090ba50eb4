"""A span tagger: where in a text the value of a named attribute begins and ends, or that it is not there.

text -> tokens -> lower layers (frozen, once a text) -> upper layers (trained) -> for each token and attribute name a
start and an end score, for "none" a score of its own -> log probability of any span

The attribute's name is a query, so one model serves all attributes, and a text is encoded once whatever is asked of it
(start and end heads with a no-answer score as in Devlin et al., BERT, 2019; the name as a query after Wang et al.,
Learning to Extract Attribute Value from Product via Question Answering, 2020).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from kgspark.embed import models
from kgspark.embed.encoder import pick_precision
from kgspark.embed.settings import EmbedSettings
from kgspark.extract.trained.span_features import Spans

MAX_TOKENS = 192
FROZEN_LAYERS = 4
HIDDEN = 256


@dataclass(frozen=True)
class Tokens:
    """A text's tokens as the frozen layers see them (``hidden``: tokens x width), and for each span of the text the
    first and the last of its tokens (-1 where the text was cut before it).
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

    def forward(self, hidden: torch.Tensor, queries: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """``hidden`` texts x tokens x width, ``queries`` attributes x width -> texts x attributes x tokens x 2, and
        texts x attributes.
        """
        tokens = self.of_token(hidden)[:, None]
        asked = self.of_query(queries)[None, :, None]
        mixed = nn.functional.gelu(tokens * torch.sigmoid(self.gate(queries))[None, :, None] * 2 + asked)
        return self.scores(mixed), self.nothing(mixed[:, :, 0]).squeeze(-1)


class Tagger(nn.Module):
    """The packaged encoder with a head; ``upper`` are its trained layers."""

    def __init__(self) -> None:
        super().__init__()
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        folder = str(models.locate(EmbedSettings()).layout.folder)
        encoder = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.tokenizer = tokenizer.backend_tokenizer
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
        # A list, not a module: the frozen part is no parameter of ours and is not saved with us.
        self._frozen = [encoder.eval()]
        # A copy: queries are what the whole encoder made of a name before it was trained.
        self.upper = copy.deepcopy(nn.ModuleList(encoder.encoder.layer[FROZEN_LAYERS:]))
        self.head = Head(int(encoder.config.hidden_size))
        self.bf16 = pick_precision("auto", "cpu") == "bf16"
        self._queries: dict[str, torch.Tensor] = {}

    @torch.inference_mode()
    def lower(self, parts: Sequence[str], spans: Spans) -> Tokens:
        """What the frozen layers make of a text, and where its spans are among the tokens."""
        encoded = self._encode(parts)
        hidden = self._frozen[0].embeddings(
            torch.tensor([encoded.ids]), token_type_ids=torch.tensor([encoded.type_ids])
        )
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            for layer in self._frozen[0].encoder.layer[:FROZEN_LAYERS]:
                hidden = _output(layer(hidden))
        first, last = (
            _token_of(encoded, parts, spans.part, spans.begin),
            _token_of(encoded, parts, spans.part, spans.end - 1),
        )
        return Tokens(hidden[0].to(torch.bfloat16 if self.bf16 else torch.float32).clone(), first, last)

    @torch.inference_mode()
    def query(self, attribute: str) -> torch.Tensor:
        """An attribute's name as the untrained encoder embeds it: mean over its tokens."""
        if attribute not in self._queries:
            encoded = self._encode([attribute.replace("_", " ")])
            hidden = self._frozen[0](input_ids=torch.tensor([encoded.ids])).last_hidden_state
            self._queries[attribute] = hidden[0].mean(dim=0).float().clone()
        return self._queries[attribute]

    def forward(self, texts: Sequence[Tokens], queries: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Log probabilities of start and end by text and query: texts x queries x (tokens + 1); the last is "none"."""
        longest = max(len(text.hidden) for text in texts)
        hidden = torch.zeros(len(texts), longest, texts[0].hidden.shape[1])
        real = torch.zeros(len(texts), longest, dtype=torch.bool)
        for row, text in enumerate(texts):
            hidden[row, : len(text.hidden)] = text.hidden.float()
            real[row, : len(text.hidden)] = True
        mask = torch.zeros(len(texts), 1, 1, longest).masked_fill(~real[:, None, None], -1e9)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            for layer in self.upper:
                hidden = _output(layer(hidden, attention_mask=mask.to(hidden.dtype)))
            scores, nothing = self.head(hidden, queries)
        scores = scores.float().masked_fill(~real[:, None, :, None], -1e9)
        both = torch.cat([scores, nothing.float()[:, :, None, None].expand(-1, -1, 1, 2)], dim=2)
        logged = torch.log_softmax(both, dim=2)
        return logged[..., 0], logged[..., 1]

    @torch.inference_mode()
    def span_scores(self, text: Tokens, attributes: Sequence[str]) -> npt.NDArray[np.float64]:
        """Log probability of each span, and of "none" behind them, by attribute; they add up to 1."""
        start, end = self([text], torch.stack([self.query(name) for name in attributes]))
        begins, ends = start[0].double().numpy(), end[0].double().numpy()
        scores = np.where(text.first >= 0, begins[:, text.first] + ends[:, text.last], -40.0)
        whole = np.concatenate([scores, begins[:, -1:] + ends[:, -1:]], axis=1)
        top = whole.max(axis=1, keepdims=True)
        return np.asarray(whole - top - np.log(np.exp(whole - top).sum(axis=1, keepdims=True)))

    def _encode(self, parts: Sequence[str]) -> Any:
        pair = [part.lower() for part in parts if part][:2] or [""]
        return self.tokenizer.encode(*pair)


def _token_of(
    encoded: Any, parts: Sequence[str], part: npt.NDArray[np.int64], place: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The token at a character of a part of the text; -1 where there is none."""
    filled = [number for number, text in enumerate(parts) if text][:2]
    at = {number: np.full(len(parts[number]) + 1, -1, dtype=np.int64) for number in filled}
    for token, (begin, end) in enumerate(encoded.offsets):
        sequence = encoded.sequence_ids[token]
        if sequence is not None and end > begin:
            at[filled[sequence]][begin:end] = token
    found = [at[p][c] if p in at and c < len(at[p]) else -1 for p, c in zip(part.tolist(), place.tolist(), strict=True)]
    return np.array(found, dtype=np.int64)


def _output(layer: Any) -> torch.Tensor:
    """A layer's hidden states, whether it gives them alone or in a tuple."""
    hidden: torch.Tensor = layer[0] if isinstance(layer, tuple) else layer
    return hidden
