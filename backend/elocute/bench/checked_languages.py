"""Sentences in further languages, spoken by espeak-ng, whose lip closures were written down by hand.

espeak-ng reads by the rules that the package has that reads transcripts here, so what it says is held against
the closures that a sentence has in its language: a line in which it shuts the lips elsewhere is refused.
Vowels and other consonants are espeak-ng's reading, and circular in that. English in a foreign accent is not
circular at all: it is read by the rules of one language and looked for by those of another.
"""

# ruff: noqa: RUF001 - other alphabets on purpose

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

import soxr

from elocute.audio.phone_classes import BILABIALS
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.bench.phone_accuracy import SpokenLine
from elocute.corpus.espeak import Espeak
from elocute.corpus.spoken import Manner, Voice
from elocute.errors import UserError

CHECKED: Final = MappingProxyType(
    {
        "de": (
            ("Meine Mutter bäckt am Abend braunes Brot.", "MMBMBBB"),
            ("Der Pilot möchte bitte ein paar Äpfel probieren.", "PMBPPPB"),
            ("Im Sommer spielt mein Bruder mit dem Ball.", "MMPMBMMB"),
        ),
        "fr": (
            ("Ma mère prépare un bon repas pour la famille.", "MMPPBPPM"),
            ("Le petit garçon porte une pomme dans sa poche.", "PPPMP"),
            ("Beaucoup de monde passe par le pont.", "BMPPP"),
        ),
        "pt": (
            ("A minha mãe prepara pão para a família.", "MMPPPPM"),
            ("O Pedro bebe um copo de água na praia.", "PBBPP"),
            ("Aquele barco bonito passou por baixo da ponte.", "BBPPBP"),
        ),
        "pl": (
            ("Moja mama kupiła białą bluzkę.", "MMMPBB"),
            ("Pan Piotr pije dobrą kawę po pracy.", "PPPBPP"),
            ("Pies biega po małym podwórku.", "PBPMMP"),
        ),
        "nl": (
            ("Mijn moeder bakt morgen bruin brood.", "MMBMBB"),
            ("De bakker brengt een paar bonen.", "BBPB"),
            ("Peter speelt met de bal in het park.", "PPMBP"),
        ),
        "sv": (
            ("Min mamma bakar gott bröd på morgonen.", "MMMBBPM"),
            ("Pojken spelar boll med sin bror.", "PPBMB"),
            ("Barnen plockar blommor i parken.", "BPBMP"),
        ),
        "tr": (
            ("Babam bana büyük bir top aldı.", "BBMBBBP"),
            ("Annem mutfakta pilav pişiriyor.", "MMPP"),
            ("Küçük bebek pembe masada.", "BBPMBM"),
        ),
        "ja": (
            ("ママはまいあさパンをたべます。", "MMMPBM"),
            ("ぼくのともだちはピアノをひきます。", "BMPM"),
            ("このぼうしはとてもべんりです。", "BMB"),
        ),
        "hu": (
            ("Anyám minden reggel friss kenyeret és almát vesz a piacon.", "MMMP"),
            ("A bátyám a barátjával pingpongozik a parkban.", "BMBPPPB"),
            ("Mama finom meggyes pitét süt ma.", "MMMMPM"),
        ),
        "id": (
            ("Ibu membeli pisang dan bumbu di pasar.", "BMMBPBMBP"),
            ("Bapak saya membuka pintu rumah.", "BPMMBPM"),
            ("Paman minum kopi pagi ini.", "PMMMPP"),
        ),
        "zh": (
            ("妈妈买面包和苹果。", "MMMMPP"),
            ("爸爸跑步不怕慢。", "PPPPPPM"),
            ("我朋友明天把票卖给别人。", "PMPPMP"),
        ),
    }
)
"""Code of a language -> sentences with the closures in them. The B of pinyin is a P without breath."""
_VOICES: Final = MappingProxyType({"zh": "cmn-latn-pinyin"})
"""Voices that are not called after their language."""
_PINYIN: Final = MappingProxyType(
    {
        "妈妈买面包和苹果。": "ma1 ma5 mai3 mian4 bao1 he2 ping2 guo3.",
        "爸爸跑步不怕慢。": "ba4 ba5 pao3 bu4 bu2 pa4 man4.",
        "我朋友明天把票卖给别人。": "wo3 peng2 you5 ming2 tian1 ba3 piao4 mai4 gei3 bie2 ren2.",
    }
)
"""What espeak-ng is given in place of a sentence in characters: syllables written by hand, so that Mandarin
is not circular."""


ACCENTS: Final = ("de", "fr", "es", "it", "pl", "nl", "sv", "tr", "hi", "pt")
"""Languages by whose rules, and with whose sounds, English is read: people who have not learnt it well."""
_ENGLISH: Final = (
    "My brother bought a big map and put it above the piano.",
    "Before lunch my mother always buys bread, butter and some apples.",
    "Please move the blue bottle from the table to the top of the box.",
)


def accented_lines(code: str) -> Iterator[SpokenLine]:
    """English sentences as the voice of another language reads them, with the phones that it says.

    Raises:
        UserError: espeak-ng is not installed.
    """
    engine = Espeak()
    return (_line(engine, code, text)[1] for text in _ENGLISH)


def checked_lines(code: str) -> Iterator[SpokenLine]:
    """The sentences of a language.

    Raises:
        UserError: espeak-ng is not installed, or says other closures than the sentence has.
    """
    engine = Espeak()
    for text, closures in CHECKED[code]:
        said, line = _line(engine, code, text)
        if said != closures:
            raise UserError(f"espeak-ng says {text!r} with the closures {said} instead of {closures}.")
        yield line


def _line(engine: Espeak, code: str, text: str) -> tuple[str, SpokenLine]:
    """The closures that a voice makes, and the sentence as it says it."""
    voice = Voice("espeak", _VOICES.get(code, code), code)
    spoken = engine.say(_PINYIN.get(text, text), voice, Manner())
    said = "".join(phone.label for phone in spoken.phones if phone.label in BILABIALS)
    samples = soxr.resample(spoken.samples, spoken.rate, SAMPLE_RATE)
    return said, SpokenLine(samples.astype("float32"), spoken.phones, text, f"espeak-ng {code}")
