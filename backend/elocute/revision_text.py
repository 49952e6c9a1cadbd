"""Ranges, parts and pins of a clip that is changed, as people write them in arguments and tables."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from elocute.audio.given_phones import read_given_phones
from elocute.audio.phone import Word
from elocute.audio.segment import Segment
from elocute.errors import SettingsError
from elocute.motion.clip import MotionClip
from elocute.motion.revision import Pin
from elocute.number_text import read_number

_DIGITS: Final = r"(?:\d+(?:\.\d*)?|\.\d+)"
_NUMBER: Final = rf"\s*({_DIGITS})\s*"
_SECONDS: Final = re.compile(rf"{_NUMBER}-{_NUMBER}")
_FRAMES: Final = re.compile(r"\s*(\d{1,8})\s*f\s*-\s*(\d{1,8})\s*f\s*", re.IGNORECASE)
_LIKE_NUMBERS: Final = re.compile(r"(?=.*\d)(?=.*-)[-+\s\d.,:f]{1,64}", re.IGNORECASE)
"""What nobody says, but mistypes for a range of numbers."""
_WHICH: Final = re.compile(r"#\s*(\d{1,4})\s*$")
_PIN: Final = re.compile(rf"\s*([\w.]+)\s*@{_NUMBER}=\s*([-+]?{_DIGITS}(?:[eE][-+]?\d+)?)\s*")
_PIN_FORM: Final = re.compile(r"([^@=]*)@([^@=]*)=([^@=]*)")
_NO_LETTERS: Final = re.compile(r"[\W_]+")
RANGE_FORMS: Final = "2.0-3.6 in seconds, 50f-90f in frames of the clip, or some of its words"


@dataclass(frozen=True)
class RangeText:
    """A range as somebody wrote it.

    Attributes:
        text: seconds (``2.0-3.6``), frames of the clip from 0 on (``50f-90f``), or words that follow each
            other (``big maps``, the second time that they are said ``big maps #2``).
    """

    text: str

    def seconds(self, clip: bytes, words: Sequence[Word]) -> tuple[float, float]:
        """First and last second.

        Args:
            clip: content of the clip that is changed; frames are its own.
            words: what is said in it, as far as that is known.

        Raises:
            InputError: frames are meant and the clip cannot be read.
            SettingsError: it is no range, the last frame is before the first, words are meant that are not
                said, or nobody told what is said.
        """
        if match := _SECONDS.fullmatch(self.text):
            return float(match[1]), float(match[2])
        if match := _FRAMES.fullmatch(self.text):
            if int(match[1]) > int(match[2]):
                raise _no_range(self.text)
            fps = MotionClip.load(clip).fps
            # Half a frame to each side, so that one frame is a range too.
            return max((int(match[1]) - 0.5) / fps, 0.0), (int(match[2]) + 0.5) / fps
        if _LIKE_NUMBERS.fullmatch(self.text):
            raise _no_range(self.text)
        return _of_words(self.text, words)


def given_words(given: bytes | None, segment: Segment | None, clip: bytes) -> tuple[Word, ...]:
    """The words of a file of phones, with times that count from the clip's beginning.

    Args:
        given: content of the file; None where there is none.
        segment: the part of the recording that the clip is of.
        clip: content of the clip.

    Raises:
        InputError: the file of phones, or the clip that it takes to understand it, cannot be read.
    """
    if given is None:
        return ()
    told = read_given_phones(given)
    if segment is not None and segment.has_times:
        seconds = MotionClip.load(clip).seconds  # up to a frame more than the part
        if segment.end is not None:
            seconds = min(seconds, segment.end - segment.start)
        told = told.of_part(segment.start, seconds)
    return told.words


def read_pin(text: str) -> Pin:
    """A number that is met, as ``mouthSmileLeft@2.4=0.6``.

    Raises:
        ValueError: it is not of that form.
    """
    match = _PIN.fullmatch(text)
    if match is not None:
        return match[1], float(match[2]), float(match[3])
    told = _PIN_FORM.fullmatch(text)
    if told is None or not told[1].strip():
        raise ValueError(f"{text!r} is not of the form NAME@SECONDS=VALUE, as mouthSmileLeft@2.4=0.6")
    for what, word in (("second", told[2]), ("value", told[3])):
        if (why := _no_number(word, negative=what == "value")) is not None:
            raise ValueError(f"the {what} of the pin {text!r} is none: {why}")
    raise ValueError(f"{told[1].strip()!r} in the pin {text!r} is no name of a number")


def _no_number(word: str, *, negative: bool) -> str | None:
    """Why a word is no number that a pin can have, as a clause; None where it is one."""
    try:
        number = read_number(word)
    except ValueError as error:
        return str(error)
    if not math.isfinite(number):
        return f"{word.strip()!r} is not a finite number"
    return f"{word.strip()!r} lies before the beginning" if number < 0 and not negative else None


def divided(text: str, at: str = ";") -> tuple[str, ...]:
    """The parts of a cell of a table, without those that are empty."""
    return tuple(part.strip() for part in text.split(at) if part.strip())


def _of_words(text: str, words: Sequence[Word]) -> tuple[float, float]:
    match = _WHICH.search(text)
    wanted = [plain for one in text[: match and match.start()].split() if (plain := _plain(one))]
    if not wanted:
        raise _no_range(text)
    if not words:
        raise SettingsError(
            f"{text!r} names words, and nothing tells when they are said.",
            "Give the phones and words of the recording too, as elocute phones writes them, or seconds.",
            code="bad_range",
        )
    said = [_plain(word.text) for word in words]
    places = [at for at in range(len(said) - len(wanted) + 1) if said[at : at + len(wanted)] == wanted]
    if not places:
        raise SettingsError(
            f"{' '.join(wanted)!r} is not said in the recording.",
            f"Give words that follow each other there: {_shown(words)}",
            code="bad_range",
        )
    number = int(match[1]) if match else 0
    if number > len(places) or (match and number < 1):
        raise SettingsError(
            f"{' '.join(wanted)!r} is said {_times(len(places))}, not {_times(number)}.",
            f"Give #1 to #{len(places)}." if len(places) > 1 else "Leave the number out.",
            code="bad_range",
        )
    if len(places) > 1 and not match:
        raise SettingsError(
            f"{' '.join(wanted)!r} is said {len(places)} times.",
            f"Say which is meant: {' '.join(wanted)} #1 to #{len(places)}.",
            code="bad_range",
        )
    first = places[max(number, 1) - 1]
    return words[first].start, words[first + len(wanted) - 1].end


def _no_range(text: str) -> SettingsError:
    return SettingsError(
        f"{text!r} is no range.", f"Give it as {RANGE_FORMS}; the first comes first.", code="bad_range"
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _plain(text: str) -> str:
    return _NO_LETTERS.sub("", text.casefold())


def _shown(words: Sequence[Word]) -> str:
    text = " ".join(word.text for word in words[:12])
    return f"{text} ..." if len(words) > 12 else f"{text}."
