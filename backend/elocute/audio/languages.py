"""The languages that a recording can be in, and what is known of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from elocute.errors import SettingsError

AUTO: Final = "auto"
"""Stands for a language code where the language is to be found out from the transcript."""
ENGLISH: Final = "en"


@dataclass(frozen=True)
class Language:
    """A language.

    Attributes:
        code: ISO 639-1 where there is one, else ISO 639-3.
        name: in English.
        three: ISO 639-3 code, and that of ISO 639-2/B where it differs, with a space between.
        voice: espyak's name for it, or the script that is read by rules of our own; empty where its text
            cannot be read and only its sound is heard.
        numbers: num2words' name for it; empty where its numbers are left to espyak.
    """

    code: str
    name: str
    three: str
    voice: str = ""
    numbers: str = ""


# code, three letters, espyak's voice, num2words' language, name; "-" where there is none
_TABLE: Final = """
en eng en-us en English
de deu_ger de de German
fr fra_fre fr fr French
es spa es es Spanish
it ita it it Italian
pt por pt-br pt_BR Portuguese
nl nld_dut nl nl Dutch
pl pol pl pl Polish
ja jpn kana ja Japanese
zh zho_chi_cmn pinyin - Chinese (Mandarin)
yue yue - - Cantonese
ko kor ko ko Korean
ru rus ru ru Russian
uk ukr uk uk Ukrainian
be bel be be Belarusian
bg bul bg - Bulgarian
sr srp sr sr Serbian
hr hrv hr - Croatian
bs bos bs - Bosnian
sl slv sl sl Slovenian
mk mkd_mac mk - Macedonian
cs ces_cze cs cs Czech
sk slk_slo sk sk Slovak
sv swe sv sv Swedish
da dan da da Danish
no nor_nob nb no Norwegian
is isl_ice is is Icelandic
fo fao fo - Faroese
fi fin fi fi Finnish
et est et - Estonian
lv lav lv lv Latvian
lt lit lt lt Lithuanian
hu hun hu hu Hungarian
ro ron_rum ro ro Romanian
ca cat ca ca Catalan
eu eus_baq eu - Basque
gl glg - - Galician
an arg an - Aragonese
cy cym_wel cy cy Welsh
ga gle ga - Irish
gd gla gd - Scottish Gaelic
mt mlt mt - Maltese
sq sqi_alb sq - Albanian
el ell_gre el - Greek
tr tur tr tr Turkish
az aze az az Azerbaijani
kk kaz kk kz Kazakh
ky kir ky - Kyrgyz
uz uzb uz - Uzbek
tt tat tt - Tatar
ka kat_geo ka - Georgian
hy hye_arm hy - Armenian
ar ara ar ar Arabic
he heb he he Hebrew
fa fas_per fa fa Persian
ur urd ur - Urdu
hi hin hi - Hindi
bn ben bn bn Bengali
pa pan pa - Punjabi
gu guj gu - Gujarati
mr mar mr - Marathi
ne nep ne - Nepali
ta tam ta - Tamil
te tel te te Telugu
kn kan kn kn Kannada
ml mal ml - Malayalam
si sin si - Sinhala
my mya_bur my - Burmese
th tha - th Thai
vi vie vi vi Vietnamese
id ind id id Indonesian
ms msa_may ms - Malay
tl tgl_fil - - Tagalog
sw swa sw - Swahili
am amh am am Amharic
af afr af - Afrikaans
lb ltz lb - Luxembourgish
eo epo eo eo Esperanto
la lat la - Latin
ht hat ht - Haitian Creole
ku kur ku - Kurdish
qu que qu - Quechua
gn grn gn - Guarani
haw haw haw - Hawaiian
zu zul - - Zulu
xh xho - - Xhosa
yo yor - - Yoruba
ha hau - - Hausa
so som - - Somali
mn mon - - Mongolian
km khm - - Khmer
lo lao - - Lao
"""
_CODE: Final = re.compile(r"([a-zA-Z]{2,3})(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_VARIANTS: Final = {"pt-pt": ("pt", "pt"), "es-419": ("es-419", "es"), "es-mx": ("es-419", "es")}
"""Voice and numbers of regional kinds that differ from their language's."""


def _parse_table() -> tuple[Language, ...]:
    languages: list[Language] = []
    for line in _TABLE.strip().splitlines():
        code, three, voice, numbers, name = line.split(" ", 4)
        known = [field if field != "-" else "" for field in (voice, numbers)]
        languages.append(Language(code, name, three.replace("_", " "), *known))
    return tuple(languages)


LANGUAGES: Final = _parse_table()
"""Every language, English first."""
_BY_CODE: Final = {code: each for each in LANGUAGES for code in (each.code, *each.three.split())} | {
    "nb": next(each for each in LANGUAGES if each.code == "no"),
    "nn": next(each for each in LANGUAGES if each.code == "no"),
}


def find_language(code: str) -> Language:
    """The language of an ISO 639 code, with or without a region (``de``, ``deu``, ``de-AT``, ``pt_BR``).

    Raises:
        SettingsError: there is no such language here; :data:`AUTO` is none either.
    """
    match = _CODE.fullmatch(code)
    language = _BY_CODE.get(match[1].lower()) if match else None
    if language is None:
        raise SettingsError(
            f"{code[:40]!r} is not a language code.", "Use an ISO 639 code such as en, es or sv, or auto."
        )
    voice, numbers = _VARIANTS.get(code.lower().replace("_", "-"), (language.voice, language.numbers))
    return Language(language.code, language.name, language.three, voice, numbers)


def check_language(code: str) -> None:
    """Accept :data:`AUTO` and every code that :func:`find_language` knows.

    Raises:
        SettingsError: any other.
    """
    if code.lower() != AUTO:
        find_language(code)
