"""Numbers as they are read aloud in English."""

from __future__ import annotations

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def cardinal(number: int) -> list[str]:
    """5023 -> five thousand twenty three. From 10^15 on the digits are read one by one."""
    if number < 0:
        return ["minus", *cardinal(-number)]
    if number < 20:
        return [_ONES[number]]
    if number < 100:
        return [_TENS[number // 10], *([_ONES[number % 10]] if number % 10 else [])]
    if number >= 10**15:
        return digits(str(number))
    for size, name in _SCALES:
        if number >= size:
            rest = number % size
            return [*cardinal(number // size), name, *(cardinal(rest) if rest else [])]
    raise AssertionError("unreachable")


def ordinal(number: int) -> list[str]:
    """21 -> twenty first."""
    words = cardinal(number)
    last = words[-1]
    if last in _ORDINALS:
        words[-1] = _ORDINALS[last]
    elif last.endswith("y"):
        words[-1] = last[:-1] + "ieth"
    else:
        words[-1] = last + ("h" if last.endswith("t") else "th")
    return words


def year(number: int) -> list[str]:
    """1998 -> nineteen ninety eight, 1905 -> nineteen oh five, 2007 -> two thousand seven."""
    century, rest = divmod(number, 100)
    if not 11 <= century <= 99 or number % 1000 < 10:
        return cardinal(number)
    if rest == 0:
        return [*cardinal(century), "hundred"]
    if rest < 10:
        return [*cardinal(century), "oh", *cardinal(rest)]
    return [*cardinal(century), *cardinal(rest)]


def digits(text: str) -> list[str]:
    """007 -> zero zero seven."""
    return [_ONES[int(digit)] for digit in text]


def decimal(whole: str, fraction: str) -> list[str]:
    """3.14 -> three point one four."""
    return [*(cardinal(int(whole)) if whole else ["zero"]), "point", *digits(fraction)]
