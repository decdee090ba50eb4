"""The lexicon grows out of the reviews: what is called good or bad is an aspect, what is said of aspects is an opinion.

seeds -> slots of every word -> phrases that known opinions judge are aspects -> words that judge known aspects are
opinions, good or bad by the ratings of the reviews they stand in -> again, until nothing new comes

Double propagation (Qiu, Liu, Bu, Chen 2011, "Opinion Word Expansion and Target Extraction through Double Propagation"),
with ratings in place of its assumptions on polarity, and cleaned by support: whatever too few reviews say stays out.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kgspark.extract.opinions.chinese_clauses import Opposed, contrasted, opposites, predicates, together
from kgspark.extract.opinions.chinese_words import is_closed, is_noun, may_judge, needs_degree, tagged
from kgspark.extract.opinions.heard import Heard, Uses, heard_slots, uses_of
from kgspark.extract.opinions.opinion_lexicon import Lexicon, seeded
from kgspark.extract.opinions.opinion_walk import ATTRIBUTE, LIKE
from kgspark.extract.opinions.opinion_words import Language, canonical, language
from kgspark.extract.opinions.rating_evidence import expected_lifts, word_evidence
from kgspark.extract.opinions.review_tokens import NOUN_ENDINGS, Tokens, tokens

ROUNDS = 4
# A noun that points at the product ("this dress") this often names it, and is no aspect of it.
MAX_POINTING = 0.2
# A part of the product is known ("the sleeves", "its price"); of what is mostly introduced ("a bra", "my legs", "with
# leggings") reviewers speak, but not as of a part.
MIN_DEFINITE, _ENOUGH = 0.6, 20
# An opinion has a degree: "very soft". A word that never takes one ("made", "available") states, and does not judge.
MIN_DEGREE = 0.05
# And it is said of things, not only put before them: "is soft", but no "is pencil", "is maternity". Degree and
# predicate are what tells subjective adjectives (Hatzivassiloglou and Wiebe, COLING 2000).
MIN_PREDICATE = 0.3
MIN_EVIDENCE = 1.65  # standard errors by which a word lifts or lowers ratings: the sign is right at .95
# The same at .99, where the part of speech is none that judges: jieba's dictionary takes many an adjective for a name.
_WITHOUT_DICTIONARY = 2.33
# A Chinese noun or verb judges where this share of it has a degree proper before it: 很标准, 很适合, but no 很京东.
MIN_INTENSE = 0.1
# In Chinese, where whole clauses are heard, very many words have their say: one that stands in hundreds of reviews must
# move them by this many standard deviations, too.
_LEAST_EFFECT = 0.15
# The same, and how far away in standard deviations, for an opinion that says of one aspect the opposite of elsewhere.
_AGAINST, _AGAINST_EFFECT = 4.0, 0.4
# Of how sure an opinion is: what reviews say to further places is noise.
_DIGITS = 4


@dataclass
class _Votes:
    """The reviews in which a word stands: how much better than all reviews each rates, worse where it is denied."""

    lifts: dict[int, float] = field(default_factory=dict)

    def effect(self, spread: float) -> float:
        """The mean lift in standard deviations."""
        return statistics.fmean(self.lifts.values()) / spread if self.lifts else 0.0

    def evidence(self, spread: float) -> float:
        """Standard errors (``spread``: deviation of all ratings) by which the mean lift is above nothing."""
        return sum(self.lifts.values()) / (spread * math.sqrt(len(self.lifts))) if self.lifts else 0.0


def grow(
    texts: Sequence[str],
    ratings: Sequence[float | None],
    products: Sequence[str | None],
    code: str,
    min_support: int,
) -> Lexicon:
    """The lexicon of one language out of its reviews.

    ``ratings`` are 0..1, and None where a review carries none; ``products`` are what is reviewed, None where unknown.
    """
    known = language(code)
    cuts = [tokens(text, code) for text in texts]
    heard = [one for number, cut in enumerate(cuts) for one in heard_slots(number, cut, known)]
    against: list[Opposed] = []
    if code == "zh":
        heard += [one for number, cut in enumerate(cuts) for one in predicates(number, cut, known)]
        against = opposites(heard, cuts)
    uses = uses_of(heard)
    lifts, spread = expected_lifts(ratings, products)
    evidence, rated = word_evidence(heard, uses, lifts, min_support)
    lexicon = seeded(code)
    aspects, opinions = set(lexicon.aspects), dict(lexicon.opinions)
    named = _pointing(cuts, known) | _introduced(cuts, known)
    for _ in range(ROUNDS):
        before = len(aspects) + len(opinions)
        votes = contrasted(against, opinions)
        sure = {word: together(value, votes[word]) if votes[word] else value for word, value in evidence.items()}
        aspects |= _aspects(heard, opinions, known, min_support, named)
        if code == "zh":
            judging = opinions | _opinions(heard, uses, rated, None, opinions, known, sure)
            # A verb with its object (抵制|蒙牛) looks like a topic with its predicate.
            aspects |= {
                a for a in _aspects(heard, judging, known, min_support, named) if is_noun(a) and not is_closed(a, known)
            }
        opinions |= _opinions(heard, uses, rated, aspects, opinions, known, sure)
        if len(aspects) + len(opinions) == before:
            break
    pairs = _pairs(heard, aspects, opinions, known, lifts, spread, min_support)
    # Rounded here and not where it is kept: the night that learns reads as those that go on with what it kept.
    return Lexicon(code, frozenset(aspects), {word: round(value, _DIGITS) for word, value in opinions.items()}, pairs)


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


def _introduced(cuts: Iterable[Tokens], known: Language) -> set[str]:
    """Words that mostly are no part of the product: their determiners mostly introduce them."""
    definite, others = Counter[str](), Counter[str]()
    for cut in cuts:
        for before, word in itertools.pairwise(cut.words):
            definite[word] += before in known.definite
            others[word] += before in known.introducing
    enough = {word for word in others if definite[word] + others[word] >= _ENOUGH}
    return {word for word in enough if definite[word] < MIN_DEFINITE * (definite[word] + others[word])}


def _aspects(
    heard: Sequence[Heard], opinions: dict[str, float], known: Language, min_support: int, named: set[str]
) -> set[str]:
    """Phrases that known opinions judge, in enough reviews and in more than one word; attributes alone ("great idea")
    make no aspect.
    """
    reviews, words = defaultdict(set), defaultdict(set)
    for one in heard:
        if one.slot.pattern != ATTRIBUTE and (
            one.word in opinions or one.word in known.plain or one.slot.pattern == LIKE
        ):
            for phrase in one.phrases if one.phrases[-1] not in named else ():
                reviews[phrase].add(one.review)
                words[phrase].add(one.word)
    return {
        phrase
        for phrase, said in reviews.items()
        if len(said) >= min_support
        and len(words[phrase]) > 1
        and len(phrase) > 1
        and phrase not in opinions
        and (tagged(phrase, known.aspect_tags) or phrase[-1] in NOUN_ENDINGS)
        and not _says_which(phrase, known)
    }


def _says_which(phrase: str, known: Language) -> bool:
    """Is it one of a kind: "regular size", "small", "blue color"? The kind is the aspect."""
    words = phrase.split()
    return (
        phrase in known.no_aspect
        or any(word in known.plain for word in words)
        or len({canonical(word) for word in words}) < len(words)
    )


def _opinions(
    heard: Sequence[Heard],
    uses: Uses,
    rated: Mapping[str, int],
    aspects: set[str] | None,
    opinions: dict[str, float],
    known: Language,
    evidence: Mapping[str, float],
) -> dict[str, float]:
    """Words that judge known aspects (None: judge anything, to find aspects, and as surely as without a dictionary) and
    that the ratings call good or bad; ``rated`` are the rated reviews in which each stands.
    """
    judging = {
        one.word
        for one in heard
        if aspects is None or any(phrase in aspects or canonical(phrase) in aspects for phrase in one.phrases)
    }
    found = {}
    for word in sorted(judging - (aspects or set()) - set(opinions) - known.plain - set(known.likes)):
        sure, times = evidence.get(word, 0.0), uses.times[word]
        judges = (
            uses.degrees[word] >= MIN_DEGREE * times
            and uses.predicates[word] >= MIN_PREDICATE * times
            and may_judge(word, aspects or set(), known, uses.is_whole(word) and abs(sure) >= _WITHOUT_DICTIONARY)
            and (uses.intense[word] >= MIN_INTENSE * times or not needs_degree(word, known))
        )
        least = MIN_EVIDENCE if aspects is not None else _WITHOUT_DICTIONARY
        if known.opinion_tags:
            least = max(least, _LEAST_EFFECT * math.sqrt(rated[word]))
        if abs(sure) >= least and judges:
            # The probability that the sign is right, by the normal distribution.
            found[word] = math.copysign(0.5 + 0.5 * math.erf(abs(sure) / math.sqrt(2)), sure)
    return found


def _pairs(
    heard: Sequence[Heard],
    aspects: set[str],
    opinions: dict[str, float],
    known: Language,
    lifts: Sequence[float | None],
    spread: float,
    min_support: int,
) -> dict[tuple[str, str], int]:
    """What a size word, or an opinion against its habit, says of one aspect: by the ratings, where they are clear."""
    votes: dict[tuple[str, str], _Votes] = defaultdict(_Votes)
    for one in heard:
        if one.slot.excess or (one.word not in known.plain and one.word not in opinions):
            continue
        judged = next((phrase for phrase in one.phrases if phrase in aspects or canonical(phrase) in aspects), None)
        lift = lifts[one.review]
        if judged is not None and lift is not None:
            votes[canonical(judged), one.word].lifts[one.review] = -lift if one.slot.denied else lift
    found = {}
    for (aspect, word), vote in votes.items():
        evidence = vote.evidence(spread)
        against = opinions.get(word, 0.0) * evidence <= 0
        clear = abs(evidence) >= MIN_EVIDENCE
        if word in known.seeds or word in known.kinds:
            continue  # a seed keeps its sign whatever the other sentences of its reviews do; a kind has none
        if word in opinions:
            # "Beautiful fabric, but ..." stands in many reviews a little below the mean: that is no complaint.
            clear = abs(evidence) >= _AGAINST and abs(vote.effect(spread)) >= _AGAINST_EFFECT
        if against and clear and len(vote.lifts) >= min_support:
            found[aspect, word] = 1 if evidence > 0 else -1
    return found
