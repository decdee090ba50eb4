"""A log-linear model of which words of a text answer for an attribute, or that none does.

questions (text, attribute, right values) -> candidates x hashed features -> softmax over all of them and "none" ->
AdaGrad -> probability of every value

p(candidate | text, attribute) is proportional to exp(w . f); a question's likelihood is the sum over all candidates
that give a right value, or the probability of "none" (Berger et al., A Maximum Entropy Approach to Natural Language
Processing, 1996; features by the hashing trick of Weinberger et al., 2009; AdaGrad of Duchi et al., 2011). How often a
value was right in training is a feature as well, counted without the question itself: the model would trust it blindly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kgspark.extract.trained.answers import Answers, Counts, Question
from kgspark.extract.trained.span_features import Hashes, Ints, Spans, hashed

BITS = 21
EPOCHS, RATE, DECAY = 6, 0.25, 2e-6
BATCH = 48
# After so many epochs only candidates that still stand a chance are looked at.
FULL_EPOCHS, CHANCE = 2, 1e-5
_SEED = 0
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - BITS)

Floats = npt.NDArray[np.float32]
# Places in the weights.
Places = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """What may answer a question: ``values`` (the last one, None, is "none"), ``spans`` (position in the text's spans;
    -1 where a value was chosen from a list), and features in rows of different length: ``flat`` and ``lengths``.
    """

    values: tuple[str | None, ...]
    spans: Ints
    flat: Places
    lengths: Ints

    def only(self, kept: Bools) -> Candidates:
        """Some of the candidates."""
        rows = np.flatnonzero(kept)
        values = tuple(self.values[row] for row in rows)
        return Candidates(values, self.spans[kept], self.flat[np.repeat(kept, self.lengths)], self.lengths[kept])


@dataclass(frozen=True)
class SpanModel:
    """``weights`` by hashed feature, how values are written, and what was counted in training."""

    weights: Floats
    answers: Answers
    counts: Counts

    def scored(self, spans: Spans, attribute: str) -> tuple[Candidates, npt.NDArray[np.float64]]:
        """What may answer for an attribute of a text, and the log probability of each."""
        found = _candidates(spans, Question(0, attribute), self.answers, self.counts, own=False)
        return found, np.log(np.maximum(_softmax(_scores(self.weights, found)), 1e-300))


def fit(texts: Sequence[Spans], questions: Sequence[Question], epochs: int = EPOCHS) -> SpanModel:
    """The model of these questions; the same questions give the same model."""
    answers, counts = Answers.learn(texts, questions), Counts.of(texts, questions)
    weights = np.zeros(1 << BITS, dtype=np.float32)
    squares = np.full(1 << BITS, 1e-6, dtype=np.float32)
    chance = np.random.default_rng(_SEED)
    left: dict[int, tuple[Candidates, Bools]] = {}
    for epoch in range(epochs):
        order = chance.permutation(len(questions)).tolist()
        for start in range(0, len(order), BATCH):
            batch = []
            for at in order[start : start + BATCH]:
                if epoch < FULL_EPOCHS:
                    found = _candidates(texts[questions[at].text], questions[at], answers, counts, own=True)
                    batch.append((found, _right(found, questions[at])))
                else:
                    if at not in left:
                        left[at] = _likely(weights, texts, questions[at], answers, counts)
                    batch.append(left[at])
            _step(weights, squares, [(found, right) for found, right in batch if right.any()])
    return SpanModel(weights, answers, counts)


def _right(found: Candidates, question: Question) -> Bools:
    return np.array([value in question.right for value in found.values[:-1]] + [not question.right])


def _likely(
    weights: Floats, texts: Sequence[Spans], question: Question, answers: Answers, counts: Counts
) -> tuple[Candidates, Bools]:
    """A question's candidates that still stand a chance, and which of them are right."""
    found = _candidates(texts[question.text], question, answers, counts, own=True)
    right = _right(found, question)
    kept = (_softmax(_scores(weights, found)) > CHANCE) | right
    return found.only(kept), right[kept]


def _step(weights: Floats, squares: Floats, batch: list[tuple[Candidates, Bools]]) -> None:
    """One step of AdaGrad along the gradient of the batch's log likelihood."""
    if not batch:
        return
    flat = np.concatenate([found.flat for found, _ in batch])
    lengths = np.concatenate([found.lengths for found, _ in batch])
    right = np.concatenate([target for _, target in batch])
    sizes = np.array([len(target) for _, target in batch])
    bounds = np.cumsum([0, *sizes[:-1]])
    scores = _sums(weights[flat], lengths)
    mass = np.exp(scores - np.repeat(np.maximum.reduceat(scores, bounds), sizes))
    p = mass / np.repeat(np.add.reduceat(mass, bounds), sizes)
    believed = np.where(right, np.maximum(mass, 1e-300), 0.0)
    slope = p - believed / np.repeat(np.add.reduceat(believed, bounds), sizes)
    # Most candidates are already known to be wrong; their steps would be too small to matter.
    felt = np.repeat(np.abs(slope) > 1e-4, lengths)
    touched, where = np.unique(flat[felt], return_inverse=True)
    steps = np.repeat(slope, lengths)[felt]
    gradient = np.bincount(where, weights=steps, minlength=len(touched)).astype(np.float32) + DECAY * weights[touched]
    squares[touched] += gradient**2
    weights[touched] -= RATE * gradient / np.sqrt(squares[touched])


def _candidates(spans: Spans, question: Question, answers: Answers, counts: Counts, own: bool) -> Candidates:
    names = _names(question.attribute)
    values: list[str | None] = []
    places: list[Ints] = []
    blocks: list[Places] = []
    lengths: list[Ints] = []
    best = 0
    if answers.reads_spans(question.attribute):
        written = answers.written(spans, question.attribute)
        kept = np.array([value is not None for value in written], dtype=np.bool_)
        known = counts.known(spans, question, own)
        best = int(known[:, 0].max(initial=0))
        described = np.concatenate([spans.features, known], axis=1)[kept]
        crossed = np.concatenate([_crossed(described, name) for name in names], axis=1)
        values += [value for value in written if value is not None]
        places.append(np.flatnonzero(kept))
        blocks.append(crossed.ravel())
        lengths.append(np.full(len(crossed), crossed.shape[1]))
    for value in answers.listed(question.attribute):
        blocks.append(_crossed(spans.words, hashed("listed", value, question.attribute)))
        lengths.append(np.array([len(spans.words)]))
        values.append(value)
        places.append(np.array([-1]))
    nothing = np.concatenate([spans.context, np.array([best], dtype=np.uint32)])
    blocks.append(_crossed(nothing, hashed("nothing", question.attribute)))
    lengths.append(np.array([len(nothing)]))
    places.append(np.array([-1]))
    return Candidates((*values, None), np.concatenate(places), np.concatenate(blocks), np.concatenate(lengths))


def _scores(weights: Floats, found: Candidates) -> npt.NDArray[np.float64]:
    return _sums(weights[found.flat], found.lengths)


def _sums(of: Floats, lengths: Ints) -> npt.NDArray[np.float64]:
    """Sums of consecutive runs."""
    return np.add.reduceat(of.astype(np.float64), np.cumsum(lengths) - lengths)


def _names(attribute: str) -> list[int]:
    """The attribute and its last word: ``frame colour`` and ``lens colour`` have much in common."""
    words = attribute.lower().split()
    return [hashed("attribute", *words), hashed("attribute ending", words[-1] if words else "")]


def _crossed(features: Hashes, name: int) -> Places:
    """Where the weights of features of one attribute are; multiplied twice, because checksums are linear under xor."""
    spread = features.astype(np.uint64) * _MULTIPLIER ^ np.uint64(name)
    return (spread * _MULTIPLIER >> _SHIFT).astype(np.int32)


def _softmax(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    mass = np.exp(scores - scores.max())
    return np.asarray(mass / mass.sum())
