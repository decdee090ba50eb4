"""Questions, and how their answers are written: as in the text, in another form of it, or as an item of a list.

right values of training -> for each attribute the form that most of them have -> candidates' values; a list where no
form gives them; how often each value was right
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kgspark.extract.trained.span_features import Hashes, Spans, hashed
from kgspark.extract.values.written_forms import FORMS

# Of an attribute's right values: from this share on the spans give them all, below the other they are not looked at.
_ALL, _FEW = 0.9, 0.2
# A listed value was right at least so often.
_LISTED = 2
MAX_LISTED = 300
# Bounds of the classes that counts fall into.
_COUNTS = np.array([1, 2, 3, 6, 16, 50])
_SHARES = np.array([0.001, 0.1, 0.3, 0.5, 0.7, 0.85, 0.95])


@dataclass(frozen=True)
class Question:
    """One attribute asked of one text (an index into the texts); ``right`` are its values, none where empty, in lower
    case and with single spaces.
    """

    text: int
    attribute: str
    right: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answers:
    """By attribute: ``forms`` of values read from spans (absent: they are not read), ``lists`` of values to choose
    from.
    """

    forms: dict[str, str]
    lists: dict[str, tuple[str, ...]]

    @classmethod
    def learn(cls, texts: Sequence[Spans], questions: Sequence[Question]) -> Answers:
        """How the right values of each attribute are written."""
        asked: dict[str, list[Question]] = defaultdict(list)
        for question in questions:
            if question.right:
                asked[question.attribute].append(question)
        forms: dict[str, str] = {}
        lists: dict[str, tuple[str, ...]] = {}
        for attribute, answered in sorted(asked.items()):
            form, share = FORMS[0], sum(bool(q.right & texts[q.text].held) for q in answered) / len(answered)
            for other in FORMS[1:] if share < _ALL else ():
                given = sum(bool(q.right & texts[q.text].forms(other)) for q in answered) / len(answered)
                form, share = (other, given) if given > share else (form, share)
            if share >= _FEW:
                forms[attribute] = form
            if share < _ALL:
                times = Counter(value for q in answered for value in q.right)
                common = sorted((value for value in times if times[value] >= _LISTED), key=lambda v: (-times[v], v))
                lists[attribute] = tuple(common[:MAX_LISTED])
        return cls(forms, lists)

    def reads_spans(self, attribute: str) -> bool:
        """Whether the attribute's values are read from spans; one that training never saw is."""
        return attribute in self.forms or attribute not in self.lists

    def listed(self, attribute: str) -> tuple[str, ...]:
        """Values that may be right though the text does not write them so."""
        return self.lists.get(attribute, ())

    def written(self, spans: Spans, attribute: str) -> Sequence[str | None]:
        """The value of each span in the attribute's form; None where it has none."""
        if self.forms.get(attribute, FORMS[0]) == FORMS[0]:
            return spans.values
        return spans.written(self.forms[attribute])


@dataclass
class Counts:
    """How many texts that were asked for an attribute hold a value (``seen``), and for how many it was right, by
    attribute and hash of the value as the text writes it.
    """

    seen: dict[tuple[str, int], int] = field(default_factory=dict)
    right: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Sequence[Spans], questions: Sequence[Question]) -> Counts:
        """Count; what was right nowhere is not kept."""
        right: Counter[tuple[str, int]] = Counter()
        for question in questions:
            right.update((question.attribute, key) for key in _own(texts[question.text], question))
        seen: Counter[tuple[str, int]] = Counter()
        for question in questions:
            keys = set(texts[question.text].keys.tolist())
            seen.update(pair for key in keys if (pair := (question.attribute, key)) in right)
        return cls(dict(seen), dict(right))

    def known(self, spans: Spans, question: Question, own: bool) -> Hashes:
        """What training knows of each span's value, in classes: share right, and the same with how often seen.

        ``own``: the question itself was counted, and is left out.
        """
        rows = np.zeros((len(spans.values), 2), dtype=np.uint32)
        mine = _own(spans, question) if own else set()
        for at, key in enumerate(spans.keys.tolist()):
            right = self.right.get((question.attribute, key))
            if right is None:
                continue
            seen = self.seen[question.attribute, key] - own
            if seen > 0:
                share = int(np.searchsorted(_SHARES, (right - (key in mine)) / seen, side="right"))
                often = int(np.searchsorted(_COUNTS, seen, side="right"))
                rows[at] = hashed("share", str(share)), hashed("share", str(share), str(often))
        return rows


def _own(spans: Spans, question: Question) -> set[int]:
    return {hashed("value", value) for value in question.right & spans.held}
