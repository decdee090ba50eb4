"""Judged pairs as rows of silver.offer_pairs, each with what adds up to its score.

offers, pairs, fitted matcher -> contributions of features and tokens -> Arrow columns
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from kgspark.resolve import matcher
from kgspark.resolve.block import Step, steps_of
from kgspark.resolve.cluster import DIFFERENT, SAME
from kgspark.resolve.corpus import Corpus, Ints
from kgspark.resolve.features import NAMES
from kgspark.resolve.hits import Outcome
from kgspark.resolve.matcher import Matcher
from kgspark.resolve.pairs import prepare
from kgspark.resolve.resolver import Decided, Resolution, Verdict

if TYPE_CHECKING:
    from pyspark.sql import Column

_CONTRIBUTION = pa.struct(
    [("kind", pa.string()), ("what", pa.string()), ("finding", pa.string()), ("weight", pa.float64())]
)
CONTRIBUTIONS = pa.list_(_CONTRIBUTION)
_SAID = {SAME: "same", DIFFERENT: "different"}


def of_resolution(ids: Sequence[str], found: Resolution) -> pa.Table:
    """Rows of silver.offer_pairs for what was found in one process; ``ids`` are the offers of its corpus."""
    chosen = np.flatnonzero(found.kept)
    left, right = found.pairs.left[chosen], found.pairs.right[chosen]
    name = np.array(ids, dtype=object)
    return pa.table(
        columns(name[left], name[right], found.steps[chosen], found.decided[chosen], found.verdict[chosen])
        | {
            "score": found.score[chosen],
            "probability": found.p[chosen],
            "contributions": contributions(found.corpus, found.matcher, left, right),
        }
    )


def columns(
    left: Iterable[str], right: Iterable[str], steps: Ints, decided: Decided, verdict: Ints | Decided
) -> dict[str, pa.Array]:
    """The columns that say which pair, how it was found, and what became of it."""
    ends = [sorted(pair) for pair in zip(left, right, strict=True)]
    return {
        "left_offer_id": pa.array([low for low, _ in ends], pa.string()),
        "right_offer_id": pa.array([high for _, high in ends], pa.string()),
        "found_by": pa.array([steps_of(mask) for mask in steps.tolist()], pa.list_(pa.string())),
        "decision": pa.array([_SAID.get(said) for said in decided.tolist()], pa.string()),
        "verdict": pa.array([Verdict(code).name.lower() for code in verdict.tolist()], pa.string()),
    }


def expression(column: str) -> Column:
    """found_by, decision or verdict as ``columns`` gives it, out of ``steps``, ``said`` or ``verdict`` of a frame."""
    if column == "found_by":
        found = [F.when((F.col("steps").bitwiseAND(int(step))) != 0, steps_of(step)[0]) for step in Step]
        return F.array_compact(F.array(*found))
    source, names = {
        "decision": ("said", _SAID),
        "verdict": ("verdict", {int(each): each.name.lower() for each in Verdict}),
    }[column]
    return F.create_map(*[F.lit(part) for item in names.items() for part in item])[F.col(source).cast("int")]


def contributions(corpus: Corpus, fitted: Matcher, left: Ints, right: Ints) -> pa.ListArray:
    """What adds up to the logit of each pair: kind, what, finding, weight; the heaviest first.

    ``base`` is the intercept; a ``feature`` has its value as finding, a ``token`` what became of it in the other offer.
    """
    evidence, name_df = matcher.evidence(corpus, fitted.frequencies, left, right)
    pairs = prepare(corpus, name_df, left, right, evidence)
    by_feature, by_token = fitted.contributions(corpus, pairs)
    count, features = len(left), len(NAMES)
    outcome = np.array([each.name.lower() for each in Outcome], dtype=object)
    owner = np.concatenate([np.arange(count), np.repeat(np.arange(count), features), evidence.pair])
    kind = np.repeat(np.array(["base", "feature", "token"], dtype=object), [count, count * features, len(by_token)])
    # Names by number: an array of texts would take as much for each as for the longest.
    names = np.array(["intercept", *NAMES, *corpus.vocabulary], dtype=object)
    place = np.empty(len(names), dtype=np.int64)
    place[np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)] = np.arange(len(names))
    what = np.concatenate(
        [np.zeros(count, dtype=np.int64), np.tile(np.arange(1, features + 1), count), evidence.token + features + 1]
    )
    values = np.array([f"{value:.3g}" for value in evidence.values.ravel().tolist()], dtype=object)
    finding = np.concatenate([np.full(count, "", dtype=object), values, outcome[evidence.outcome]])
    weight = np.concatenate([fitted.fitted.intercepts[pairs.fold], by_feature.ravel(), by_token])
    # A zero says nothing; equal weights stand in the order of their names, so that equal pairs have equal rows.
    said = np.flatnonzero((weight != 0) | (kind == "base"))
    order = said[np.lexsort((place[what[said]], -np.abs(weight[said]), owner[said]))]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner[said], minlength=count))]).astype(np.int32)
    entries = [pa.array(column) for column in (kind[order], names[what[order]], finding[order], weight[order])]
    typed = [entry.cast(field.type) for entry, field in zip(entries, _CONTRIBUTION, strict=True)]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(typed, fields=list(_CONTRIBUTION)))
