"""Voices that cost the most, made of ordinary ones: small children, shouting, singing, whispering, haste.

Phone times stay exact: what is drawn out is drawn out by a known amount.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import parselmouth
from numpy.typing import NDArray
from parselmouth.praat import call

from elocute.audio.phone import SILENCE, Phone
from elocute.audio.phone_classes import VOWELS
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.bench.generated_sounds import whispered as whisper_of
from elocute.corpus.utterance import Utterance
from elocute.corpus.voice_change import VoiceChange, changed_voice

Samples = NDArray[np.float64]
_PITCH: Final = (65.0, 500.0)
_EDGE: Final = 0.002
_NOTE_SECONDS: Final = 0.4
_VIBRATO: Final = (5.5, 0.02)
_NOTES: Final = (220.0, 262.0, 294.0, 330.0, 294.0, 247.0)


def small_child(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """About six years old: a third smaller, more than twice as high, slower."""
    return changed_voice(drawn_out(utterance, lambda label: 1.15), VoiceChange(1.0, 1.35, 2.4, 1.3))


def shouted(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """Acted at the top of the voice: higher, twice the range, vowels drawn out and overdriven."""
    longer = drawn_out(utterance, lambda label: 1.3 if label in VOWELS else 1.0)
    high = changed_voice(longer, VoiceChange(1.0, 1.05, 1.6, 2.0)).samples.astype(np.float64)
    bright = high + 1.5 * np.diff(high, prepend=0.0)
    loud = float(np.percentile(np.abs(bright), 95.0))
    return Utterance(np.asarray(np.tanh(bright / max(loud, 1e-9)), np.float32), longer.phones)


def sung(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """Vowels twice as long, on notes of 0.4 s with vibrato."""
    longer = drawn_out(utterance, lambda label: 2.0 if label in VOWELS else 1.1)
    sound = _sound(longer.samples)
    manipulation = call(sound, "To Manipulation", 0.01, *_PITCH)
    tier = call("Create PitchTier", "notes", 0.0, sound.duration)
    for time in np.arange(0.0, sound.duration, 0.01).tolist():
        note = _NOTES[int(time / _NOTE_SECONDS) % len(_NOTES)]
        hertz, depth = _VIBRATO
        call(tier, "Add point", time, note * (1.0 + depth * np.sin(2 * np.pi * hertz * time)))
    call([tier, manipulation], "Replace pitch tier")
    return Utterance(_resynthesis(manipulation, len(longer.samples)), longer.phones)


def whispered(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """The same formants, excited by noise."""
    made = whisper_of(utterance.samples.astype(np.float64), rng)
    return Utterance(np.asarray(made, np.float32), utterance.phones)


def drawn_out(utterance: Utterance, factor: Callable[[str], float]) -> Utterance:
    """Each phone so many times as long as ``factor`` says of its label, silence as it is; pitch is kept."""
    factors = [1.0 if phone.label == SILENCE else factor(phone.label) for phone in utterance.phones]
    sound = _sound(utterance.samples)
    manipulation = call(sound, "To Manipulation", 0.01, *_PITCH)
    tier = call("Create DurationTier", "lengths", 0.0, sound.duration)
    for phone, times in zip(utterance.phones, factors, strict=True):
        for time in (phone.start + _EDGE, phone.end - _EDGE):
            call(tier, "Add point", time, times)
    call([tier, manipulation], "Replace duration tier")
    phones = _moved(utterance.phones, factors)
    return Utterance(_resynthesis(manipulation, round(phones[-1].end * SAMPLE_RATE)), phones)


def _moved(phones: Sequence[Phone], factors: Sequence[float]) -> tuple[Phone, ...]:
    found: list[Phone] = []
    for phone, factor in zip(phones, factors, strict=True):
        start = found[-1].end if found else 0.0
        found.append(Phone(phone.label, start, start + factor * phone.duration))
    return tuple(found)


def _sound(samples: NDArray[np.float32]) -> parselmouth.Sound:
    return parselmouth.Sound(samples.astype(np.float64), sampling_frequency=SAMPLE_RATE)


def _resynthesis(manipulation: object, count: int) -> NDArray[np.float32]:
    """So many samples of what Praat makes of it."""
    values = np.asarray(call(manipulation, "Get resynthesis (overlap-add)").values[0], np.float32)[:count]
    samples = np.zeros(count, np.float32)
    samples[: len(values)] = values
    return samples
