"""What people write for a currency: ISO 4217 codes, signs and words, and which currencies share a sign."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

# ISO 4217, active codes of countries and unions (no metals, funds or test codes).
_ACTIVE = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND
VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CODES = frozenset(_ACTIVE.split())

# Signs and words, upper case and without spaces and full stops.
_SIGNS = {
    "€": "EUR",
    "EURO": "EUR",
    "EUROS": "EUR",
    "US$": "USD",
    "USD$": "USD",
    "$US": "USD",
    "DOLLAR": "USD",
    "DOLLARS": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "CDN$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "NT$": "TWD",
    "MX$": "MXN",
    "R$": "BRL",
    "RMB": "CNY",
    "元": "CNY",
    "人民币": "CNY",
    "円": "JPY",
    "CN¥": "CNY",
    "JP¥": "JPY",
    "₹": "INR",
    "₽": "RUB",
    "РУБ": "RUB",
    "Р": "RUB",
    "₴": "UAH",
    "ZŁ": "PLN",
    "KČ": "CZK",
    "FT": "HUF",
    "LEI": "RON",
    "₩": "KRW",
    "฿": "THB",
    "₫": "VND",
    "Đ": "VND",
    "₺": "TRY",
    "TL": "TRY",
    "₪": "ILS",
    "₱": "PHP",
    "₦": "NGN",
    "SFR": "CHF",
    "FR": "CHF",
    "RP": "IDR",
    "RM": "MYR",
}

# Signs that several currencies share: what the sign means where nothing else is known (never for kr and Rs), then all
# it may mean.
_SHARED = {
    "$": ("USD", "USD CAD AUD NZD HKD SGD TWD MXN ARS CLP COP"),
    "£": ("GBP", "GBP EGP GIP FKP SHP SDG SYP LBP"),
    "¥": ("JPY", "JPY CNY"),
    "￥": ("CNY", "CNY JPY"),
    "KR": (None, "SEK NOK DKK ISK"),
    "RS": (None, "INR PKR LKR NPR MUR"),
    "RS₹": ("INR", "INR"),
}

# Where prices are written 1.299,00.
_COMMA = "EUR DKK NOK SEK ISK PLN CZK HUF RON BGN RSD BAM MKD ALL TRY RUB UAH BYN BRL ARS CLP COP UYU IDR VND MAD"
DECIMAL_COMMA = frozenset(_COMMA.split())

_CODE_OF = (
    {code: code for code in CODES} | _SIGNS | {sign: default for sign, (default, _) in _SHARED.items() if default}
)
_FAMILY_OF = {sign: family for sign, (_, family) in _SHARED.items()}


def currency_of(mark: Column, home: Column) -> Column:
    """ISO 4217 code of a code, sign or word; null for an unknown one.

    A sign that several currencies share (``$``, ``¥``, ``kr``) means ``home``, the currency known from elsewhere, where
    that is one of them; else its commonest (``$`` USD, ``£`` GBP, ``¥`` JPY, full-width ``￥`` CNY), and nothing for
    ``kr`` and ``Rs``.
    """
    key = F.coalesce(F.regexp_replace(F.upper(mark), r"[\s.\u00A0]+", ""), F.lit(""))
    at_home = F.contains(F.try_element_at(_mapping(_FAMILY_OF), key), home)
    return F.when(F.coalesce(at_home, F.lit(False)), home).otherwise(F.try_element_at(_mapping(_CODE_OF), key))


def _mapping(pairs: dict[str, str]) -> Column:
    text = ";".join(f"{key}={value}" for key, value in sorted(pairs.items()))
    return F.str_to_map(F.lit(text), F.lit(";"), F.lit("="))
