"""Sounds in which nobody speaks, and manners in which speech may come: all generated, 16 kHz."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import parselmouth
import scipy.linalg
import scipy.signal
from numpy.typing import NDArray
from parselmouth.praat import call

RATE = 16000
Samples = NDArray[np.float64]


def at_level(samples: Samples, level_db: float = -20.0) -> Samples:
    """The sound at an RMS level in dB re full scale."""
    return np.asarray(samples / np.sqrt(np.mean(np.square(samples))) * 10.0 ** (level_db / 20.0))


def coloured(rng: np.random.Generator, count: int, exponent: float) -> Samples:
    """Noise of unit power that falls with frequency to the exponent: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1.0 / RATE)
    return at_level(np.fft.irfft(spectrum / np.maximum(frequency, 20.0) ** (exponent / 2.0), count), 0.0)


def hum(rng: np.random.Generator, count: int) -> Samples:
    time = np.arange(count) / RATE
    base = float(rng.choice([50.0, 60.0, 120.0]))
    tones = sum(np.sin(2 * np.pi * base * n * time + 6 * rng.random()) / n for n in range(1, 12))
    return at_level(np.asarray(tones)) + at_level(coloured(rng, count, 1.0), -40.0)


def sweep(rng: np.random.Generator, count: int) -> Samples:
    time = np.arange(count) / RATE
    return at_level(
        scipy.signal.chirp(time, 30.0, time[-1], 7900.0, "logarithmic") + 1e-3 * rng.standard_normal(count)
    )


def applause(rng: np.random.Generator, count: int) -> Samples:
    sound = 1e-4 * rng.standard_normal(count)
    for _ in range(count // 100):
        start = int(rng.integers(0, count - 500))
        fade = np.exp(-np.arange(480) / RATE * rng.uniform(150.0, 400.0))
        sound[start : start + 480] += rng.uniform(0.2, 1.0) * rng.standard_normal(480) * fade
    return at_level(sound)


def wind(rng: np.random.Generator, count: int) -> Samples:
    gusts = scipy.signal.sosfiltfilt(
        scipy.signal.butter(2, 1.0, fs=100, output="sos"), rng.standard_normal(count // 160 + 400)
    )[100:]
    swell = np.exp(5.0 * np.interp(np.arange(count) / 160.0, np.arange(len(gusts)), gusts))
    low = scipy.signal.sosfilt(
        scipy.signal.butter(2, 600.0, fs=RATE, output="sos"), coloured(rng, count, 1.0)
    )
    return at_level(low * swell)


def clicks(rng: np.random.Generator, count: int) -> Samples:
    sound = 1e-4 * rng.standard_normal(count)
    for start in np.cumsum(rng.uniform(0.05, 0.4, 400)) * RATE:
        if start > count - 700:
            break
        fade = np.exp(-np.arange(640) / RATE * 120.0)
        sound[int(start) : int(start) + 640] += rng.uniform(0.3, 1.0) * rng.standard_normal(640) * fade
    return at_level(sound, -30.0)


def drums(rng: np.random.Generator, count: int) -> Samples:
    sound = 1e-4 * rng.standard_normal(count + RATE)
    length = int(0.3 * RATE)
    time = np.arange(length) / RATE
    kick = np.sin(2 * np.pi * (50.0 * time + 3.3 * (1.0 - np.exp(-30.0 * time)))) * np.exp(-9.0 * time)
    for beat, start in enumerate(range(0, count, int(rng.uniform(0.2, 0.3) * RATE))):
        snare = (rng.standard_normal(length) + np.sin(2 * np.pi * 190.0 * time)) * np.exp(-18.0 * time)
        hat = 0.3 * np.diff(rng.standard_normal(length + 1)) * np.exp(-40.0 * time)
        hit = hat + (kick if beat % 4 == 0 else 0.5 * snare if beat % 4 == 2 else 0.0)
        sound[start : start + length] += hit
    return at_level(sound[:count])


def _organ(rng: np.random.Generator, time: Samples, hertz: float) -> Samples:
    tone = sum(np.sin(2 * np.pi * hertz * n * time + 6 * rng.random()) / n for n in range(1, 9))
    return np.asarray(
        np.asarray(tone) * np.minimum(1.0, time / 0.02) * np.minimum(1.0, (time[-1] - time) / 0.05)
    )


def _piano(_: np.random.Generator, time: Samples, hertz: float) -> Samples:
    tone = sum(np.sin(2 * np.pi * hertz * n * time) / n * np.exp(-1.2 * n * time) for n in range(1, 9))
    return np.asarray(tone) * np.minimum(1.0, time / 0.003) * np.exp(-1.5 * time)


def _plucked(rng: np.random.Generator, time: Samples, hertz: float) -> Samples:
    period = int(RATE / hertz)
    struck = np.zeros(len(time))
    struck[:period] = rng.standard_normal(period)
    return np.asarray(scipy.signal.lfilter([1.0], [1.0, *[0.0] * (period - 1), -0.498, -0.498], struck))


def _music(
    instrument: Callable[[np.random.Generator, Samples, float], Samples], step: float, together: int
) -> Callable[[np.random.Generator, int], Samples]:
    def play(rng: np.random.Generator, count: int) -> Samples:
        sound = np.zeros(count + 4 * RATE)
        scale = np.array([0, 2, 4, 5, 7, 9, 11])
        for start in range(0, count, round(step * RATE)):
            degree = int(rng.integers(0, 7))
            for note in range(together):
                octave, place = divmod(degree + 2 * note, 7)
                hertz = 196.0 * 2.0 ** ((scale[place] + 12 * octave) / 12.0)
                tone = instrument(rng, np.arange(round(step * RATE)) / RATE, hertz)
                sound[start : start + len(tone)] += tone
        return at_level(sound[:count])

    return play


NOISES: dict[str, Callable[[np.random.Generator, int], Samples]] = {
    "white": lambda rng, count: at_level(coloured(rng, count, 0.0)),
    "pink": lambda rng, count: at_level(coloured(rng, count, 1.0)),
    "brown": lambda rng, count: at_level(coloured(rng, count, 2.0)),
    "hum": hum,
    "sweep": sweep,
    "applause": applause,
    "wind": wind,
    "clicks": clicks,
    "drums": drums,
}
MUSIC: dict[str, Callable[[np.random.Generator, int], Samples]] = {
    "organ chords": _music(_organ, 1.0, 3),
    "organ melody": _music(_organ, 0.3, 1),
    "piano chords": _music(_piano, 0.5, 3),
    "piano melody": _music(_piano, 0.25, 1),
    "guitar chords": _music(_plucked, 1.0, 3),
    "guitar melody": _music(_plucked, 0.3, 1),
}


def mixed(speech: Samples, other: Samples, below_db: float) -> Samples:
    """Speech with something else that many dB below it."""
    return at_level(at_level(speech, 0.0) + at_level(other[: len(speech)], -below_db))


def whispered(speech: Samples, rng: np.random.Generator) -> Samples:
    """The same formants (linear prediction of order 18), excited by noise instead of a voice."""
    length, hop = 400, 160
    window = np.hanning(length)
    bright = scipy.signal.lfilter([1.0, -0.95], [1.0], speech)
    sound = np.zeros(len(speech) + length)
    for start in range(0, len(speech) - length, hop):
        frame = bright[start : start + length] * window
        likeness = np.correlate(frame, frame, "full")[length - 1 : length + 18]
        if likeness[0] < 1e-7:
            continue
        likeness[0] *= 1.0001
        filter_ = np.concatenate(([1.0], -scipy.linalg.solve_toeplitz(likeness[:-1], likeness[1:])))
        left = np.sqrt(max(float(filter_ @ likeness), 1e-12) / length)
        breath = scipy.signal.lfilter([1.0], filter_, left * rng.standard_normal(length))
        sound[start : start + length] += breath * window
    return at_level(sound[: len(speech)], -26.0)


def sung(speech: Samples, hertz: tuple[float, ...] = (220.0, 262.0, 294.0, 330.0, 262.0)) -> Samples:
    """Drawn out to 1.6 times its length, on notes of half a second with vibrato; one note is a robot's."""
    sound = parselmouth.Sound(speech, RATE)
    manipulation = call(sound, "To Manipulation", 0.01, 65, 500)
    pitch = call(manipulation, "Extract pitch tier")
    call(pitch, "Remove points between", 0, sound.duration)
    for time in np.arange(0.0, sound.duration, 0.01):
        note = hertz[int(time / 0.5) % len(hertz)]
        vibrato = 0.3 * np.sin(2 * np.pi * 5.5 * time) if len(hertz) > 1 else 0.0
        call(pitch, "Add point", time, note * 2.0 ** (vibrato / 12.0))
    call([pitch, manipulation], "Replace pitch tier")
    length = call(manipulation, "Extract duration tier")
    call(length, "Add point", 0.0, 1.6 if len(hertz) > 1 else 1.0)
    call([length, manipulation], "Replace duration tier")
    return np.asarray(call(manipulation, "Get resynthesis (overlap-add)").values[0])


def over_telephone(speech: Samples) -> Samples:
    """300 to 3400 Hz in 8 bits of mu-law."""
    band = scipy.signal.butter(4, (300.0, 3400.0), "bandpass", fs=RATE, output="sos")
    narrow = scipy.signal.sosfilt(band, speech)
    narrow = narrow / np.abs(narrow).max() * 0.7
    steps = np.round(np.sign(narrow) * np.log1p(255.0 * np.abs(narrow)) / np.log(256.0) * 127.0) / 127.0
    return np.asarray(np.sign(steps) * (256.0 ** np.abs(steps) - 1.0) / 255.0)


def in_every_manner(speech: Samples, rng: np.random.Generator) -> dict[str, Samples]:
    """Speech as it may come: by a name for each manner."""
    count = 2 * len(speech)
    return {
        "plain": speech,
        "white noise 10 dB below": mixed(speech, NOISES["white"](rng, count), 10.0),
        "pink noise 10 dB below": mixed(speech, NOISES["pink"](rng, count), 10.0),
        "hum 10 dB below": mixed(speech, NOISES["hum"](rng, count), 10.0),
        "organ chords 5 dB below": mixed(speech, MUSIC["organ chords"](rng, count), 5.0),
        "guitar 5 dB below": mixed(speech, MUSIC["guitar melody"](rng, count), 5.0),
        "piano 5 dB below": mixed(speech, MUSIC["piano chords"](rng, count), 5.0),
        "whispered": whispered(speech, rng),
        "on one note": sung(speech, (110.0,)),
        "sung": sung(speech),
        "over a telephone": over_telephone(speech),
        "at -62 dB in 16 bits": np.round(at_level(speech, -62.0) * 32768.0) / 32768.0,
        "clipped": np.clip(at_level(speech, 0.0), -1.0, 1.0),
    }
