"""Fine-tune the network that finds and judges aspect terms, and read sentences with it.

judged sentences -> batches of like length -> tags and polarities at once -> weights
sentences -> tags -> spans; given spans -> probabilities of negative, neutral, positive

Imports torch, like the network.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from kgspark.embed.encoder import pick_precision
from kgspark.extract.opinions.aspect_file import POLARITIES, Sentence
from kgspark.extract.opinions.aspect_network import BEGINS, GOES_ON, OUTSIDE, AspectNetwork, Batch, Tokens

_IGNORED = -100
_READ_AT_ONCE = 64
# Batches are cut out of runs of this many, sorted by length: little padding, and still other company every epoch.
_RUN = 8


@dataclass(frozen=True)
class Training:
    """How the network learns; the same for every file.

    ``rate`` is the top layer's, each layer below has ``layer_decay`` of the one above; the embeddings of tokens stay as
    they are. ``smoothing`` is the share of a polarity's probability that goes to the others.
    """

    epochs: int = 6
    batch: int = 32
    rate: float = 1e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.9
    decay: float = 0.01
    dropout: float = 0.2
    warm_up: float = 0.1
    smoothing: float = 0.1


class AspectReader:
    """A network with its tokens: ``find`` spans of aspect terms, ``judge`` given ones."""

    def __init__(self, network: AspectNetwork, tokens: Tokens) -> None:
        self._network, self._tokens = network.eval(), tokens

    def judge(self, sentences: Sequence[Sentence]) -> npt.NDArray[np.float64]:
        """Probabilities of each polarity for every term, in the order of sentences and terms."""
        first = np.cumsum([0, *(len(sentence.terms) for sentence in sentences)])
        judged = np.zeros((first[-1], len(POLARITIES)))
        for rows in _by_length(sentences):
            batch = _batch(self._tokens, [sentences[row] for row in rows])
            probabilities = self._run(batch)[1].softmax(1).numpy()
            places = [place for row in rows for place in range(first[row], first[row + 1])]
            judged[places] = probabilities
        return judged

    def find(self, sentences: Sequence[Sentence]) -> list[set[tuple[int, int]]]:
        """Spans of aspect terms in words, sentence by sentence; the terms that are given play no part."""
        found: list[set[tuple[int, int]]] = [set() for _ in sentences]
        for rows in _by_length(sentences):
            batch = _batch(self._tokens, [sentences[row] for row in rows])
            tags = self._run(batch)[0].argmax(-1).tolist()
            for row, tagged in zip(rows, tags, strict=True):
                found[row] = spans(tagged[: len(sentences[row].words)])
        return found

    def _run(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.inference_mode(), _arithmetic():
            tags, judged = self._network(batch)
        return tags.float(), judged.float()


def train(sentences: Sequence[Sentence], seed: int, how: Training) -> AspectReader:
    """Fit the packaged encoder and its heads to the sentences; the same seed on the same machine gives the same."""
    torch.manual_seed(seed)
    order = random.Random(seed)
    network, tokens = AspectNetwork(how.dropout), Tokens()
    # Half of all weights, and few of them in any batch: left alone, a step costs a third less and nothing is lost.
    network.encoder.embeddings.requires_grad_(False)
    optimiser = torch.optim.AdamW(_groups(network, how))
    steps = how.epochs * -(-len(sentences) // how.batch)

    def rate(step: int) -> float:
        return min((step + 1) / (how.warm_up * steps), max(0.0, (steps - step) / ((1 - how.warm_up) * steps)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)
    network.train()
    for _ in range(how.epochs):
        for rows in _shuffled(sentences, how.batch, order):
            loss = _loss(network, tokens, [sentences[row] for row in rows], how)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    return AspectReader(network, tokens)


def spans(tags: Sequence[int]) -> set[tuple[int, int]]:
    """Spans that a row of tags marks.

    >>> sorted(spans([BEGINS, GOES_ON, OUTSIDE, BEGINS, BEGINS]))
    [(0, 2), (3, 4), (4, 5)]
    """
    found: set[tuple[int, int]] = set()
    begin: int | None = None
    for at, tag in enumerate([*tags, OUTSIDE]):
        if tag != GOES_ON and begin is not None:
            found.add((begin, at))
            begin = None
        if tag == BEGINS or (tag == GOES_ON and begin is None):
            begin = at
    return found


def _loss(network: AspectNetwork, tokens: Tokens, sentences: list[Sentence], how: Training) -> torch.Tensor:
    batch = _batch(tokens, sentences)
    right = torch.tensor([POLARITIES.index(term.polarity) for one in sentences for term in one.terms])
    with _arithmetic():
        tags, judged = network(batch)
    tagging = nn.functional.cross_entropy(
        tags.float().flatten(0, 1), _tags(sentences, batch.words).flatten(), ignore_index=_IGNORED
    )
    return tagging + nn.functional.cross_entropy(judged.float(), right, label_smoothing=how.smoothing)


def _tags(sentences: list[Sentence], words: int) -> torch.Tensor:
    tags = torch.full((len(sentences), words), _IGNORED)
    for row, sentence in enumerate(sentences):
        tags[row, : len(sentence.words)] = OUTSIDE
        for term in sentence.terms:
            tags[row, term.begin] = BEGINS
            tags[row, term.begin + 1 : term.end] = GOES_ON
    return tags


def _batch(tokens: Tokens, sentences: list[Sentence]) -> Batch:
    terms = [(row, term.begin, term.end) for row, sentence in enumerate(sentences) for term in sentence.terms]
    return tokens.batch(sentences, terms)


def _by_length(sentences: Sequence[Sentence]) -> Iterator[list[int]]:
    order = sorted(range(len(sentences)), key=lambda row: len(sentences[row].words))
    for first in range(0, len(order), _READ_AT_ONCE):
        yield order[first : first + _READ_AT_ONCE]


def _shuffled(sentences: Sequence[Sentence], size: int, order: random.Random) -> list[list[int]]:
    rows = list(range(len(sentences)))
    order.shuffle(rows)
    batches = []
    for first in range(0, len(rows), size * _RUN):
        run = sorted(rows[first : first + size * _RUN], key=lambda row: len(sentences[row].words))
        batches += [run[at : at + size] for at in range(0, len(run), size)]
    order.shuffle(batches)
    return batches


def _groups(network: AspectNetwork, how: Training) -> list[dict[str, object]]:
    """What may change, with its rates: the deeper a layer of the encoder, the slower."""
    layers = int(network.encoder.config.num_hidden_layers)
    groups: list[dict[str, object]] = []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        depth = layers + 1
        if name.startswith("encoder"):
            depth = int(name.split("layer.")[1].split(".")[0]) + 1 if "layer." in name else 0
        rate = how.rate * how.layer_decay ** (layers - depth) if depth <= layers else how.head_rate
        groups.append({"params": [parameter], "lr": rate, "weight_decay": how.decay if parameter.dim() > 1 else 0.0})
    return groups


def _arithmetic() -> torch.autocast:
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=pick_precision("auto", "cpu") == "bf16")
