"""Japanese: kana, kanji and Latin letters to sounds.

Readings of kanji come from pykakasi (GPL-3, dictionary from UniDic and SKK). Kana are read here: each is a
mora, and a mora is the same sounds wherever it stands but for the moraic nasal and the doubled consonant.
"""

from __future__ import annotations

import importlib.util
import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from elocute.audio.text.placed_text import PlacedText

_VOWELS: Final = {"a": "a", "i": "i", "u": "ɯᵝ", "e": "e", "o": "o"}
_ONSETS: Final = {
    "": "", "k": "k", "g": "ɡ", "s": "s", "z": "z", "t": "t", "d": "d", "n": "n", "h": "h", "b": "b",
    "p": "p", "m": "m", "y": "j", "r": "ɾ", "w": "w", "sh": "ɕ", "j": "dʑ", "ch": "tɕ", "ts": "ts",
    "f": "ɸ", "v": "v", "ky": "kj", "gy": "ɡj", "ny": "ɲ", "hy": "ç", "by": "bj", "py": "pj", "my": "mj",
    "ry": "ɾj", "l": "ɾ", "si": "ɕ", "dy": "dj", "ty": "tj", "q": "k", "c": "k", "x": "s",
}  # fmt: skip
_KANA_ROWS: Final = """
a あ い う え お
k か き く け こ
g が ぎ ぐ げ ご
s さ し す せ そ
z ざ じ ず ぜ ぞ
t た ち つ て と
d だ ぢ づ で ど
n な に ぬ ね の
h は ひ ふ へ ほ
b ば び ぶ べ ぼ
p ぱ ぴ ぷ ぺ ぽ
m ま み む め も
r ら り る れ ろ
"""
_IRREGULAR: Final = {
    "し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu", "や": "ya",
    "ゆ": "yu", "よ": "yo", "わ": "wa", "ゐ": "i", "ゑ": "e", "を": "o", "ゔ": "vu",
}  # fmt: skip
_SMALL: Final = {"ゃ": "a", "ゅ": "u", "ょ": "o"}
_SMALL_VOWELS: Final = {"ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o", "ゎ": "a"}
_ROMAJI: Final = re.compile(
    r"(?:(?:[kgsztdnhbpmyrwjflv]|ky|gy|sh|ch|ts|ny|hy|by|py|my|ry|jy|cch|tch|ssh|tts|kk|ss|tt|pp|kky|ppy)?[aiueo]"
    r"|n(?![aiueoy])'?|-)+",
    re.IGNORECASE,
)
_ROMAJI_MORA: Final = re.compile(
    r"(?P<double>([kstpc])(?=\2|ch|sh))?(?P<onset>sh|ch|ts|ky|gy|ny|hy|by|py|my|ry|jy|[kgsztdnhbpmyrwjflv])?"
    r"(?P<plain>')?(?P<vowel>[aiueo])"
    r"|(?P<nasal>[nm](?![aiueoy])'?)"
)
_AS_HEPBURN: Final = {
    ("s", "i"): "sh", ("t", "i"): "ch", ("t", "u"): "ts", ("h", "u"): "f", ("z", "i"): "j",
}  # fmt: skip
_MACRONS: Final = str.maketrans(
    {
        "ā": "aa",
        "ī": "ii",
        "ū": "uu",
        "ē": "ee",
        "ō": "ou",
        "â": "aa",
        "î": "ii",
        "û": "uu",
        "ê": "ee",
        "ô": "ou",
    }
)
_KATAKANA_SHIFT: Final = 0x60
_DIGITS: Final = re.compile(r"\d{1,16}(?:\.\d{1,9})?")
_NUMERALS: Final = "〇一二三四五六七八九"
_STEPS: Final = ("", "十", "百", "千")
_MYRIADS: Final = ("", "万", "億", "兆", "京")
_SIGNS: Final = {
    "%": "パーセント", "+": "プラス", "=": "イコール", "&": "アンド", "@": "アット", "°": "度",
    "$": "ドル", "€": "ユーロ", "¥": "円", "~": "から", "〜": "から",
}  # fmt: skip
_UNITS: Final = {
    "km": "キロメートル", "cm": "センチメートル", "mm": "ミリメートル", "kg": "キログラム",
    "m": "メートル", "g": "グラム", "l": "リットル", "ml": "ミリリットル",
}  # fmt: skip
_UNIT: Final = re.compile(rf"(?<=\d)\s?({'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![a-zA-Z])")
_YEN: Final = re.compile(r"[¥￥]\s?(\d[\d,]{0,20})")
_CLOCK: Final = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
_COMMA: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PARTICLES: Final = {"は": "wa", "へ": "e", "を": "o", "こんにちは": "konnichiwa", "こんばんは": "konbanwa"}
_GREETINGS: Final = {"今日は": "kyouwa"}
_WA: Final = re.compile(
    r"(?<=これ|それ|あれ|どれ|ぼく|おれ|きみ|かれ|ここ|そこ)は|(?<=わたし|あなた|きょう|あした)は|(?<=..)は$"
)
_BILABIAL: Final = frozenset("pbm")
_KANA_OR_KANJI: Final = re.compile(
    r"[\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uff66-\uff9f]{1,120}"
)
"""At most so many characters at once: finding the words in them costs their number squared."""


class Reading(NamedTuple):
    """A word as it is written, its place in the text, and its sounds (IPA)."""

    text: str
    start: int
    end: int
    ipa: str


def pykakasi_is_installed() -> bool:
    """Whether kanji can be read."""
    return importlib.util.find_spec("pykakasi") is not None


def with_japanese_numbers(text: PlacedText) -> PlacedText:
    """Digits, signs and units in kanji and kana, which are read with what stands behind them."""
    text = text.sub(_COMMA, "").sub(_YEN, lambda m: m[1] + "円")
    text = text.sub(_CLOCK, lambda m: f"{m[1]}時{m[2]}分" if m[2] != "00" else f"{m[1]}時")
    text = text.sub(_UNIT, lambda m: _UNITS[m[1]])
    text = text.translate({ord(sign): word for sign, word in _SIGNS.items()})
    return text.sub(_DIGITS, lambda m: _kanji_number(m[0]))


def _kanji_number(text: str) -> str:
    whole, point, fraction = text.partition(".")
    if len(whole) > 16 or (whole.startswith("0") and len(whole) > 1):
        spoken = "".join(_NUMERALS[int(digit)] for digit in whole)
    elif int(whole) == 0:
        spoken = "ゼロ"
    else:
        groups: list[str] = []
        for index in range((len(whole) + 3) // 4):
            part = whole[-4 * index - 4 : len(whole) - 4 * index]
            words = "".join(
                ("" if digit == "1" and step else _NUMERALS[int(digit)]) + _STEPS[step]
                for digit, step in zip(part, range(len(part) - 1, -1, -1), strict=True)
                if digit != "0"
            )
            groups.append(words + _MYRIADS[index] if words else "")
        spoken = "".join(reversed(groups))
    return spoken + ("点" + "".join(_NUMERALS[int(digit)] for digit in fraction) if point else "")


def japanese_readings(text: PlacedText) -> tuple[Reading, ...]:
    """Words in kana and kanji with their sounds; what is in other scripts is left out.

    Raises:
        ModuleNotFoundError: pykakasi is not installed and there are kanji.
    """
    readings: list[Reading] = []
    for run in _KANA_OR_KANJI.finditer(text.text):
        at = run.start()
        for written, kana in _segmented(run[0]):
            end = at + len(written)
            known = _PARTICLES.get(written) or _GREETINGS.get(written)
            ipa = romaji_to_ipa(known or kana_to_romaji(_corrected(written, kana, text.text[end : end + 1])))
            if ipa:
                readings.append(Reading(written, *text.place(at, end), ipa))
            at = end
    return tuple(readings)


def _corrected(written: str, kana: str, following: str) -> str:
    """The reading with the particle wa behind a noun in kana, and with the usual word for four."""
    if written == kana:
        return _WA.sub("わ", kana)
    if written.endswith("四") and kana.endswith("し") and following != "月":
        return kana[:-1] + ("よ" if following and following in "時年人円日" else "よん")
    if written.endswith("七") and kana.endswith("しち") and following not in ("月", "時"):
        return kana[:-2] + "なな"
    return kana


def is_romaji(word: str) -> bool:
    """Whether a word in Latin letters is Japanese by its syllables: sensei, not strength."""
    return _ROMAJI.fullmatch(word.lower().translate(_MACRONS)) is not None


def romaji_to_ipa(word: str) -> str:
    """Sounds of a word in Latin letters (Hepburn, Kunrei): shashin -> ɕaɕiɴ."""
    lower = word.lower().translate(_MACRONS)
    sounds: list[str] = []
    before = ""
    for mora in _ROMAJI_MORA.finditer(lower):
        if mora["nasal"]:
            following = lower[mora.end() : mora.end() + 1]
            sounds.append("m" if following in _BILABIAL and following else "ɴ")
            before = ""
            continue
        onset, vowel = mora["onset"] or "", mora["vowel"]
        if not mora["plain"]:
            onset = _AS_HEPBURN.get((onset, vowel), onset)
        sound = _ONSETS[onset] if onset != "jy" else "dʑ"
        if mora["double"] and sound:
            sound = sound[0] + sound
        long = not onset and (vowel == before or (vowel, before) in {("u", "o"), ("i", "e")})
        sounds.append("ː" if long else sound + _VOWELS[vowel])
        before = vowel
    return "".join(sounds)


def kana_to_romaji(kana: str) -> str:
    """Hiragana and katakana in Latin letters, mora by mora; a long mark doubles the vowel."""
    table = _kana_table()
    spelled: list[str] = []
    doubled = False
    for character in kana:
        letter = chr(ord(character) - _KATAKANA_SHIFT) if "ァ" <= character <= "ヶ" else character
        if letter == "っ":
            doubled = True
            continue
        if letter == "ー":
            last = spelled[-1][-1:] if spelled else ""
            spelled.append(last if last in _VOWELS else "")
            continue
        if letter == "ん":
            spelled.append("n'")
            continue
        if letter in _SMALL and spelled:
            spelled[-1] = _with_glide(spelled[-1], _SMALL[letter])
            continue
        if letter in _SMALL_VOWELS and spelled and spelled[-1][-1:] in _VOWELS:
            onset = spelled[-1][:-1] or ("w" if spelled[-1] == "u" else "")
            spelled[-1] = f"{onset}'{_SMALL_VOWELS[letter]}" if onset else _SMALL_VOWELS[letter]
            continue
        mora = table.get(letter, _SMALL_VOWELS.get(letter, ""))
        if mora and doubled:
            mora = ("t" if mora.startswith("ch") else mora[0]) + mora if mora[0] not in _VOWELS else mora
        doubled = False
        if mora:
            spelled.append(mora)
    return "".join(spelled).replace("tch", "cch")


def _with_glide(mora: str, vowel: str) -> str:
    onset = mora[:-1]
    return onset + vowel if onset.endswith(("sh", "ch", "j")) else onset + "y" + vowel


@lru_cache(maxsize=1)
def _kana_table() -> dict[str, str]:
    table: dict[str, str] = {}
    for row in _KANA_ROWS.strip().splitlines():
        onset, *kana = row.split()
        table |= {
            letter: ("" if onset == "a" else onset) + vowel
            for letter, vowel in zip(kana, "aiueo", strict=True)
        }
    return table | _IRREGULAR


def _segmented(run: str) -> list[tuple[str, str]]:
    """Words and their kana."""
    if not re.search(r"[\u3005-\u3007\u3400-\u9fff]", run) and not pykakasi_is_installed():
        return [(run, run)]
    return [(each["orig"], each["hira"]) for each in _kakasi().convert(run) if each["orig"]]


@lru_cache(maxsize=1)
def _kakasi() -> Any:
    import pykakasi

    make: Any = pykakasi.kakasi  # without annotations
    return make()
