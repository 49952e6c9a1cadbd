"""Sums of money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from elocute.audio.text.english.numbers import NUMBER, amount, cardinal, joined
from elocute.audio.text.placed_text import PlacedText


@dataclass(frozen=True)
class _Currency:
    one: str
    many: str
    cent: str
    cents: str


_DOLLAR: Final = _Currency("dollar", "dollars", "cent", "cents")
_POUND: Final = _Currency("pound", "pounds", "penny", "pence")
_EURO: Final = _Currency("euro", "euros", "cent", "cents")
_YEN: Final = _Currency("yen", "yen", "sen", "sen")
_CROWN: Final = _Currency("crown", "crowns", "heller", "hellers")
_CURRENCIES: Final = {
    "$": _DOLLAR, "\u00a3": _POUND, "\u20ac": _EURO, "\u00a5": _YEN, "USD": _DOLLAR, "EUR": _EURO,
    "GBP": _POUND, "JPY": _YEN, "CAD": _Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": _Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "CHF": _Currency("Swiss franc", "Swiss francs", "centime", "centimes"),
    "INR": _Currency("rupee", "rupees", "paisa", "paise"),
    "\u20b9": _Currency("rupee", "rupees", "paisa", "paise"),
    "CNY": _Currency("yuan", "yuan", "fen", "fen"), "\u20a9": _Currency("won", "won", "jeon", "jeon"),
    "\u20bd": _Currency("ruble", "rubles", "kopek", "kopeks"),
    "\u20ba": _Currency("lira", "lira", "kurush", "kurush"),
    "\u20aa": _Currency("shekel", "shekels", "agora", "agorot"),
    "\u0e3f": _Currency("baht", "baht", "satang", "satang"),
    "\u20ab": _Currency("dong", "dong", "hao", "hao"),
    "\u20b4": _Currency("hryvnia", "hryvnia", "kopek", "kopeks"),
    "\u20bf": _Currency("bitcoin", "bitcoins", "satoshi", "satoshis"),
    "z\u0142": _Currency("zloty", "zlotys", "grosz", "groszy"), "kr": _CROWN, "K\u010d": _CROWN,
    "PLN": _Currency("zloty", "zlotys", "grosz", "groszy"), "SEK": _CROWN,
}  # fmt: skip
_SCALES: Final = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "mil": "million",
    "MM": "million", "b": "billion", "B": "billion", "bn": "billion", "Bn": "billion", "BN": "billion",
    "t": "trillion", "T": "trillion", "tn": "trillion", "thousand": "thousand", "million": "million",
    "billion": "billion", "trillion": "trillion", "hundred": "hundred", "grand": "grand",
}  # fmt: skip
_COUNTRIES: Final = {
    "US": "U S", "A": "Australian", "AU": "Australian", "C": "Canadian", "CA": "Canadian",
    "NZ": "New Zealand", "HK": "Hong Kong", "S": "Singapore", "R": "Brazilian",
}  # fmt: skip
_SIGN: Final = "|".join(re.escape(each) for each in sorted(_CURRENCIES, key=len, reverse=True))
_SCALE: Final = "|".join(sorted(_SCALES, key=len, reverse=True))
_SCALED: Final = rf"(?:\s?({_SCALE})(?![A-Za-z]))?"
_COMMA_CENTS: Final = re.compile(
    r"(?:(?<=[\u20ac$\u00a3])\s?|(?<![\w.,]))(\d{1,3}(?:\.\d{3}){0,4}|\d{1,9}),(\d{2})(?![\d,])(?=\s?(?:\u20ac|EUR|kr|z\u0142|K\u010d|CHF))"
    r"|(?<=\u20ac)(\d{1,3}(?:\.\d{3}){0,4}|\d{1,9}),(\d{2})(?![\d,])"
)
_RANGE: Final = re.compile(
    rf"(?<![\w.])({_SIGN})\s?({NUMBER}){_SCALED}\s?[-\u2013\u2014]\s?(?:\1)?\s?({NUMBER}){_SCALED}(?![\w%])"
)
_BEFORE: Final = re.compile(
    rf"(?:(?<![\w])([-\u2212]))?(?:\b(US|AU|CA|NZ|HK|A|C|S|R))?(?<![\d.])({_SIGN})\s?([-\u2212])?({NUMBER}){_SCALED}(?![\d])"
)
_BEHIND: Final = re.compile(rf"(?<![\w.])({NUMBER}){_SCALED}\s?({_SIGN})(?![\w])")
_CENTS: Final = re.compile(rf"(?<![\w.])({NUMBER})\s?\u00a2")
_PENCE: Final = re.compile(r"(?<![\w.])(\d{1,2})p(?!\w)")
_PER: Final = re.compile(
    r"(?<=[a-z] )\s?/\s?(hour|hr|h|day|week|wk|month|mo|year|yr|person|kg|lb|night|each|unit|ton|seat|user)\b"
)
_PERIODS: Final = {
    "hr": "hour",
    "h": "hour",
    "wk": "week",
    "mo": "month",
    "yr": "year",
    "kg": "kilogram",
    "lb": "pound",
}
_ADJECTIVE: Final = re.compile(r"(?:\b[Aa]n?|\b[Tt]he|\b[Tt]his|\b[Tt]hat|\b[Mm]y|\b[Yy]our)\s?$")
_NOUN: Final = re.compile(
    r"\s?-?\s?(?:bill|note|coin|ticket|gift|fee|fine|bet|tip|deal|coffee|check|cheque|question|raise|deposit|budget|project|loan|man|prize|reward|donation|grant|contract|company|house|car|bottle|watch|phone|room|a)\b"
)


def read_money(text: PlacedText) -> PlacedText:
    """Sums in words: $1.5M, 20,50 EUR, 50 cents, -$5, $5-10."""
    text = text.sub(_COMMA_CENTS, _with_point)
    text = text.sub(_RANGE, _read_range).sub(_BEFORE, _read_before).sub(_BEHIND, _read_behind)
    text = text.sub(_CENTS, lambda m: joined([*amount(m[1]), "cent" if m[1] == "1" else "cents"]))
    text = text.sub(_PENCE, lambda m: joined([*amount(m[1]), "penny" if m[1] == "1" else "pence"]))
    return text.sub(_PER, lambda m: f" per {_PERIODS.get(m[1], m[1])} ")


def _with_point(match: re.Match[str]) -> str:
    whole, cents = (match[1], match[2]) if match[1] else (match[3], match[4])
    return f"{whole.replace('.', '')}.{cents}"


def _sum(number: str, scale: str | None, currency: _Currency, adjective: bool = False) -> list[str]:
    if scale:
        return [*amount(number), _SCALES[scale], currency.one if adjective else currency.many]
    whole, _, fraction = number.partition(".")
    if fraction and len(fraction) != 2:
        return [*amount(number), currency.many]
    words: list[str] = []
    if not fraction or int(whole or "0"):
        single = whole == "1" or adjective
        words += [*amount(whole), currency.one if single else currency.many]
    if fraction and int(fraction):
        cents = int(fraction)
        words += ["and"] if words else []
        words += [*cardinal(cents), currency.cent if cents == 1 else currency.cents]
    return words or ["zero", currency.many]


def _read_range(match: re.Match[str]) -> str:
    currency = _CURRENCIES[match[1]]
    first = amount(match[2]) + ([_SCALES[match[3]]] if match[3] and match[3] != match[5] else [])
    return joined([*first, "to", *_sum(match[4], match[5], currency)])


def _read_before(match: re.Match[str]) -> str:
    minus = ["minus"] if match[1] or match[4] else []
    country = [_COUNTRIES[match[2]]] if match[2] else []
    before, behind = match.string[max(match.start() - 6, 0) : match.start()], match.string[match.end() :][:14]
    adjective = bool(_ADJECTIVE.search(before) and _NOUN.match(behind)) or behind.startswith("-a-")
    return joined([*minus, *country, *_sum(match[5], match[6], _CURRENCIES[match[3]], adjective)])


def _read_behind(match: re.Match[str]) -> str:
    return joined(_sum(match[1], match[2], _CURRENCIES[match[3]]))
