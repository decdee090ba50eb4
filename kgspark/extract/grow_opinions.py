"""The lexicon grows out of the reviews: what is called good or bad is an aspect, what is said of aspects is an opinion.

seeds -> slots of every word -> phrases that known opinions judge are aspects -> words that judge known aspects are
opinions, good or bad by the ratings of the reviews they stand in -> again, until nothing new comes

Double propagation (Qiu, Liu, Bu, Chen 2011, "Opinion Word Expansion and Target Extraction through Double Propagation"),
with ratings in place of its assumptions on polarity, and cleaned by support: whatever too few reviews say stays out.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kgspark.extract.opinion_lexicon import Lexicon, seeded
from kgspark.extract.opinion_slots import ATTRIBUTE, BARE, LIKE, Slot, slots
from kgspark.extract.opinion_words import Language, canonical, language
from kgspark.extract.review_tokens import Tokens, parts_of_speech, tokens

ROUNDS = 4
# A noun that points at the product ("this dress") this often names it, and is no aspect of it.
MAX_POINTING = 0.4
# An opinion has a degree: "very soft". A word that never takes one ("made", "available") states, and does not judge.
MIN_DEGREE = 0.08
MIN_EVIDENCE = 2.0  # standard errors between the ratings around a word and all ratings
LIKED, DISLIKED = 0.7, 0.3  # ratings from and up to which a review counts as for or against


@dataclass(frozen=True)
class Heard:
    """A slot as learning needs it: which review, which phrase (and its shorter ends), which word."""

    review: int
    phrases: tuple[str, ...]
    word: str
    slot: Slot


@dataclass
class _Votes:
    """Reviews for and against in which a word stands undenied, or denied the other way round."""

    good: set[int] = field(default_factory=set)
    bad: set[int] = field(default_factory=set)

    def log_odds(self, base: float) -> tuple[float, float]:
        """How much better than all (``base``: their log odds) the reviews around it are, and its standard error."""
        good, bad = len(self.good) + 0.5, len(self.bad) + 0.5
        return math.log(good / bad) - base, math.sqrt(1 / good + 1 / bad)


def grow(texts: Sequence[str], ratings: Sequence[float | None], code: str, min_support: int) -> Lexicon:
    """The lexicon of one language out of its reviews; ``ratings`` are 0..1, and None where a review carries none."""
    known = language(code)
    cuts = [tokens(text, code) for text in texts]
    heard = [one for number, cut in enumerate(cuts) for one in _heard(number, cut, known)]
    signs = [_sign(rating) for rating in ratings]
    good, bad = signs.count(1) + 0.5, signs.count(-1) + 0.5
    base = math.log(good / bad)
    lexicon = seeded(code)
    aspects, opinions = set(lexicon.aspects), dict(lexicon.opinions)
    products = _pointing(cuts, known)
    for _ in range(ROUNDS):
        before = len(aspects) + len(opinions)
        aspects |= _aspects(heard, opinions, known, min_support, products)
        opinions |= _opinions(heard, aspects, opinions, known, signs, base, min_support)
        if len(aspects) + len(opinions) == before:
            break
    return Lexicon(code, frozenset(aspects), opinions, _pairs(heard, aspects, opinions, known, signs, base))


def _sign(rating: float | None) -> int:
    return 0 if rating is None else 1 if rating >= LIKED else -1 if rating <= DISLIKED else 0


def _heard(review: int, cut: Tokens, known: Language) -> Iterable[Heard]:
    joint = " " if known.code == "en" else ""

    def may_judge(word: str) -> bool:
        closed = word in known.function or word in known.degrees or word in known.negations or word in known.copulas
        return word in known.seeds or (not closed and word not in known.contrasts and word[0].isalpha())

    for slot in slots(cut, known, may_judge):
        word = cut.words[slot.opinion]
        if word in known.seeds or word in known.plain or slot.pattern == LIKE or _telling(cut, slot):
            phrase = cut.words[slot.begin : slot.end]
            phrases = tuple(joint.join(phrase[begin:]) for begin in range(len(phrase)))
            yield Heard(review, phrases, word, slot)


def _telling(cut: Tokens, slot: Slot) -> bool:
    """Is the place alone enough to think that the word judges? After a copula or a degree; bare, as a clause."""
    if slot.pattern == ATTRIBUTE:
        return slot.degree
    if slot.pattern != BARE:
        return True
    last = slot.opinion + 1
    ends = last >= len(cut) or not cut.words[last][0].isalnum()
    return ends and (slot.begin == 0 or not cut.words[slot.begin - 1][0].isalnum())


def _pointing(cuts: Iterable[Tokens], known: Language) -> set[str]:
    """Words that mostly name the product itself: of their determiners many point at it."""
    pointed, named = Counter[str](), Counter[str]()
    for cut in cuts:
        for before, word in itertools.pairwise(cut.words):
            if before in known.pointing:
                pointed[word] += 1
            elif before in known.determiners:
                named[word] += 1
    return {word for word, times in pointed.items() if times > 1 and times >= MAX_POINTING * (times + named[word])}


def _aspects(
    heard: Sequence[Heard], opinions: dict[str, float], known: Language, min_support: int, products: set[str]
) -> set[str]:
    """Phrases that known opinions judge, in enough reviews and in more than one word; attributes alone ("great idea")
    make no aspect.
    """
    reviews, words = defaultdict(set), defaultdict(set)
    for one in heard:
        if one.slot.pattern != ATTRIBUTE and (
            one.word in opinions or one.word in known.plain or one.slot.pattern == LIKE
        ):
            for phrase in one.phrases if one.phrases[-1] not in products else ():
                reviews[phrase].add(one.review)
                words[phrase].add(one.word)
    return {
        phrase
        for phrase, said in reviews.items()
        if len(said) >= min_support
        and len(words[phrase]) > 1
        and len(phrase) > 1
        and phrase not in opinions
        and _tagged(phrase, known.aspect_tags)
    }


def _opinions(
    heard: Sequence[Heard],
    aspects: set[str],
    opinions: dict[str, float],
    known: Language,
    signs: Sequence[int],
    base: float,
    min_support: int,
) -> dict[str, float]:
    """Words that judge known aspects, more than one of them, and that the ratings call good or bad."""
    votes: dict[str, _Votes] = defaultdict(_Votes)
    of, times, degrees = defaultdict(set), Counter[str](), Counter[str]()
    for one in heard:
        times[one.word] += 1
        degrees[one.word] += one.slot.degree or one.slot.excess
        judged = next((phrase for phrase in one.phrases if phrase in aspects or canonical(phrase) in aspects), None)
        if judged is None or one.word in opinions or one.word in known.plain or one.slot.pattern == LIKE:
            continue
        of[one.word].add(canonical(judged))
        sign = -signs[one.review] if one.slot.denied else signs[one.review]
        if sign:
            (votes[one.word].good if sign > 0 else votes[one.word].bad).add(one.review)
    found = {}
    for word, vote in votes.items():
        support = len(vote.good) + len(vote.bad)
        if support < min_support or len(of[word]) < 2 or degrees[word] < MIN_DEGREE * times[word]:
            continue
        lift, error = vote.log_odds(base)
        if abs(lift) >= MIN_EVIDENCE * error and _tagged(word, known.opinion_tags):
            # The probability that the sign is right, by the normal distribution.
            found[word] = math.copysign(0.5 + 0.5 * math.erf(abs(lift) / error / math.sqrt(2)), lift)
    return found


def _tagged(phrase: str, tags: frozenset[str]) -> bool:
    """Is the phrase of one of the parts of speech, as far as the dictionary knows it?"""
    return not tags or parts_of_speech().get(phrase, "x") in tags


def _pairs(
    heard: Sequence[Heard],
    aspects: set[str],
    opinions: dict[str, float],
    known: Language,
    signs: Sequence[int],
    base: float,
) -> dict[tuple[str, str], int]:
    """What a size word, or an opinion against its habit, says of one aspect: by the ratings, where they are clear."""
    votes: dict[tuple[str, str], _Votes] = defaultdict(_Votes)
    for one in heard:
        if one.slot.excess or (one.word not in known.plain and one.word not in opinions):
            continue
        judged = next((phrase for phrase in one.phrases if phrase in aspects or canonical(phrase) in aspects), None)
        sign = -signs[one.review] if one.slot.denied else signs[one.review]
        if judged is not None and sign:
            vote = votes[canonical(judged), one.word]
            (vote.good if sign > 0 else vote.bad).add(one.review)
    found = {}
    for (aspect, word), vote in votes.items():
        lift, error = vote.log_odds(base)
        against = opinions.get(word, 0.0) * lift <= 0
        needed = 2 * MIN_EVIDENCE if word in opinions else 1.5 * MIN_EVIDENCE
        if against and abs(lift) >= needed * error:
            found[aspect, word] = 1 if lift > 0 else -1
    return found
