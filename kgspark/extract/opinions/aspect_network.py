"""One network that finds aspect terms and judges them: the packaged encoder with two small heads.

words -> word vectors -> a tag a word (outside, begins a term, goes on)
                      -> a term with what stands around it -> negative, neutral, positive

Imports torch: only evaluation and training load this module, never a Spark worker that forks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

from kgspark.embed import models
from kgspark.embed.settings import EmbedSettings
from kgspark.extract.opinions.aspect_file import POLARITIES, Sentence

OUTSIDE, BEGINS, GOES_ON = range(3)
LONGEST = 192
# How fast the weight of a word falls with its distance from the term, in words.
REACH = 4.0
# The treebank's names of brackets and quotes, as text has them.
_SPELLED = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "``": '"', "''": '"'}


@dataclass(frozen=True)
class Batch:
    """Sentences as numbers: tokens, the word of each token, and the terms as sentence, begin and end."""

    ids: torch.Tensor
    mask: torch.Tensor
    word: torch.Tensor
    words: int
    terms: torch.Tensor


class Tokens:
    """Cuts words into the encoder's tokens."""

    def __init__(self) -> None:
        folder = str(models.locate(EmbedSettings()).layout.folder)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)

    def batch(self, sentences: Sequence[Sentence], terms: Sequence[tuple[int, int, int]]) -> Batch:
        """The sentences with the terms (sentence, begin, end) to judge; what is beyond the longest text is cut."""
        texts = [[_SPELLED.get(word, word) for word in sentence.words] for sentence in sentences]
        cut = self._tokenizer(
            texts, is_split_into_words=True, truncation=True, max_length=LONGEST, padding=True, return_tensors="pt"
        )
        # Word 0 stands for the special tokens and padding.
        known = [[0 if w is None else w + 1 for w in cut.word_ids(row)] for row in range(len(texts))]
        words = max(map(len, texts))
        return Batch(cut["input_ids"], cut["attention_mask"], torch.tensor(known), words, torch.tensor(list(terms)))


class AspectNetwork(nn.Module):
    """The encoder and its heads."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        folder = str(models.locate(EmbedSettings()).layout.folder)
        self.encoder = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        width = int(self.encoder.config.hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.tag = nn.Linear(width, 3)
        self.hidden = nn.Linear(3 * width, width)
        self.judge = nn.Linear(width, len(POLARITIES))

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of tags (sentence, word, tag) and of polarities (term, polarity)."""
        states = self.encoder(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state
        words = _by_word(states, batch)
        tags = self.tag(self.dropout(words[:, 1:]))
        return tags, self._judged(words[:, 1:], states[:, 0], batch)

    def _judged(self, words: torch.Tensor, whole: torch.Tensor, batch: Batch) -> torch.Tensor:
        row, begin, end = batch.terms.unbind(1)
        place = torch.arange(words.shape[1])[None]
        real = batch.word.amax(1)[row][:, None] > place
        inside = ((place >= begin[:, None]) & (place < end[:, None])).to(words.dtype)
        distance = torch.clamp(torch.maximum(begin[:, None] - place, place - end[:, None] + 1), min=0)
        near = torch.exp(-distance / REACH).to(words.dtype) * real
        own = words[row]
        parts = [_mean(own, inside), _mean(own, near), whole[row].to(words.dtype)]
        hidden = torch.tanh(self.hidden(self.dropout(torch.cat(parts, dim=1))))
        judged: torch.Tensor = self.judge(self.dropout(hidden))
        return judged


def _by_word(states: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Mean of each word's tokens; word 0 is what no word holds."""
    count = batch.words + 1
    place = nn.functional.one_hot(batch.word, count).to(states.dtype)
    total = torch.einsum("btw,btd->bwd", place, states)
    return total / place.sum(1).clamp(min=1)[..., None]


def _mean(words: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return (words * weight[..., None]).sum(1) / weight.sum(1, keepdim=True).clamp(min=1e-6)
