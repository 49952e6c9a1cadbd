"""ARPAbet phones for the symbols of a phone recogniser, and which of them look alike."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Final

from elocute.audio.text.ipa_lips import spoken_phones

CLOSED: Final = "closed"
"""Name of the class of phones that shut the lips."""
_CLASSES: Final = MappingProxyType(
    dict.fromkeys(("P", "B", "M"), CLOSED)
    | dict.fromkeys(("F", "V"), "lip on teeth")
    | dict.fromkeys(("W", "UW", "UH", "OW", "OY", "AO"), "rounded")
    | dict.fromkeys(("AA", "AE", "AH", "AW", "AY", "EH", "EY", "ER", "HH"), "open")
    | dict.fromkeys(("SH", "ZH", "CH", "JH", "R"), "pushed forward")
    | dict.fromkeys(("IH", "IY", "Y", "D", "DH", "G", "K", "L", "N", "NG", "S", "T", "TH", "Z"), "teeth near")
)


@lru_cache(maxsize=1024)
def arpabet_of_symbol(symbol: str) -> tuple[str, ...]:
    """The ARPAbet phones whose lips an IPA symbol has; none where the lips do nothing of their own."""
    return tuple(phone.arpabet for phone in spoken_phones(symbol))


def lip_class(arpabet: str) -> str:
    """Name of the class of phones with lips like those of an ARPAbet phone.

    Raises:
        KeyError: not one of the 39.
    """
    return _CLASSES[arpabet]
