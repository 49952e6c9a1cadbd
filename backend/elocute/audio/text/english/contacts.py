"""Addresses of the net, telephone numbers, and numbers of versions."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.english.numbers import amount, cardinal, digits, joined
from elocute.audio.text.placed_text import PlacedText

_MAIL: Final = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,63}){1,5}"
)
_URL: Final = re.compile(r"\b(?:https?://|ftp://|www\.)[^\s<>\"'()\[\]]{1,300}", re.IGNORECASE)
_DOMAIN: Final = re.compile(
    r"(?<![\w@.-])[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,62}){0,3}"
    r"\.(?:com|org|net|edu|gov|io|dev|app|info|biz|co\.uk|org\.uk|ac\.uk|tv|eu|xyz|ai|blend|py|exe|pdf|wav|fbx)"
    r"(?![\w-])(?:/[^\s<>\"'()\[\]]{0,200})?"
)
_HANDLE: Final = re.compile(r"(?<![\w@.])@(?=[A-Za-z_]\w)")
_HASHTAG: Final = re.compile(r"(?<![\w&#])#([A-Za-z]\w{0,60})")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)")
_END: Final = ".,;:!?"
_SIGNS: Final = {
    ".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "@": " at ", ":": " colon ",
    "?": " question mark ", "=": " equals ", "&": " and ", "+": " plus ", "%": " percent ", "#": " hash ",
    "~": " tilde ",
}  # fmt: skip
_SIGN: Final = re.compile(r"[./\-_@:?=&+%#~]")

_INTERNATIONAL: Final = re.compile(r"(?<![\w+])\+\d[\d ().-]{5,20}\d(?!\w)")
_NATIONAL: Final = re.compile(
    r"(?<![\w.,$\u00a3\u20ac/-])(?:1[-. ]\s{0,2})?(?:\(\d{3,5}\)[-. ]?|\d{3}[-. ]\s{0,2})"
    r"\d{3}[-. ]?\d{4}(?![\w/]|[-.,]\d)"
)
_LOCAL: Final = re.compile(r"(?<![\w.,$\u00a3\u20ac/-])(\d{3})[-\u2010\u2011](\d{4})(?![\w/]|[-.,]\d)")
_TRUNK: Final = re.compile(r"(?<![\w.,$\u00a3\u20ac/-])0\d{1,4}(?:[- ]\d{2,4}){1,3}(?![\w/]|[-.,]\d)")
_LETTERS: Final = re.compile(r"(?<![\w-])1-(\d{3})-([A-Z]{3,10}|\d{3}-[A-Z]{4})(?!\w)")
_GROUPS: Final = re.compile(r"(?<![\w-])(?:\d{3}-\d{2}-\d{4}|\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4})(?![\w-])")
_EMERGENCY: Final = re.compile(r"(?<=[Cc]all |[Dd]ial )(\d{3})(?![\w-]|[.,]\d)")
_ABOUT_CALLS: Final = re.compile(r"call|phone|dial|number|text|tel|fax|mobile|cell|line|reach", re.IGNORECASE)

_VERSION: Final = re.compile(
    r"(?<![\w.,])[vV]?\.?(\d{1,5}(?:\.\d{1,5}){2,5})(?!\.?\d)(?:-?(alpha|beta|rc)\.?(\d{0,3}))?"
)
_V: Final = re.compile(r"(?<!\w)[vV](?:er)?\.?\s?(\d{1,5}(?:\.\d{1,5})?)(?![\w]|\.\d)")


def read_net_addresses(text: PlacedText) -> PlacedText:
    """Mail and web addresses, handles and hashtags in words."""
    text = text.sub(_MAIL, _read_address).sub(_URL, _read_address).sub(_DOMAIN, _read_address)
    return text.sub(_HANDLE, " at ").sub(_HASHTAG, lambda m: " hashtag " + _CAMEL.sub(" ", m[1]))


def read_numbers_of_contacts(text: PlacedText) -> PlacedText:
    """Telephone numbers, groups of digits and versions in words."""
    text = text.sub(_LETTERS, _read_lettered).sub(_INTERNATIONAL, _read_digits).sub(_NATIONAL, _read_digits)
    text = text.sub(_GROUPS, _read_digits).sub(_LOCAL, _read_local).sub(_TRUNK, _read_trunk)
    text = text.sub(_EMERGENCY, _read_emergency)
    return text.sub(_VERSION, _read_version).sub(_V, lambda m: joined(["version", *_version_part(m[1])]))


def _read_address(match: re.Match[str]) -> str:
    address = match[0].rstrip(_END)
    tail = match[0][len(address) :]
    for scheme in ("https://", "http://", "ftp://"):
        if address.lower().startswith(scheme):
            address = address[len(scheme) :]
    address = address.rstrip("/")
    address = re.sub(r"\bwww\b", "W W W", address, flags=re.IGNORECASE)
    return " " + _SIGN.sub(lambda m: _SIGNS[m[0]], address) + tail


def _read_lettered(match: re.Match[str]) -> str:
    code, rest = match[1], match[2].rsplit("-", 1)
    spoken = digits(rest[0]) if len(rest) > 1 else []
    return joined(["one", *_area(code), *spoken]) + rest[-1].lower() + " "


def _area(code: str) -> list[str]:
    return [*cardinal(int(code[0])), "hundred"] if code[1:] == "00" else digits(code)


def _read_digits(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match[0])
    plus = ["plus"] if match[0].startswith("+") else []
    toll_free = len(groups) > 2 and groups[0] in ("1", "800") and "00" in groups[0] + groups[1][-2:]
    words: list[str] = []
    for index, group in enumerate(groups):
        words += _area(group) if toll_free and index < 2 and len(group) == 3 else digits(group)
    return joined([*plus, *words])


def _read_local(match: re.Match[str]) -> str | None:
    first, second = match[1], match[2]
    told = _ABOUT_CALLS.search(match.string[: match.start()][-40:])
    round_numbers = first.endswith("0") and second.endswith("00")
    rising_years = second[:2] in ("19", "20") and int(first) < int(second) and first.endswith("0")
    if not told and (round_numbers or rising_years):
        return None
    return joined(digits(first + second))


def _read_trunk(match: re.Match[str]) -> str | None:
    found = re.sub(r"\D", "", match[0])
    return joined(digits(found)) if len(found) >= 7 else None


def _read_emergency(match: re.Match[str]) -> str:
    return joined(digits(match[1]))


def _version_part(text: str) -> list[str]:
    words: list[str] = []
    for number in text.split("."):
        words += ["point", *cardinal(int(number))] if words else cardinal(int(number))
    return words


def _read_version(match: re.Match[str]) -> str:
    numbers = match[1].split(".")
    sign = "dot" if len(numbers) == 4 and all(int(number) < 256 for number in numbers) else "point"
    words: list[str] = ["version"] if match[0][0] in "vV" else []
    for index, number in enumerate(numbers):
        words += [sign] if index else []
        words += digits(number) if len(number) > 1 and number.startswith("0") else amount(number)
    if match[2]:
        words += ["R", "C"] if match[2] == "rc" else [match[2]]
        words += cardinal(int(match[3])) if match[3] else []
    return joined(words)
