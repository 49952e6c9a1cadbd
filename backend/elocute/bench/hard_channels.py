"""How speech reaches a microphone where it costs the most: loudspeakers, tapes, music, other voices, echoes.

Phone times stay exact: where a tape runs unevenly they run with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from elocute.audio.speech_features import SAMPLE_RATE
from elocute.bench.generated_sounds import MUSIC, wind
from elocute.corpus.noises import background
from elocute.corpus.utterance import Utterance
from elocute.corpus.voice_change import VoiceChange, changed_voice

Samples = NDArray[np.float64]

_OTHER_VOICE: Final = VoiceChange(1.0, 0.85, 0.7, 1.0)
_SLAPS: Final = ((0.18, 0.4), (0.33, 0.25), (0.52, 0.15))
"""Seconds and gain of the echoes of an outdoor loudspeaker, from walls."""
_WOW: Final = (0.6, 0.02)
_FLUTTER: Final = (9.0, 0.003)
"""Hertz and share of speed by which an old tape runs unevenly."""


def below(speech: Samples, other: Samples, decibels: float) -> Samples:
    """Speech with something that many dB below it."""
    level = float(np.sqrt(np.square(speech).mean())) * 10.0 ** (-decibels / 20.0)
    part = other[: len(speech)]
    return np.asarray(speech + level * part / max(float(np.sqrt(np.square(part).mean())), 1e-9))


def telephone_band(samples: Samples) -> Samples:
    """300 to 3400 Hz in the 8 bits of mu-law (ITU-T G.711)."""
    sound = _band(samples, 300.0, 3400.0, 3)
    sound /= max(float(np.abs(sound).max()), 1e-9)
    coded = np.round(np.sign(sound) * np.log1p(255.0 * np.abs(sound)) / np.log(256.0) * 127.0) / 127.0
    return np.asarray(np.sign(coded) * np.expm1(np.abs(coded) * np.log(256.0)) / 255.0)


def conversation(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """A telephone with another voice on the line, 12 dB below, and a little noise."""
    speech = utterance.samples.astype(np.float64)
    both = below(speech, _other_voice(utterance), 12.0)
    return _with(utterance, telephone_band(below(both, background(rng, "pink", len(speech), ()), 25.0)))


def babble(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """Several voices 10 dB below: the same speaker and a deeper one, each from a place of its own."""
    speech = utterance.samples.astype(np.float64)
    voices = [utterance.samples, _other_voice(utterance).astype(np.float32)]
    return _with(utterance, below(speech, background(rng, "babble", len(speech), voices), 10.0))


def music(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """Music of one generated kind after the other, 5 dB below."""
    speech = utterance.samples.astype(np.float64)
    kind = sorted(MUSIC)[int(rng.integers(len(MUSIC)))]
    return _with(utterance, below(speech, MUSIC[kind](rng, len(speech)), 5.0))


def loudspeaker(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """A horn outdoors: 400 to 4500 Hz with two resonances, overdriven, echoes of walls, wind."""
    speech = _band(utterance.samples.astype(np.float64), 400.0, 4500.0, 2)
    horn = speech + 1.5 * _band(speech, 1100.0, 1400.0, 1) + _band(speech, 2600.0, 3100.0, 1)
    loud = float(np.percentile(np.abs(horn), 98.0))
    driven = np.tanh(1.5 * horn / max(loud, 1e-9))
    sound = driven.copy()
    for seconds, gain in _SLAPS:
        late = round(seconds * SAMPLE_RATE)
        sound[late:] += gain * _band(driven[: len(driven) - late], 400.0, 2500.0, 2)
    return _with(utterance, below(below(sound, wind(rng, len(sound)), 15.0), _crowd(rng, len(sound)), 20.0))


def tape(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """A field recording of the 1960s: 120 to 5500 Hz, wow and flutter, saturation, hiss, hum, dropouts."""
    count = len(utterance.samples)
    clock = np.arange(count) / SAMPLE_RATE
    speed = 1.0 + sum(
        share * np.sin(2 * np.pi * (hertz * clock + rng.random())) for hertz, share in (_WOW, _FLUTTER)
    )
    played = np.concatenate([[0.0], np.cumsum(speed)[:-1]]) / SAMPLE_RATE  # where the tape is at each moment
    played *= clock[-1] / max(played[-1], 1e-9)
    sound = np.interp(played, clock, _band(utterance.samples.astype(np.float64), 120.0, 5500.0, 2))
    loud = float(np.percentile(np.abs(sound), 98.0))
    sound = np.tanh(sound / max(loud, 1e-9))
    for start in rng.integers(0, max(count - 1000, 1), size=max(count // (2 * SAMPLE_RATE), 1)):
        sound[start : start + 800] *= 0.3
    hissing = below(sound, background(rng, "white", count, ()), 20.0)
    made = below(hissing, np.sin(2 * np.pi * 50.0 * clock) + 0.5 * np.sin(2 * np.pi * 150.0 * clock), 25.0)
    ends = np.interp([phone.end for phone in utterance.phones], played, clock)
    ends[-1] = utterance.phones[-1].end
    starts = [0.0, *ends[:-1]]
    moved = [
        replace(phone, start=float(start), end=float(end))
        for phone, start, end in zip(utterance.phones, starts, ends, strict=True)
    ]
    return Utterance(np.asarray(made, np.float32), tuple(moved))


def hall(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """Reverberation of 1.5 s, half as loud as the direct sound."""
    return _with(utterance, reverberated(utterance.samples.astype(np.float64), rng, 1.5, 0.7))


def reverberated(samples: Samples, rng: np.random.Generator, seconds: float, gain: float) -> Samples:
    """Sound with an exponential tail that falls by 60 dB in ``seconds``, ``gain`` times its amplitude."""
    count = round(seconds * SAMPLE_RATE)
    tail = rng.standard_normal(count) * 10.0 ** (-3.0 * np.arange(count) / count)
    tail[: round(0.005 * SAMPLE_RATE)] = 0.0
    tail *= gain / float(np.sqrt(np.square(tail).sum()))
    return np.asarray(samples + scipy.signal.fftconvolve(samples, tail)[: len(samples)])


def _other_voice(utterance: Utterance) -> Samples:
    """The same recording as a deeper voice, from its middle on."""
    samples = changed_voice(utterance, _OTHER_VOICE).samples.astype(np.float64)
    return np.roll(samples, round(0.55 * len(samples)))


def _crowd(rng: np.random.Generator, count: int) -> Samples:
    return _band(background(rng, "pink", count, ()), 200.0, 2000.0, 1)


def _band(samples: Samples, low: float, high: float, order: int) -> Samples:
    """Forwards and backwards, so that nothing is late."""
    sections = scipy.signal.butter(order, [low, high], "bandpass", fs=SAMPLE_RATE, output="sos")
    return np.asarray(scipy.signal.sosfiltfilt(sections, samples))


def _with(utterance: Utterance, samples: Samples) -> Utterance:
    return Utterance(np.asarray(samples, np.float32), utterance.phones)
