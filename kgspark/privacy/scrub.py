"""Ways to reach a person, taken out of what shoppers wrote: ``[email]`` and ``[phone]`` stand where they stood."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

_AT = r"(?:@|＠|\s?[\[({]\s?at\s?[\])}]\s?)"
_EMAIL = (
    rf"(?i)[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}._%+'-]{{0,63}}{_AT}"
    r"[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.){1,6}\p{L}{2,24}"
)

# Nothing that belongs to a longer code, a price or an order may stand before a number, and no digit or code may follow.
_BEFORE = (
    r"(?<![\p{L}\p{N}_$€£¥#.,/+-])(?<!(?:order|invoice|item|model|isbn|asin|sku|ref|serial|part|number|no)[\s.:#-]{0,3})"
    r"(?<!(?:订单|单号|货号|编号|型号|价格)[号码\s:：]{0,3})"
)
_AFTER = r"(?![\p{N}_]|[-./,]\p{N})"
_GAP = r"[\s\u00A0.-]?"

_PHONES = (
    # +44 20 7946 0958, 0049 (0)30 901820
    rf"(?:\+|(?<!\d)00)[1-9]\d{{0,2}}{_GAP}(?:\(\d{{1,4}}\){_GAP})?\d(?:{_GAP}\d){{6,12}}",
    # (555) 010-9999, 555-010-9999, 1-800-555-0199
    r"(?:1[\s.-])?(?:\(\d{3}\)\s?|\d{3}[-.]|[2-9]\d{2}\s)\d{3}[\s.-]\d{4}",
    # Chinese mobile, also 138-0013-8000
    r"(?:86[\s-]?)?1[3-9]\d(?:\d{8}|[\s-]\d{4}[\s-]\d{4})",
    # Chinese land line 010-62345678; national numbers of Europe 020 7946 0958, 07700 900123, 030/901820, 01 23 45 67 89
    r"0\d{2,3}-\d{7,8}|0\d{2}\s\d{4}\s\d{4}|0\d{4}\s\d{6}|0\d{3}\s\d{3}\s\d{4}|0\d{2,4}/\s?\d{5,8}|0[1-9](?:[\s.]\d{2}){4}",
)
_PHONE = rf"(?i){_BEFORE}(?:{'|'.join(_PHONES)}){_AFTER}"
# Behind such a word any number of seven digits or more is one to call.
_ANNOUNCED = (
    r"(?i)((?:\b(?:tel|telephone|phone|mobile|cell|whatsapp|call me (?:at|on)|call us (?:at|on)|text me (?:at|on))"
    r"|电话|手机|手机号|微信|加我|qq)[号码]{0,2}(?:\s(?:number|no|is)){0,2}[\s.:：]{0,3})"
    rf"(?:\+?\(?\d(?:[\s().-]?\d){{6,13}}){_AFTER}"
)


def scrub(text: Column) -> Column:
    """The text with e-mail addresses and telephone numbers replaced by ``[email]`` and ``[phone]``.

    Numbers count as telephones by their form (international, North American, Chinese, common European ones) or by the
    word before them (``call me at``, ``电话``); order numbers, prices, sizes, dates and ISBNs stay. For reviews and
    free comments, never titles of offers.
    """
    mailless = F.when(
        text.rlike(r"(?i)@|＠|[\[({]\s?at\s?[\])}]"), F.regexp_replace(text, _EMAIL, "[email]")
    ).otherwise(text)
    announced = F.regexp_replace(mailless, _ANNOUNCED, "$1[phone]")
    phoneless = F.regexp_replace(announced, _PHONE, "[phone]")
    # Telephones have seven digits or more: without as many, the costly patterns need not look.
    return F.when(mailless.rlike(r"\d(?:\D{0,3}\d){6}"), phoneless).otherwise(mailless)
