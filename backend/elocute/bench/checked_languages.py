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
    }
)
"""Code of a language, which is also its voice -> sentences with the closures in them."""


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
    spoken = engine.say(text, Voice("espeak", code, code), Manner())
    said = "".join(phone.label for phone in spoken.phones if phone.label in BILABIALS)
    samples = soxr.resample(spoken.samples, spoken.rate, SAMPLE_RATE)
    return said, SpokenLine(samples.astype("float32"), spoken.phones, text, f"espeak-ng {code}")
