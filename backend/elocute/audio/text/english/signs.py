"""Mathematical and other signs."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.english.numbers import NUMBER, amount, cardinal, joined, ordinal
from elocute.audio.text.placed_text import PlacedText

_SHARP: Final = re.compile(r"(?<![\w#])([A-GJ])#(?!\w)")
_POWER: Final = re.compile(r"(?<=[\w)])\^\s?\(?(-?\d{1,4}|[a-z])\)?")
_TEN: Final = re.compile(rf"(?<![\w.])({NUMBER})[eE]([+-]?\d{{1,3}})(?![\w])")
_ROOT: Final = re.compile(r"\u221a\s?")
_BETWEEN: Final = {
    "<=": "less than or equal to", ">=": "greater than or equal to", "!=": "is not equal to", "==": "equals",
    "=>": "", "->": "", "<-": "", "<": "less than", ">": "greater than",
}  # fmt: skip
_COMPARED: Final = re.compile(r"(?<=[\w)\]%\s])\s?(<=|>=|!=|==|=>|->|<-|<|>)\s?(?=[\w(\[$.\u00a3\u20ac-])")
_TIMES: Final = re.compile(r"(?<=[\d)\s])\s?\*\s?(?=[\d(])|(?<=\d)\s?\*\s(?=\w)")
_DIVIDED: Final = re.compile(r"(?<=\d)\s?\u00f7\s?|(?<=\d)\s/\s(?=\d)")
_MINUS: Final = re.compile(r"(?<![\w.)])[-\u2212](?=\.?\d)|\u2212|(?<=[\w)])\s-\s(?=[\w(]{1,12}\s?=)")
_SIGNS: Final = {
    "&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "\u00b0": "degrees", "#": "number",
    "\u00d7": "times", "\u00f7": "divided by", "\u00b1": "plus or minus", "\u2248": "approximately",
    "\u2260": "is not equal to", "\u2264": "less than or equal to", "\u2265": "greater than or equal to",
    "\u221a": "the square root of", "\u221e": "infinity", "\u03c0": "pi", "\u03b1": "alpha",
    "\u03b2": "beta", "\u03b3": "gamma", "\u03b4": "delta", "\u0394": "delta", "\u03b8": "theta",
    "\u03bb": "lambda", "\u03bc": "mu", "\u03c3": "sigma", "\u03a3": "sigma", "\u03c6": "phi",
    "\u03c9": "omega", "\u03a9": "omega", "\u00a7": "section", "\u00b6": "paragraph", "\u2030": "per mille",
    "$": "dollars", "\u00a3": "pounds", "\u20ac": "euros", "\u00a5": "yen", "\u00a2": "cents", "\u2192": "",
    "\u2020": "",
}  # fmt: skip
_SIGN: Final = re.compile("[" + re.escape("".join(_SIGNS)) + "]")
_GREEK_ALONE: Final = re.compile(r"[\u0370-\u03ff]{2,}")


def read_signs(text: PlacedText) -> PlacedText:
    """Powers, comparisons, arithmetic and single signs in words."""
    text = text.sub(_TEN, lambda m: joined([*amount(m[1]), "times", "ten", "to", "the", *_signed(m[2])]))
    text = (
        text.sub(_SHARP, lambda m: f"{m[1]} sharp ")
        .sub(_POWER, _read_power)
        .sub(_ROOT, " the square root of ")
    )
    text = (
        text.sub(_COMPARED, lambda m: f" {_BETWEEN[m[1]]} ")
        .sub(_TIMES, " times ")
        .sub(_DIVIDED, " divided by ")
    )
    text = text.sub(_MINUS, " minus ")
    greek = [(m.start(), m.end()) for m in _GREEK_ALONE.finditer(text.text)]
    return text.sub(_SIGN, lambda m: None if _within(m.start(), greek) else f" {_SIGNS[m[0]]} ")


def _within(at: int, spans: list[tuple[int, int]]) -> bool:
    from bisect import bisect_right

    index = bisect_right(spans, (at, 1 << 60)) - 1
    return index >= 0 and spans[index][0] <= at < spans[index][1]


def _signed(text: str) -> list[str]:
    number = int(text)
    return ["minus", *ordinal(-number)] if number < 0 else ordinal(number)


def _read_power(match: re.Match[str]) -> str:
    power = match[1]
    word = re.search(r"[A-Za-z]{4,}$", match.string[max(match.start() - 8, 0) : match.start()])
    if word:
        return " "  # a note's number behind a word
    if power in ("2", "3"):
        return " squared " if power == "2" else " cubed "
    if power.isalpha():
        return f" to the {power} "
    number = int(power)
    return joined(["to", "the", *(["minus", *cardinal(-number)] if number < 0 else ordinal(number))])
