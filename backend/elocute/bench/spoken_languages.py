"""Sentences in ten languages, spoken by festival's voices with the phones that festival chose for them.

festival's voices read with rules of their own, not those of the packages that read transcripts here. Spanish
has no such voice: its phones were written by hand and are spoken by the Italian one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from elocute.audio.decode import load_audio
from elocute.audio.phone import SILENCE, Phone
from elocute.bench.phone_accuracy import SpokenLine
from elocute.storage.leftovers import temporary_folder

_SECONDS: Final = 60.0
_SEGMENT: Final = re.compile(r"^phone (\S+) ([\d.]+)$", re.MULTILINE)


@dataclass(frozen=True)
class SpokenLanguage:
    """A language and the voice that speaks it.

    Attributes:
        code: ISO 639-1.
        voice: festival's name.
        package: of Debian, that holds the voice and its rules.
        encoding: in which the voice reads.
        texts: sentences.
        phones: of each sentence, written by hand; empty where the voice reads by its own rules.
    """

    code: str
    voice: str
    package: str
    encoding: str
    texts: tuple[str, ...]
    phones: tuple[str, ...] = ()


LANGUAGES: Final = (
    SpokenLanguage(
        "en", "kal_diphone", "festvox-kallpc16k", "ascii",
        (
            "My brother bought a big map and put it above the piano.",
            "Before lunch my mother always buys bread, butter and some apples.",
            "The boy in the blue jumper broke a bottle of milk.",
        ),
    ),
    SpokenLanguage(
        "it", "lp_diphone", "festvox-italp16k", "iso-8859-15",
        (
            "Il bambino mette la mappa sopra la scatola marrone.",
            "Prima di pranzo mia mamma compra pane, burro e un chilo di mele.",
            "La piccola barca passa piano sotto il ponte.",
        ),
    ),
    SpokenLanguage(
        "es", "lp_diphone", "festvox-italp16k", "iso-8859-15",
        (
            "Mi padre compra pan, mantequilla y un melón.",
            "El pequeño barco pasa por debajo del puente.",
            "Mamá me manda un mapa grande.",
        ),
        (
            "m i p a1 d r e k o1 m p r a p a1 n # m a n t e k i1 L a i u n m e l o1 n",
            "e l p e k e1 J o b a1 r k o p a1 s a p o r d e b a1 k o d e l p w e1 n t e",
            "m a m a1 m e m a1 n d a u n m a1 p a g r a1 n d e",
        ),
    ),
    SpokenLanguage(
        "ca", "upc_ca_ona_hts", "festvox-ca-ona-hts", "iso-8859-15",
        (
            "La mare compra pa i mantega abans de dinar.",
            "Posa el mapa damunt de la capsa marró, si us plau.",
            "La mama porta un plat de sopa i pomes.",
        ),
    ),
    SpokenLanguage(
        "cs", "czech_dita", "festvox-czech-dita", "iso-8859-2",
        (
            "Prosím, dej moji mapu na velkou hnědou bednu.",
            "Máma koupila před obědem chleba, máslo a pivo.",
            "Malý chlapec běží podél potoka k babičce.",
        ),
    ),
    SpokenLanguage(
        "fi", "suo_fi_lj_diphone", "festvox-suopuhe-lj", "iso-8859-15",
        (
            "Poika pani kartan minun pöydälleni ennen aamupalaa.",
            "Meidän mummo maalaa pienen mökin punaiseksi.",
            "Pappa ampui pimeässä metsässä hopeisen pupun.",
        ),
    ),
    SpokenLanguage(
        "ru", "msu_ru_nsh_clunits", "festvox-ru", "utf-8",
        (
            "Мама купила хлеб и масло перед обедом.",
            "Мальчик положил мою карту на большую коробку.",
            "Бабушка поставила на стол банку малины.",
        ),
    ),
    SpokenLanguage(
        "hi", "hindi_NSK_diphone", "festvox-hi-nsk festival-hi", "utf-8",
        (
            "मेरी माँ बाज़ार में आम और पपीता खरीदती है।",
            "बच्चा पानी पीकर बाहर भाग गया।",
            "मेरा भाई बड़ा मकान बनाता है।",
        ),
    ),
    SpokenLanguage(
        "mr", "marathi_NSK_diphone", "festvox-mr-nsk festival-mr", "utf-8",
        (
            "माझी आई बाजारात आंबा आणि पपई विकत घेते।",
            "मुलगा पाणी पिऊन बाहेर पळाला।",
            "बाबा मला मोठी बाग दाखवतात।",
        ),
    ),
    SpokenLanguage(
        "te", "telugu_NSK_diphone", "festvox-te-nsk festival-te", "utf-8",
        (
            "మా అమ్మ బజారులో మామిడి పండ్లు కొన్నది.",
            "పాప పాలు తాగి బడికి పోయింది.",
            "మా బావ పెద్ద భవనం కట్టాడు.",
        ),
    ),
)  # fmt: skip

_SILENCES: Final = frozenset({"#", "pau", "_", "h#"})
_LIPS: Final = MappingProxyType(
    dict.fromkeys(("p", "pp", "ph"), "P") | dict.fromkeys(("b", "bb", "bh"), "B")
    | dict.fromkeys(("m", "mm"), "M") | dict.fromkeys(("f", "ff"), "F") | dict.fromkeys(("v", "vv"), "V")
    | dict.fromkeys(("a", "aa", "A"), "AA") | dict.fromkeys(("e", "ee", "eh", "E", "ae"), "EH")
    | dict.fromkeys(("i", "ii", "iy", "ih", "I"), "IY")
    | dict.fromkeys(("o", "oo", "oh", "O", "aw", "ow"), "OW")
    | dict.fromkeys(("u", "uu", "uh", "ur", "uw", "ou", "y", "7"), "UW")
    | dict.fromkeys(("ax", "ay", "@", "ah"), "AH")
    | dict.fromkeys(("t", "tt", "th", "T", "D", "d", "dd", "dh"), "T")
    | dict.fromkeys(("k", "kk", "kh", "g", "gg", "gh", "x", "q", "c"), "K")
    | dict.fromkeys(("n", "nn", "N", "n~", "J", "ng", "nj"), "N") | dict.fromkeys(("l", "ll", "L", "lj"), "L")
    | dict.fromkeys(("r", "rr", "r~"), "R") | dict.fromkeys(("s", "ss", "z", "zz", "ts", "dz"), "S")
    | dict.fromkeys(("S", "sh", "s~", "z~", "zh", "ch", "j~", "jh", "tS", "dZ", "c~", "sch"), "SH")
    | dict.fromkeys(("t~", "d~"), "SH")
    | dict.fromkeys(("j", "jj"), "Y") | dict.fromkeys(("w",), "W") | dict.fromkeys(("h", "hh"), "HH")
)  # fmt: skip
"""An ARPAbet phone with the lips of a voice's phone, by its name without stress, length and the like."""


def spoken_lines(language: SpokenLanguage) -> Iterator[SpokenLine]:
    """The sentences of a language as festival says them, with lips in place of phones.

    Raises:
        RuntimeError: festival, or the voice, is not installed, or it failed.
    """
    program = shutil.which("festival")
    if program is None:
        raise RuntimeError("festival is not installed")
    for number, text in enumerate(language.texts):
        with temporary_folder(label="said") as folder:
            wave = folder / "said.wav"
            script = _script(language, number, wave).encode(language.encoding)
            done = subprocess.run(  # noqa: S603 a fixed program, no shell
                [program, "--pipe"], input=script, capture_output=True, timeout=_SECONDS, check=False
            )
            ends = _SEGMENT.findall(done.stdout.decode("latin-1"))
            if not ends or not wave.exists():
                raise RuntimeError(f"festival cannot speak {language.code}; it needs {language.package}")
            samples = load_audio(wave).samples
        yield SpokenLine(samples, _lips(ends, len(samples) / 16000.0), text, f"festival {language.voice}")


def _script(language: SpokenLanguage, number: int, wave: Path) -> str:
    if language.phones:
        made = f"(set! said (utt.synth (Utterance Phones ({language.phones[number]}))))"
    else:
        made = f'(set! said (utt.synth (Utterance Text "{language.texts[number]}")))'
    return (
        f'(voice_{language.voice})\n{made}\n(utt.save.wave said "{wave}")\n'
        '(mapcar (lambda (s) (format t "phone %s %f\\n" (item.name s) (item.feat s "end")))'
        " (utt.relation.items said 'Segment))\n"
    )


def _lips(ends: list[tuple[str, str]], seconds: float) -> tuple[Phone, ...]:
    phones: list[Phone] = []
    for name, end in ends:
        start = phones[-1].end if phones else 0.0
        until = min(float(end), seconds)
        if until > start:
            phones.append(Phone(label_of(name), start, until))
    if phones and phones[-1].end < seconds:
        phones.append(Phone(SILENCE, phones[-1].end, seconds))
    return tuple(phones)


def label_of(name: str) -> str:
    """ARPAbet phone with the lips of a voice's phone; sounds that are not in the table count as open."""
    if name in _SILENCES:
        return SILENCE
    bare = re.sub(r"[0-6:*]", "", name)
    return _LIPS.get(name) or _LIPS.get(bare) or _LIPS.get(bare.rstrip("~")) or "AH"
