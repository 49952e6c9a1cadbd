"""How right the phones are that the front end finds, in sound as it is and in sound that is spoiled."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from elocute.audio.decode import Audio
from elocute.audio.phone import SILENCE, Phone
from elocute.audio.phone_classes import BILABIALS
from elocute.audio.phones.finder import PhoneSettings, find_phones
from elocute.audio.phones.lips_of_symbols import lip_class
from elocute.audio.speech_features import FPS, SAMPLE_RATE

Samples = NDArray[np.float32]

TOLERANCE: Final = 0.04
"""Seconds within which a closure counts as found."""
_TELEPHONE_HZ: Final = (300.0, 3400.0)
_NOISE_DB: Final = 10.0


def as_it_is(samples: Samples) -> Samples:
    """Nothing is done."""
    return samples


def in_pink_noise(samples: Samples) -> Samples:
    """Pink noise 10 dB below the speech, always the same."""
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(len(samples)))
    frequency = np.fft.rfftfreq(len(samples), 1.0 / SAMPLE_RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 20.0)), len(samples))
    ratio = np.sqrt(np.mean(np.square(samples)) / np.mean(np.square(noise))) * 10.0 ** (-_NOISE_DB / 20.0)
    return _within_range(samples + ratio * noise)


def over_the_telephone(samples: Samples) -> Samples:
    """300 to 3400 Hz, µ-law in 8 bits."""
    band = scipy.signal.butter(6, _TELEPHONE_HZ, "bandpass", fs=SAMPLE_RATE, output="sos")
    sound = scipy.signal.sosfiltfilt(band, samples)
    sound = sound / max(float(np.abs(sound).max()), 1e-9)
    pressed = np.round(np.sign(sound) * np.log1p(255.0 * np.abs(sound)) / np.log(256.0) * 127.0) / 127.0
    return _within_range(np.sign(pressed) * np.expm1(np.abs(pressed) * np.log(256.0)) / 255.0)


SPOILED: Final[Mapping[str, Callable[[Samples], Samples]]] = MappingProxyType(
    {"clean": as_it_is, "pink noise 10 dB": in_pink_noise, "telephone": over_the_telephone}
)
Mode = Callable[[str], PhoneSettings]
"""What is asked for, with a text that may be told."""

MODES: Final[Mapping[str, Mode]] = MappingProxyType(
    {
        "transcript": lambda text: PhoneSettings(transcript=text),
        "recognised words": lambda text: PhoneSettings(),
        "sounds alone": lambda text: PhoneSettings(words="none"),
    }
)


@dataclass(frozen=True)
class SpokenLine:
    """A recording with its phones, and where those come from."""

    samples: Samples
    phones: tuple[Phone, ...]
    text: str
    reference: str


@dataclass(frozen=True)
class PhoneScore:
    """How right phones are.

    Attributes:
        phones: share of 25 frames a second with the right phone.
        lips: share with a phone of the right lips.
        closures: P, B and M there are.
        found: of them within :data:`TOLERANCE`.
        invented: closures where none is.
        onset: mean distance of the onsets of closures found, seconds; None without any.
        seconds: of sound.
        processor: processor seconds of this process.
    """

    phones: float
    lips: float
    closures: int
    found: int
    invented: int
    onset: float | None
    seconds: float
    processor: float

    @property
    def invented_a_minute(self) -> float:
        """False closures in a minute of sound."""
        return self.invented * 60.0 / self.seconds


def score_lines(
    lines: Sequence[SpokenLine],
    spoil: Callable[[Samples], Samples],
    settings: Callable[[str], PhoneSettings],
) -> PhoneScore:
    """Find the phones of ``lines`` and compare them with the reference; all lines as one."""

    def hear(line: SpokenLine, samples: Samples) -> Sequence[Phone]:
        audio = Audio(samples, len(samples) / SAMPLE_RATE, SAMPLE_RATE, 1, "")
        return find_phones(audio, settings(line.text)).phones or ()

    return _score(lines, spoil, hear)


def score_spread_evenly(lines: Sequence[SpokenLine]) -> PhoneScore:
    """What guessing gives that knows what is said but not when: the right phones, all of one length."""

    def guess(line: SpokenLine, samples: Samples) -> Sequence[Phone]:
        said = [phone.label for phone in line.phones if phone.label != SILENCE]
        step = len(samples) / SAMPLE_RATE / max(len(said), 1)
        return [Phone(label, place * step, (place + 1) * step) for place, label in enumerate(said)]

    return _score(lines, as_it_is, guess)


def _score(
    lines: Sequence[SpokenLine],
    spoil: Callable[[Samples], Samples],
    hear: Callable[[SpokenLine, Samples], Sequence[Phone]],
) -> PhoneScore:
    right = alike = frames = closures = found = invented = 0
    onsets: list[float] = []
    seconds = processor = 0.0
    for line in lines:
        samples = spoil(line.samples)
        length = len(samples) / SAMPLE_RATE
        before = time.process_time()
        heard = hear(line, samples)
        processor += time.process_time() - before
        times = np.asarray((np.arange(int(length * FPS)) + 0.5) / FPS, np.float64)
        pairs = list(zip(_at(line.phones, times), _at(heard, times), strict=True))
        right += sum(one == other for one, other in pairs)
        alike += sum(_lips(one) == _lips(other) for one, other in pairs)
        frames += len(pairs)
        matched, false = _match(_closures(line.phones), _closures(heard))
        closures += len(_closures(line.phones))
        found += len(matched)
        invented += false
        onsets += matched
        seconds += length
    onset = float(np.mean(np.abs(onsets))) if onsets else None
    return PhoneScore(right / frames, alike / frames, closures, found, invented, onset, seconds, processor)


def _at(phones: Sequence[Phone], times: NDArray[np.float64]) -> list[str]:
    ends = np.array([phone.end for phone in phones])
    places = np.minimum(np.searchsorted(ends, times, side="right"), len(phones) - 1)
    return [phones[int(place)].label for place in places] if len(phones) else [""] * len(times)


def _lips(label: str) -> str:
    return label if label in ("", SILENCE) else lip_class(label)


def _closures(phones: Sequence[Phone]) -> list[Phone]:
    return [phone for phone in phones if phone.label in BILABIALS]


def _match(truth: Sequence[Phone], heard: Sequence[Phone]) -> tuple[list[float], int]:
    """Seconds by which the onset of each closure found is late, and how many belong to none."""
    free = list(heard)
    late: list[float] = []
    for one in truth:
        near = [
            other for other in free if max(other.start - one.end, one.start - other.end, 0.0) <= TOLERANCE
        ]
        if near:
            best = min(near, key=lambda other: abs(other.start - one.start))
            free.remove(best)
            late.append(best.start - one.start)
    return late, len(free)


def _within_range(samples: NDArray[np.float64]) -> Samples:
    return (samples / max(float(np.abs(samples).max()), 1e-9) * 0.5).astype(np.float32)
