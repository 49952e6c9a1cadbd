"""From the phone set of flite and festival (the CMU "radio" set) to ARPAbet."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from elocute.audio.phone import ARPABET, SILENCE, Phone
from elocute.errors import UserError

_SPECIAL: Final = MappingProxyType(
    {
        "ax": "AH",
        "axr": "ER",
        "ix": "IH",
        "el": "L",
        "em": "M",
        "en": "N",
        "nx": "N",
        "dx": "T",
        "hv": "HH",
        "pau": SILENCE,
        "h#": SILENCE,
        "brth": SILENCE,
        "ssil": SILENCE,
        "#": SILENCE,
    }
)
_KNOWN: Final = frozenset((SILENCE, *ARPABET))


def arpabet_label(name: str, engine: str) -> str:
    """The ARPAbet label, or SIL, of a phone of the radio set.

    Raises:
        UserError: there is no such phone.
    """
    label = _SPECIAL.get(name, name.upper())
    if label not in _KNOWN:
        raise UserError(f"{engine} spoke of a phone {name!r} that is not known.", code="engine_failed")
    return label


def phones_from_ends(pairs: Iterable[tuple[str, float]], seconds: float, engine: str) -> list[Phone]:
    """Contiguous phones from 0, given each one's name and end, clipped to the sound's length.

    A last pause is stretched or cut to end with the sound, since the engines give it a length of its own.

    Raises:
        UserError: an unknown phone.
    """
    phones: list[Phone] = []
    for name, told_end in pairs:
        label = arpabet_label(name, engine)
        start = phones[-1].end if phones else 0.0
        end = min(told_end, seconds)
        if end > start:
            phones.append(Phone(label, start, end))
    if phones and phones[-1].label == SILENCE:
        phones[-1] = Phone(SILENCE, phones[-1].start, seconds)
    return phones
