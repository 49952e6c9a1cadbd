"""From the IPA of espeak-ng to ARPAbet, exact for English, nearest sound for other languages."""

# ruff: noqa: RUF001 - IPA letters look like others on purpose
from __future__ import annotations

from types import MappingProxyType
from typing import Final

from elocute.audio.phone import SILENCE

_TABLE: Final = MappingProxyType(
    {
        # consonants
        "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "g": "G", "ɡ": "G", "q": "K", "ʔ": "T", "c": "K",
        "ɟ": "G", "m": "M", "n": "N", "ŋ": "NG", "ɲ": "N Y", "ɱ": "M", "ɳ": "N", "f": "F", "v": "V",
        "β": "V", "ɸ": "F", "ʋ": "V", "θ": "TH", "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH",
        "ʂ": "SH", "ʐ": "ZH", "ɕ": "SH", "ʑ": "ZH", "ç": "HH", "ʝ": "Y", "x": "HH", "χ": "HH", "ɣ": "G",
        "ʁ": "R", "ʀ": "R", "h": "HH", "ɦ": "HH", "ħ": "HH", "r": "R", "ɹ": "R", "ɾ": "T", "ɽ": "R",
        "ɻ": "R", "l": "L", "ɫ": "L", "ɭ": "L", "ʎ": "L Y", "j": "Y", "w": "W", "ʍ": "W", "ɥ": "W",
        "ɧ": "SH", "sx": "SH", "ʈ": "T", "ɖ": "D", "dʒ": "JH", "tʃ": "CH", "ts": "T S", "dz": "D Z",
        "pf": "P F", "tɕ": "CH", "dʑ": "JH", "tʂ": "CH",
        # vowels
        "a": "AA", "ɑ": "AA", "æ": "AE", "ɐ": "AH", "ʌ": "AH", "ə": "AH", "ɘ": "AH", "ᵻ": "IH", "ɨ": "IH",
        "e": "EH", "ɛ": "EH", "ɜ": "ER", "ɝ": "ER", "ɚ": "ER", "i": "IY", "ɪ": "IH", "o": "OW", "ɔ": "AO",
        "ɒ": "AA", "ɤ": "AH", "u": "UW", "ʊ": "UH", "ʉ": "UW", "ɯ": "UW", "y": "UW", "ʏ": "UH", "ø": "UH",
        "œ": "UH", "ɵ": "UH", "ɶ": "AO", "ᵿ": "UH", "ɞ": "ER",
        # diphthongs and vowels with r
        "aɪ": "AY", "aj": "AY", "ai": "AY", "ɑɪ": "AY", "ʌɪ": "AY", "aʊ": "AW", "aw": "AW", "au": "AW",
        "ɑʊ": "AW", "eɪ": "EY", "ei": "EY", "ej": "EY", "ɛɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ou": "OW",
        "əʉ": "OW", "ɔɪ": "OY", "ɔʏ": "OY", "ɔø": "OY", "oɪ": "OY", "oi": "OY", "iə": "IY AH", "ɪə": "IH AH",
        "eə": "EH AH", "ɛə": "EH AH", "ʊə": "UH AH", "əl": "AH L", "ɑːɹ": "AA R", "ɔːɹ": "AO R",
        "oːɹ": "AO R", "ɛɹ": "EH R", "ɪɹ": "IH R", "iːɹ": "IY R", "ʊɹ": "UH R", "aɪə": "AY AH",
        "aɪɚ": "AY ER", "aʊə": "AW AH", "aʊɚ": "AW ER", "əɹ": "ER", "əɪ": "ER", "ɜːɹ": "ER", "ɐɹ": "ER",
        "ʌɹ": "ER", "əɾ": "ER", "eɹ": "EH R", "n̩": "N", "l̩": "L", "m̩": "M", "ju": "Y UW",
    }
)  # fmt: skip
_NASAL_MARK: Final = "\u0303"
_NASAL_VOWELS: Final = MappingProxyType(
    {"ɑ": "AA N", "ɔ": "AO N", "ɛ": "AE N", "œ": "UH N", "a": "AA N", "o": "AO N", "e": "EH N", "ɐ": "AH N"}
)
_LONGEST: Final = max(len(key) for key in _TABLE)


def arpabet_of(ipa: str) -> tuple[str, ...]:
    """ARPAbet labels of one espeak-ng phone; none for a mark without sound of its own.

    Length marks matter only where the table says so. A symbol that is not in the table is left out, so a
    phone made only of such symbols gives nothing, and its time goes to its neighbour.
    """
    labels: list[str] = []
    place = 0
    while place < len(ipa):
        if ipa[place + 1 : place + 2] == _NASAL_MARK and ipa[place] in _NASAL_VOWELS:
            labels += _NASAL_VOWELS[ipa[place]].split()
            place += 2
            continue
        for length in range(min(_LONGEST, len(ipa) - place), 0, -1):
            found = _TABLE.get(ipa[place : place + length])
            if found is not None:
                labels += found.split()
                place += length
                break
        else:
            place += 1
    return tuple(labels)


def is_pause(ipa: str) -> bool:
    """True for espeak-ng's pauses, which have no IPA."""
    return ipa.strip("_: |") == ""


def all_labels() -> frozenset[str]:
    """Every label that the tables can give."""
    cells = (*_TABLE.values(), *_NASAL_VOWELS.values())
    return frozenset(label for cell in cells for label in cell.split()) | {SILENCE}
