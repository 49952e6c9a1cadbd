"""What is asked of the phone front end, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from elocute.audio.languages import AUTO, check_language, find_language
from elocute.audio.phone import Phone, Word
from elocute.errors import SettingsError

PhoneMode = Literal["auto", "allphone", "off"]
AUTO_WORDS = "auto"
"""The recogniser of words that is installed and understands the language."""
NO_WORDS = "none"


@dataclass(frozen=True)
class PhoneSettings:
    """How to find phones.

    Attributes:
        transcript: what is said, or None or blank where unknown.
        language: ISO 639 code of the speech, or ``auto``: that of the transcript.
        mode: ``auto``, ``allphone`` (sounds only) or ``off``.
        words: what recognises words where there is no transcript: :data:`AUTO_WORDS`, :data:`NO_WORDS`, or
            a Whisper checkpoint, as a folder or an id on the Hugging Face hub.

    Raises:
        SettingsError: a mode or language code that does not exist.
    """

    transcript: str | None = None
    language: str = AUTO
    mode: PhoneMode = "auto"
    words: str = AUTO_WORDS

    def __post_init__(self) -> None:
        if self.mode not in {"auto", "allphone", "off"}:
            raise SettingsError(f"There is no phone mode {self.mode!r}.", "Use auto, allphone or off.")
        check_language(self.language)

    @property
    def english(self) -> bool:
        """True for every kind of English."""
        return self.language.lower() == AUTO or find_language(self.language).code == "en"

    @property
    def known_text(self) -> str | None:
        """The transcript without surrounding space, or None."""
        return (self.transcript or "").strip() or None


@dataclass(frozen=True)
class PhoneResult:
    """Phones of a recording; the fields are those of ``SpeechFeatures``.

    Attributes:
        makeshift: something went wrong on the way that need not happen again, so this is not to be kept.
    """

    phones: tuple[Phone, ...] | None
    words: tuple[Word, ...]
    source: str
    transcript: str | None
    notes: tuple[str, ...]
    makeshift: bool = False


def clock(seconds: float) -> str:
    """65.2 -> ``1:05``."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
