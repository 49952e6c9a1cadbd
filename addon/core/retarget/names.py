"""Names of shape keys, properties and bones, compared by what they say and not by how they are spelled."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

_WORDS: Final = re.compile(r"[A-Z]+(?![a-zß-ÿ])|[A-Z]?[a-zß-ÿ]+|\d+|[^\W\d_a-zA-Zß-ÿ]+")
_SIDES: Final = {
    "l": "l", "left": "l", "links": "l", "linke": "l", "linkes": "l", "linker": "l", "左": "l",
    "r": "r", "right": "r", "rechts": "r", "rechte": "r", "rechtes": "r", "rechter": "r", "右": "r",
}  # fmt: skip
_NUMBERED: Final = re.compile(r"^[A-Z]\d{2}_(?=[A-Za-z])")
"""``A25_Jaw_Open``."""
_GROUPED: Final = re.compile(r"^.*?(?=Fcl_[A-Z])")
"""``M_F00_000_00_Fcl_MTH_A``."""
_COPY: Final = re.compile(r"\.\d{3}$")
_SHARED_BY: Final = 0.8
_LEAST_PREFIX: Final = 3


def without_prefix(name: str) -> str:
    """A name without the mesh's or exporter's name that stands before it."""
    rest = unicodedata.normalize("NFKC", name).strip()
    for mark in ("__", ":", "|"):
        before, found, after = rest.rpartition(mark)
        if found and before and after:
            rest = after
    before, found, after = rest.partition(".")
    while found and _is_word(before) and _is_word(after):
        rest = after
        before, found, after = rest.partition(".")
    rest = _GROUPED.sub("", rest)
    return _NUMBERED.sub("", rest)


def words(name: str) -> tuple[str, ...]:
    """The words of a name in small letters, sides as ``l`` and ``r``; a side before or after is put last."""
    found = [word.lower() for word in _WORDS.findall(without_prefix(name))]
    found = [part for word in found for part in _split_side(word)]
    if len(found) < 2:
        return tuple(found)
    found = [_SIDES.get(word, word) for word in found]
    if found[0] in ("l", "r") and found[-1] not in ("l", "r"):
        found = [*found[1:], found[0]]
    return tuple(found)


@functools.lru_cache(maxsize=20_000)
def canonical(name: str) -> str:
    """One spelling for all spellings of a name: ``Head__EYE_BLINK_LEFT`` and ``eyeBlink_L`` are
    ``eyeblink|l``."""
    parts = words(name)
    if len(parts) > 1 and parts[-1] in ("l", "r"):
        return "".join(parts[:-1]) + "|" + parts[-1]
    return "".join(parts)


@dataclass(frozen=True)
class NameIndex:
    """The names that a rig has, to look others up in.

    Attributes:
        names: as they are spelled on the rig; a name may be there once only.
    """

    names: tuple[str, ...]
    _exact: dict[str, str] = field(init=False, repr=False)
    _similar: dict[str, list[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        similar: dict[str, list[str]] = {}
        prefix = shared_prefix(self.names)
        for name in self.names:
            plain = _COPY.sub("", name)
            spellings = {canonical(name), canonical(plain), canonical(name.removeprefix(prefix))}
            for spelling in spellings - {""}:
                similar.setdefault(spelling, []).append(name)
        object.__setattr__(self, "_exact", {name: name for name in self.names})
        object.__setattr__(self, "_similar", similar)

    def find(self, wanted: str) -> str | None:
        """The rig's spelling of a name, or None: the same if it is there, else the nearest of those that say
        it."""
        if wanted in self._exact:
            return wanted
        alike = self._similar.get(canonical(wanted), ())
        return min(alike, key=lambda name: (_distance(name, wanted), name), default=None)

    def alike(self, wanted: str) -> tuple[str, ...]:
        """All of the rig's names that say the same."""
        return tuple(self._similar.get(canonical(wanted), ()))


def shared_prefix(names: Iterable[str]) -> str:
    """What most of the names begin with, up to and with a separator; empty where there is no such thing."""
    known = [name for name in names if name]
    counts: dict[str, int] = {}
    for name in known:
        for match in re.finditer(r"[_.:| -]+", name):
            if _LEAST_PREFIX < match.end() < len(name):
                counts[name[: match.end()]] = counts.get(name[: match.end()], 0) + 1
    common = [prefix for prefix, count in counts.items() if count >= max(_SHARED_BY * len(known), 4)]
    return max(common, key=len, default="")


def _is_word(part: str) -> bool:
    return sum(letter.isalpha() for letter in part) >= 3


def _split_side(word: str) -> tuple[str, ...]:
    for side in ("left", "right", "links", "rechts"):
        if word.endswith(side) and len(word) > len(side) + 2:
            return word.removesuffix(side), side
    for side in ("左", "右"):
        if len(word) > 1 and word.endswith(side):
            return word.removesuffix(side), side
        if len(word) > 1 and word.startswith(side):
            return word.removeprefix(side), side
    return (word,)


def _distance(name: str, wanted: str) -> int:
    return (name.lower() != wanted.lower()) * 1000 + abs(len(name) - len(wanted))
