"""Abbreviations, titles, addresses, and Roman numerals."""

from __future__ import annotations

import re
from typing import Final

from elocute.audio.text.english.numbers import cardinal, digits, house_number, joined, ordinal, roman
from elocute.audio.text.placed_text import PlacedText

_ALWAYS: Final = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "st": "saint",
    "vs": "versus", "etc": "et cetera", "approx": "approximately", "jr": "junior", "sr": "senior",
    "capt": "captain", "lt": "lieutenant", "sgt": "sergeant", "gen": "general", "col": "colonel",
    "cpl": "corporal", "cmdr": "commander", "maj": "major", "adm": "admiral", "gov": "governor",
    "govt": "government", "sen": "senator", "rep": "representative", "rev": "reverend", "pres": "president",
    "dept": "department", "univ": "university", "assn": "association", "assoc": "associate",
    "inc": "incorporated", "ltd": "limited", "corp": "corporation", "co": "company", "bros": "brothers",
    "dist": "district", "est": "established", "min": "minimum", "max": "maximum", "avg": "average",
    "temp": "temperature", "vol": "volume", "chap": "chapter", "ed": "edition", "eds": "editors",
    "misc": "miscellaneous", "tel": "telephone", "ext": "extension", "apt": "apartment", "fig": "figure",
    "figs": "figures", "ref": "reference", "ave": "avenue", "blvd": "boulevard", "rd": "road",
    "hwy": "highway", "mt": "mount", "ft": "fort", "pvt": "private", "supt": "superintendent",
    "det": "detective", "insp": "inspector", "asst": "assistant", "mgr": "manager", "esq": "esquire",
    "messrs": "messieurs", "hon": "honorable", "fr": "father", "jan": "January", "feb": "February",
    "apr": "April", "aug": "August", "sept": "September", "oct": "October", "nov": "November",
    "dec": "December", "cf": "compare", "viz": "namely", "al": "al", "ca": "circa",
}  # fmt: skip
"""With a point. Those that are words as well, like "no", are not here."""
_MID_SENTENCE: Final = frozenset(
    {
        "co",
        "min",
        "max",
        "ed",
        "fr",
        "rep",
        "col",
        "gen",
        "est",
        "dist",
        "temp",
        "fig",
        "ref",
        "ext",
        "det",
        "sen",
        "maj",
        "pres",
        "al",
        "ca",
        "ft",
        "mt",
        "vol",
        "hon",
        "adm",
        "dec",
        "mar",
        "inc",
        "ltd",
        "corp",
        "jr",
        "sr",
        "etc",
        "bros",
    }
)
_BARE: Final = {
    "mr": "mister", "mrs": "missus", "dr": "doctor", "vs": "versus", "jr": "junior", "sr": "senior",
    "sgt": "sergeant", "etc": "et cetera", "govt": "government", "blvd": "boulevard",
    "approx": "approximately",
}  # fmt: skip
"""Read even without a point."""
_DOTTED_KNOWN: Final = {
    "e.g": "for example", "i.e": "that is", "a.m": "A M", "p.m": "P M", "a.k.a": "A K A", "ph.d": "P H D",
    "n.b": "nota bene", "p.s": "P S", "o.k": "okay", "w.r.t": "with respect to", "b.sc": "B S C",
    "m.d": "M D",
}  # fmt: skip
_SLASHED: Final = {
    "w/": "with",
    "w/o": "without",
    "b/c": "because",
    "c/o": "care of",
    "n/a": "N A",
    "a/c": "A C",
    "i/o": "I O",
}
_SLASHED_PATTERN: Final = re.compile(
    r"(?<![\w/])(w/o|b/c|c/o|n/a|a/c|i/o|w/)(?![\w/])|(?<![\w/])w/(?=[a-z])", re.IGNORECASE
)
_DOTTED: Final = re.compile(
    r"(?<![\w.])((?:[A-Za-z]\.){2,}[A-Za-z]?)(?!\w)(?:'?(s)\b)?|(?<![\w.])(Ph\.\s?D|B\.\s?Sc|M\.\s?D)\.?(?!\w)",
    re.IGNORECASE,
)
_POINTED: Final = re.compile(r"(?<![\w.'])([A-Za-z]{2,6})\.(?=(\s*)(.?))", re.DOTALL)
_BARE_PATTERN: Final = re.compile(rf"(?<![\w.'])({'|'.join(_BARE)})(?![\w.'])", re.IGNORECASE)
_INITIAL: Final = re.compile(r"(?<![\w.'])([A-Z])\.(?=\s[A-Z])")
_NUMBER_SIGN: Final = re.compile(r"(?<!\w)(?:[Nn]o|[Nn]r|NO)\.\s?(?=\d)")
_NUMBERS_SIGN: Final = re.compile(r"(?<!\w)(?:[Nn]os)\.\s?(?=\d)")
_CIRCA: Final = re.compile(r"(?<!\w)c\.\s?(?=\d{3,4})")
_WORLD_WAR: Final = re.compile(r"(?<!\w)WW(I{1,2}|[12])(?!\w)")
_HASH: Final = re.compile(r"(?<!\w)#\s?(?=\d)")
_PAGE: Final = re.compile(r"(?<!\w)(pp?)\.\s?(?=\d)")
_COUNTED_PARTS: Final = {
    "ch": "chapter",
    "sec": "section",
    "art": "article",
    "par": "paragraph",
    "pt": "part",
    "ep": "episode",
    "vol": "volume",
    "fig": "figure",
    "eq": "equation",
    "ver": "version",
    "bldg": "building",
    "rm": "room",
    "hwy": "highway",
    "apt": "apartment",
    "ste": "suite",
    "flt": "flight",
}
_COUNTED: Final = re.compile(rf"(?<!\w)({'|'.join(_COUNTED_PARTS)})\.?\s?(?=\d)", re.IGNORECASE)

_STREETS: Final = {
    "St": "Street", "Ave": "Avenue", "Av": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Dr": "Drive",
    "Ln": "Lane", "Ct": "Court", "Pl": "Place", "Sq": "Square", "Ter": "Terrace", "Pkwy": "Parkway",
    "Cir": "Circle", "Hwy": "Highway", "Cres": "Crescent", "Trl": "Trail", "Aly": "Alley",
    "Expy": "Expressway", "Fwy": "Freeway",
}  # fmt: skip
_STREET: Final = re.compile(
    rf"(?<![\w.'-])((?:[A-Z][\w'-]{{1,30}}|\d{{1,3}}(?:st|nd|rd|th))\s)({'|'.join(_STREETS)})\b(\.?)(?=(\s*)(.?))",
    re.DOTALL,
)
_ON: Final = re.compile(
    r"\b(?:on|down|along|off|across|near|at|of|and|to|from|up)\s(?:the\s)?$", re.IGNORECASE
)
_NUMBERED_STREET: Final = re.compile(
    r"(?<![\w.,$-])(\d{1,5})(?=\s(?:[NSEW]\.?\s|North\s|South\s|East\s|West\s)?(?:[A-Z][\w'.-]{1,30}\s){1,3}(?:Street|Avenue|Boulevard|Road|Drive|Lane|Court|Place|Square|Terrace|Parkway|Circle|Highway|Crescent|Trail|Way|Alley)\b)"
)
_SUFFIXED_STREET: Final = re.compile(
    r"(?<![\w.,$-])(\d{1,5})(?=\s\d{1,3}(?:st|nd|rd|th)\s(?:Street|Avenue|Road)\b)"
)
_COMPASS: Final = {
    "N": "North",
    "S": "South",
    "E": "East",
    "W": "West",
    "NE": "Northeast",
    "NW": "Northwest",
    "SE": "Southeast",
    "SW": "Southwest",
}
_COMPASS_STREET: Final = re.compile(
    r"(?<=\d\s)(NE|NW|SE|SW|[NSEW])\.?(?=\s(?:[A-Z][a-z]|\d{1,3}(?:st|nd|rd|th)))"
)
_STATES: Final = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
    "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "DC": "D C",
}  # fmt: skip
_STATE: Final = re.compile(rf"(?<=[a-z.],\s)({'|'.join(_STATES)})\b\.?(?:\s(\d{{5}})(?:-(\d{{4}}))?)?(?!\w)")
_POST_BOX: Final = re.compile(r"\bP\.?\s?O\.?\sBox\s(\d{1,6})\b")

_REGNAL: Final = frozenset(
    """
    henry louis charles george edward richard james william elizabeth mary john paul pius benedict
    gregory leo innocent alexander napoleon frederick philip philippe ferdinand alfonso peter catherine
    nicholas ivan christian gustav gustavus carl charles victoria margaret robert david stephen
    ramesses ramses ptolemy cleopatra darius xerxes otto conrad rudolf maximilian joseph franz francis
    leopold albert baudouin umberto juan carlos felipe isabella wilhelm ludwig sixtus clement urban
    boniface celestine julius tutankhamun thutmose amenhotep seti
    """.split()
)
_RULERS: Final = frozenset(
    "king queen pope emperor empress tsar czar tsarina sultan kaiser pharaoh saint prince".split()
)
_COUNTED_BY_ROMAN: Final = frozenset(
    """
    war chapter part act scene book volume vol section article phase type class stage level episode
    season appendix figure table bowl olympiad grade category division mark mk page world rocky rambo
    fantasy step block unit round mission apollo title amendment corps army schedule annex kingdom
    dynasty fleet saturn star
    """.split()
)
_ROMAN_BEHIND: Final = re.compile(
    r"(?<![\w'-])([A-Z][\w'-]{1,30}|[A-Za-z]{3,10})(\s)([IVXLCDM]{1,9})(?![\w&]|\.[A-Za-z]|'(?!s))"
)


def read_abbreviations(text: PlacedText) -> PlacedText:
    """Titles, addresses and other abbreviations in words."""
    text = text.sub(_NUMBER_SIGN, " number ").sub(_NUMBERS_SIGN, " numbers ").sub(_HASH, " number ")
    text = text.sub(_POST_BOX, lambda m: " P O Box" + joined(digits(m[1])))
    text = text.sub(_STATE, _read_state).sub(_COMPASS_STREET, lambda m: _COMPASS[m[1]])
    text = text.sub(_STREET, _read_street)
    for pattern in (_NUMBERED_STREET, _SUFFIXED_STREET):
        text = text.sub(pattern, lambda m: joined(house_number(m[1])))
    text = text.sub(_PAGE, lambda m: " pages " if m[1] == "pp" else " page ")
    text = text.sub(_CIRCA, " circa ").sub(
        _WORLD_WAR, lambda m: f" World War {m[1].replace('I', '1').replace('11', '2')} "
    )
    text = text.sub(_COUNTED, lambda m: f" {_COUNTED_PARTS[m[1].lower()]} ")
    text = text.sub(_SLASHED_PATTERN, lambda m: f" {_SLASHED[m[0].lower()]} ")
    text = text.sub(_DOTTED, _read_dotted).sub(_INITIAL, lambda m: m[1] + " ")
    return text.sub(_POINTED, _read_pointed).sub(_BARE_PATTERN, lambda m: _BARE[m[1].lower()])


def read_roman_numerals(text: PlacedText) -> PlacedText:
    """Henry VIII -> Henry the eighth, World War II -> World War two."""
    return text.sub(_ROMAN_BEHIND, _read_roman, group=3)


def _read_state(match: re.Match[str]) -> str:
    spoken = f" {_STATES[match[1]]} "
    return spoken + "".join(joined(digits(part)) for part in (match[2], match[3]) if part)


def _read_street(match: re.Match[str]) -> str | None:
    before, short, following = match[1], match[2], match[5]
    on = _ON.search(match.string[max(match.start() - 12, 0) : match.start()])
    numbered = re.search(
        r"\d\s(?:[A-Z][\w'.]*\s){0,2}$", match.string[max(match.start() - 40, 0) : match.start()]
    )
    if (
        not match[3]
        and not numbered
        and not on
        and short in ("St", "Dr", "Ct", "Pl", "Av", "Sq", "Ter", "Cir")
    ):
        return None
    # "the Maple St. John": a name follows, so it is a title; behind a house number it is a street
    if short in ("St", "Dr") and following.isupper() and not numbered and not on:
        return None
    return before + _STREETS[short] + ("." if match[3] and (following.isupper() or not following) else "")


def _read_dotted(match: re.Match[str]) -> str:
    if match[3]:
        return " ".join(letter for letter in match[3].upper() if letter.isalpha()) + " "
    known = _DOTTED_KNOWN.get(match[1].rstrip(".").lower())
    letters = " ".join(match[1].replace(".", "").upper())
    return f"{known} " if known else letters + ("'s " if match[2] else " ")


def _read_pointed(match: re.Match[str]) -> str | None:
    word = match[1].lower()
    known = _ALWAYS.get(word)
    if known is None:
        return None
    ends_sentence = match[3] == "" or "\n" in match[2]
    shown = match[1].islower()
    if word in ("min", "max", "ed", "al", "ca", "co", "fig", "ref", "rep", "est", "temp") and (
        ends_sentence or match[3].isupper()
    ):
        return None
    if (
        word
        in (
            "dec",
            "nov",
            "oct",
            "jan",
            "feb",
            "apr",
            "aug",
            "sept",
            "sen",
            "gen",
            "mt",
            "ft",
            "fr",
            "col",
            "hon",
        )
        and shown
    ):
        return None
    return known + " "


def _read_roman(match: re.Match[str]) -> str | None:
    before, numeral = match[1], match[3]
    value = roman(numeral)
    if value is None:
        return None
    name = before.lower()
    if name in _REGNAL and before[0].isupper():
        earlier = match.string[max(match.start() - 24, 0) : match.start()].lower().split()
        titled = bool(earlier) and (earlier[-1] in _RULERS or earlier[-1] in _REGNAL)
        if len(numeral) > 1 or numeral in "VX" or titled:
            return " the" + _before_s(match, ordinal(value))
        return None
    if name in _COUNTED_BY_ROMAN and (len(numeral) > 1 or numeral in "VX" or _no_pronoun(match)):
        return _before_s(match, cardinal(value))
    long_enough = len(numeral) > 1 and set(numeral) <= set("IVX")
    return _before_s(match, cardinal(value)) if long_enough and before[0].isupper() else None


def _before_s(match: re.Match[str], words: list[str]) -> str:
    """The words with space around them, but for a genitive's end."""
    spoken = joined(words)
    return spoken.rstrip() if match.string[match.end() :][:1] == "'" else spoken


def _no_pronoun(match: re.Match[str]) -> bool:
    """Whether the I behind a word is a numeral: nothing follows that it could be the subject of."""
    return not re.match(r"\s+[a-z]", match.string[match.end() :][:3]) or match[1][0].isupper()
