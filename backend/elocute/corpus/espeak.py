"""The synthesizer espeak-ng: its library returns samples and phone times through a callback."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE, Phone
from elocute.corpus.ipa import arpabet_of, is_pause
from elocute.corpus.spoken import Manner, Spoken, Voice, completed
from elocute.errors import UserError

_SYNCHRONOUS = 2
_PHONE_EVENTS_IN_IPA = 1 | 2
_PHONE_EVENT = 7
_LIST_ENDED = 0
_UTF8 = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_WORDS_PER_MINUTE = 165.0
_SLOWEST, _FASTEST = 80, 400
_SHORTEST_PAUSE = 0.06
"""Seconds under which a pause is part of the phone before it (as of one vowel giving way to the next)."""


class _Identity(ctypes.Union):
    _fields_: ClassVar = [
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    ]


class _Event(ctypes.Structure):
    _fields_: ClassVar = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Espeak:
    """All voices of espeak-ng by file name, with ``+variant`` (``en-us+f3``, ``fr``); one in a process.

    The pitch that is asked for is a difference from the voice's own of about 100 Hz.

    Raises:
        UserError: espeak-ng is not installed (``missing_engine``).
    """

    def __init__(self) -> None:
        try:
            self._library: Any = ctypes.CDLL(ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1")
        except OSError as error:
            raise _missing() from error
        self._rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONE_EVENTS_IN_IPA))
        if self._rate <= 0:
            raise _missing()
        self._pieces: list[NDArray[np.int16]] = []
        self._events: list[tuple[str, float]] = []
        self._callback = _CALLBACK(self._take)  # kept, since the library only holds its address
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, voice: Voice, manner: Manner) -> Spoken:
        """Speak ``text``.

        Raises:
            UserError: espeak-ng has no such voice, or it failed (``engine_failed``).
        """
        self._pieces, self._events = [], []
        if self._library.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise UserError(f"espeak-ng has no voice {voice.name!r}.", code="engine_failed")
        pace = int(np.clip(round(_WORDS_PER_MINUTE / manner.stretch), _SLOWEST, _FASTEST))
        pitch = 50 if manner.pitch_hz is None else round(50 + (manner.pitch_hz - 100.0) / 2.0)
        spread = 50 if manner.pitch_spread_hz is None else round(manner.pitch_spread_hz * 2.5)
        for parameter, value in ((_RATE, pace), (_PITCH, pitch), (_RANGE, spread)):
            low, high = (_SLOWEST, _FASTEST) if parameter == _RATE else (0, 100)
            self._library.espeak_SetParameter(parameter, min(max(value, low), high), 0)
        said = text.encode()
        failed = self._library.espeak_Synth(said, len(said) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        if failed or not self._pieces:
            raise UserError(f"espeak-ng could not synthesize {text!r}.", code="engine_failed")
        samples = np.concatenate(self._pieces).astype(np.float32) / np.float32(32768.0)
        seconds = len(samples) / self._rate
        phones = phones_of_events(self._events, seconds)
        return Spoken(samples, self._rate, completed(phones, seconds, "espeak-ng", text))

    def close(self) -> None:
        """Nothing: the library does not speak again once it has been ended, so it stays with the process."""

    def _take(self, wave: Any, count: int, events: Any) -> int:
        """Called by the library with samples and with what happens in them."""
        if wave and count:
            self._pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
        place = 0
        while events[place].type != _LIST_ENDED:
            if events[place].type == _PHONE_EVENT:
                name = events[place].id.string.decode("utf-8", "ignore")
                self._events.append((name, events[place].audio_position / 1000.0))
            place += 1
        return 0


def phones_of_events(events: list[tuple[str, float]], seconds: float) -> list[Phone]:
    """Contiguous phones from names in IPA and starts; a phone of several sounds is shared out evenly.

    Args:
        events: (name, start in seconds), in order; pauses have an empty name.
        seconds: length of the sound.
    """
    phones: list[Phone] = []
    events = [event for event in events if not event[0].startswith("(")]  # "(en)": a word of another language
    for place, (name, told_start) in enumerate(events):
        start = phones[-1].end if phones else 0.0
        end = min(events[place + 1][1] if place + 1 < len(events) else seconds, seconds)
        if end - start <= 0.0:
            continue
        labels = (SILENCE,) if is_pause(name) else arpabet_of(name)
        brief = is_pause(name) and end - told_start < _SHORTEST_PAUSE
        if phones and (not labels or brief or labels == (phones[-1].label,) == (SILENCE,)):
            phones[-1] = Phone(phones[-1].label, phones[-1].start, end)
            continue
        step = (end - start) / max(len(labels), 1)
        for number, label in enumerate(labels or (SILENCE,)):
            phones.append(Phone(label, start + number * step, start + (number + 1) * step))
        phones[-1] = Phone(phones[-1].label, phones[-1].start, end)
    return phones


def _missing() -> UserError:
    return UserError(
        "The speech synthesizer espeak-ng is not installed.",
        "Install the package espeak-ng, for example with: apt-get install espeak-ng",
        code="missing_engine",
    )
