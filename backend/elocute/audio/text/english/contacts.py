"""Addresses of the net, and numbers: of telephones and of versions."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.english.numbers import amount, cardinal, digits, joined
from elocute.audio.text.english.telephone import read_telephone_numbers
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
    text = read_telephone_numbers(text)
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
