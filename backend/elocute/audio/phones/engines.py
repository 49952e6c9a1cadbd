"""Which recogniser of phones there is: the one table.

The first that runs here is used. Where only pocketsphinx runs, English words are aligned and recognised
by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from elocute.audio.phones.posteriors import PhoneRecogniser


@dataclass(frozen=True)
class RecogniserKind:
    """A recogniser of phones.

    Attributes:
        name: of its package.
        load: gives the one of this process.
    """

    name: str
    load: Callable[[], PhoneRecogniser]


def _hama() -> PhoneRecogniser:
    from elocute.audio.phones.hama_recogniser import hama_recogniser

    return hama_recogniser()


RECOGNISERS: Final = (RecogniserKind("hama", _hama),)
POCKETSPHINX: Final = "pocketsphinx"
_PACKAGES: Final = (
    "hama",
    "pocketsphinx",
    "moonshine_voice",
    "onnxruntime",
    "espyak",
    "pypinyin",
    "pykakasi",
)


@dataclass(frozen=True)
class ChosenRecogniser:
    """What hears phones.

    Attributes:
        recogniser: None where only pocketsphinx is left.
        note: a sentence for the user where it is not the best there is, else empty.
        makeshift: a better one is installed, and may be usable another time.
    """

    recogniser: PhoneRecogniser | None
    note: str
    makeshift: bool = False


def choose_recogniser(kinds: tuple[RecogniserKind, ...] = RECOGNISERS) -> ChosenRecogniser:
    """The first of ``kinds`` that can be loaded."""
    reasons: list[str] = []
    makeshift = False
    for kind in kinds:
        try:
            return ChosenRecogniser(kind.load(), "")
        except (ImportError, OSError) as error:
            missing = isinstance(error, ModuleNotFoundError)
            makeshift = makeshift or not missing
            reasons.append(kind.name if missing else f"{kind.name} ({error})")
    name = ", ".join(reasons)
    if not pocketsphinx_is_installed():
        note = (
            f"Neither the phone recogniser {name} nor {POCKETSPHINX} can be used here, so lips follow the "
            "sound without phones. Install one of them."
        )
        return ChosenRecogniser(None, note, makeshift)
    note = (
        f"The phone recogniser {name} cannot be used here, so {POCKETSPHINX} hears the phones, less surely "
        "in noise and in English only."
    )
    return ChosenRecogniser(None, note, makeshift)


def pocketsphinx_is_installed() -> bool:
    """Whether there is anything to start a phone process with; imports nothing."""
    return find_spec(POCKETSPHINX) is not None


def engines_installed() -> tuple[str, ...]:
    """Names of the packages that decide what is heard, as far as they are installed; imports none of them."""
    return tuple(name for name in _PACKAGES if find_spec(name) is not None)
