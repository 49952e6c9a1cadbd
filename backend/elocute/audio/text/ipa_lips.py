"""Sounds of any language as the ARPAbet phones whose lips they have.

Lips show whether they close, round, spread or touch the teeth and how far the jaw opens; they do not show
where the tongue is, nor the voice. So a front rounded vowel has the lips of the back vowel of its height
(y of u), a nasal vowel those of the oral one, an unrounded back vowel those of the front one, a palatal those
of its neighbour, a click those of the stop at its place, a bilabial fricative those of a labiodental one:
narrow, and not closed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from elocute.audio.text.spoken_word import SpokenPhone

_SEVERAL: Final = {
    "tʃ": "CH", "dʒ": "JH", "tɕ": "CH", "dʑ": "JH", "tʂ": "CH", "dʐ": "JH", "ts": "T S", "dz": "D Z",
    "pf": "P F", "tɬ": "T L", "kp": "P", "ɡb": "B", "gb": "B", "ŋm": "M", "nm": "M", "hw": "W", "kx": "K",
    "tθ": "TH", "aɪ": "AY", "ai": "AY", "ɑɪ": "AY", "aj": "AY", "ʌɪ": "AY", "ɐɪ": "AY", "aʊ": "AW",
    "au": "AW", "ɑʊ": "AW", "æʊ": "AW", "ʌʊ": "AW", "ɐʊ": "AW", "ɔɪ": "OY", "ɔø": "OY", "ɔʏ": "OY",
    "ɔy": "OY", "oɪ": "OY", "oi": "OY", "ɔi": "OY", "eɪ": "EY", "ei": "EY", "ɛɪ": "EY", "ɛi": "EY",
    "oʊ": "OW", "ou": "OW", "əʊ": "OW", "ɔʊ": "OW", "ɔu": "OW", "œy": "AO UW", "øy": "OW UW", "ɛʊ": "EH UH",
    "eʊ": "EH UH",
}  # fmt: skip
_SINGLE: Final = {
    "y": "UW", "ʏ": "UH", "ø": "OW", "œ": "AO", "ɶ": "AO", "ɵ": "UH", "ɞ": "AO", "ʉ": "UW", "u": "UW",
    "ʊ": "UH", "o": "OW", "ɔ": "AO", "ɒ": "AO", "ᵿ": "UH", "ɷ": "UH", "i": "IY", "ɪ": "IH", "e": "EH",
    "ɛ": "EH", "æ": "AE", "a": "AA", "ɐ": "AH", "ɑ": "AA", "ʌ": "AH", "ə": "AH", "ɨ": "IH", "ɘ": "IH",
    "ɜ": "ER", "ɚ": "ER", "ɝ": "ER", "ɤ": "AH", "ɯ": "IH", "ᵻ": "IH", "ä": "AA", "ɿ": "IH", "ʅ": "IH",
    "p": "P", "b": "B", "m": "M", "ɓ": "B", "ʙ": "B", "ʘ": "P", "ɸ": "F", "β": "V", "f": "F", "v": "V",
    "ʋ": "V", "ⱱ": "V", "ɱ": "V", "w": "W", "ʍ": "W", "ɥ": "W", "t": "T", "d": "D", "ʈ": "T", "ɖ": "D",
    "ɗ": "D", "ǀ": "T", "ǃ": "T", "!": "T", "ǂ": "CH", "ǁ": "L", "θ": "TH", "ð": "DH", "s": "S", "z": "Z",
    "ʃ": "SH", "ʒ": "ZH", "ʂ": "SH", "ʐ": "ZH", "ɕ": "SH", "ʑ": "ZH", "ɧ": "SH", "n": "N", "ɳ": "N",
    "ɲ": "N", "ŋ": "NG", "ɴ": "NG", "l": "L", "ɫ": "L", "ɭ": "L", "ʎ": "L", "ʟ": "L", "ɬ": "L", "ɮ": "L",
    "ɺ": "L", "r": "R", "ɾ": "R", "ɹ": "R", "ɻ": "R", "ɽ": "R", "ʁ": "R", "ʀ": "R", "j": "Y", "ʝ": "Y",
    "ç": "HH", "c": "K", "ɟ": "G", "ʄ": "G", "k": "K", "ɡ": "G", "g": "G", "ɠ": "G", "q": "K", "ɢ": "G",
    "ʛ": "G", "x": "HH", "χ": "HH", "ɣ": "G", "ɰ": "G", "h": "HH", "ɦ": "HH", "ħ": "HH", "ʜ": "HH",
}  # fmt: skip
_SILENT: Final = frozenset("ʔʕʡʢʼ")
"""Made in the throat: the lips do nothing of their own."""
_NASAL: Final = {"ɛ": "AE", "œ": "AO", "a": "AA", "ɑ": "AA", "ɔ": "AO", "ɐ": "AH"}
"""Nasal vowels that are more open than the oral ones with the same letter (French vin, un)."""
_LONG: Final = {"e": "EY", "ɵ": "UW"}
_NASAL_MARK: Final = "\u0303"
_COMPRESSED: Final = "ᵝ"
_IGNORED: Final = re.compile(r"[ˈˌ.‿|‖\s_\-˥˦˧˨˩ꜛꜜ0-9]|\([a-z-]{2,20}\)|\u0361|\u035c")
_CLUSTER: Final = re.compile(r"(.)([\u0300-\u036fʰʱʲʷˠˤⁿˡ˞ːˑᵝʼ̚ᵊ]*)", re.DOTALL)


def spoken_phones(ipa: str) -> tuple[SpokenPhone, ...]:
    """The sounds of a word in the International Phonetic Alphabet, with their lips.

    Stress, tones, syllable marks and what nobody knows are left out.
    """
    text = unicodedata.normalize("NFD", ipa.replace("e-", "ə").replace("ç", "\ue000"))
    clusters = [
        (match[1].replace("\ue000", "ç"), match[2]) for match in _CLUSTER.finditer(_IGNORED.sub("", text))
    ]
    phones: list[SpokenPhone] = []
    index = 0
    while index < len(clusters):
        (letter, marks) = clusters[index]
        if index + 1 < len(clusters) and not marks:
            following, behind = clusters[index + 1]
            several = _SEVERAL.get(letter + following)
            if several and (_NASAL_MARK not in behind or letter in "td"):
                phones += _phones(several, (letter, following + behind))
                index += 2
                continue
        index += 1
        lips = _lips(letter, marks)
        if lips:
            phones.append(SpokenPhone(lips, unicodedata.normalize("NFC", letter + marks)))
    return tuple(phones)


def _phones(lips: str, letters: tuple[str, str]) -> list[SpokenPhone]:
    """One phone for what is written with two letters, or one for each."""
    labels = lips.split()
    if len(labels) == 1:
        return [SpokenPhone(labels[0], "".join(letters))]
    return [SpokenPhone(label, letter) for label, letter in zip(labels, letters, strict=True)]


def _lips(letter: str, marks: str) -> str:
    if letter in _SILENT:
        return ""
    if _NASAL_MARK in marks and letter in _NASAL:
        return _NASAL[letter]
    if "ː" in marks and letter in _LONG:
        return _LONG[letter]
    if letter == "ɯ" and _COMPRESSED in marks:
        return "UH"
    return _SINGLE.get(letter, "")
