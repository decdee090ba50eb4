"""English or Chinese? Told by script and by the commonest words; null where that does not settle it."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from kgspark.ingest.bind import bind
from kgspark.ingest.clean_text import stated

# The start of a text tells its language; this many characters bound the cost of a very long one.
_ENOUGH = 2_000

# A Chinese title holds brand names in Latin letters: three Chinese characters weigh as much as seven Latin words.
_ZH_SHARE = 0.3

# Words that English texts cannot do without and that its neighbours do not write.
_ENGLISH = (
    "the and of with for this that it's its are you your have has had but not they their my very from would which "
    "these those been were when than i'm i've don't didn't because just really only out will what would could "
    "should if so it"
)
# Their own such words: a text that has as many of these is not English.
_OTHERS = (
    "der die das und ist nicht mit für ein eine auf den dem zu von ich sehr auch "
    "het een van niet voor zijn met deze "
    "le la les et est une des pour avec dans je que très pas du au "
    "el los las es una con para por muy pero del "
    "il che di è per non sono molto della "
    "os um uma com não muito do da em"
)
_EN_SHARE = 0.08


def detect(text: Column) -> Column:
    """``zh``, ``en`` or null for a text.

    ``zh``: Chinese characters are at least 0.3 of Chinese characters and Latin words together, with no kana or Hangul.
    ``en``: Latin script, at least two function words of English, 0.08 of all words (one is enough in a text of up to
    six words), and more than twice as many as of other languages. Short titles of names and numbers stay null: nothing
    in them is of a language.
    """
    start = F.lower(F.substring(text, 1, _ENOUGH))

    def judge(sample: Column) -> Column:
        words = F.filter(
            F.split(F.regexp_replace(sample, "[’`]", "'"), r"[^\p{L}']+"), lambda word: word.rlike(r"^\p{IsLatin}")
        )
        counts = F.struct(
            F.length(F.regexp_replace(sample, r"[^\p{IsHan}]", "")).alias("han"),
            F.length(F.regexp_replace(sample, r"[^\p{IsHiragana}\p{IsKatakana}\p{IsHangul}]", "")).alias("kana"),
            F.size(words).alias("words"),
            _count(words, _ENGLISH).alias("english"),
            _count(words, _OTHERS).alias("others"),
        )
        return bind(counts, _decide)

    return bind(start, judge)


def _count(words: Column, known: str) -> Column:
    vocabulary = F.split(F.lit(" ".join(sorted(set(known.split())))), " ")
    return F.size(F.filter(words, lambda word: F.array_contains(vocabulary, word)))


def _decide(n: Column) -> Column:
    chinese = (n["han"] > 0) & (n["kana"] == 0) & (n["han"] >= _ZH_SHARE * (n["han"] + n["words"]))
    enough = (n["english"] >= 2) | ((n["english"] == 1) & (n["words"] <= 6))
    english = (
        (n["han"] == 0)
        & (n["kana"] == 0)
        & enough
        & (n["english"] >= _EN_SHARE * n["words"])
        & (n["english"] > 2 * n["others"])
    )
    return F.when(chinese, "zh").when(english, "en")


def language_code(text: Column) -> Column:
    """Struct ``code`` (of ``en``, ``en-US``, ``zh_Hans_CN``), ``rule`` and ``reason`` (``language_unknown``)."""
    given = stated(F.lower(F.trim(text)))
    code = F.nullif(F.regexp_extract(given, r"^([a-z]{2})(?:[-_][a-z0-9_-]*)?$", 1), F.lit(""))
    rule = F.when(given.isNotNull() & code.isNull(), "language_unknown")
    reason = F.when(
        rule.isNotNull(),
        F.concat(F.lit("found '"), F.substring(given, 1, 40), F.lit("', expected en, zh-CN or the like")),
    )
    return F.struct(code.alias("code"), rule.alias("rule"), reason.alias("reason"))
