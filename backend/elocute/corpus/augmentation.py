"""Augmentation of clean synthesized speech towards real recordings; it does not change any timing.

Every filter here has zero phase or begins with the direct sound, so phone times stay exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from elocute.audio.speech_features import SAMPLE_RATE
from elocute.corpus.noises import BACKGROUNDS, EVENTS, background, event
from elocute.corpus.utterance import Utterance

Samples = NDArray[np.float64]
SHARE_CLEAN = 0.25
_MU = 255.0
_ROOM_FOR_EVENT = 0.3
_FAINT_NOISE_DB = (-85.0, -60.0)


def augmented(
    utterance: Utterance, rng: np.random.Generator, speech: Sequence[NDArray[np.float32]] = ()
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """The utterance as a microphone might have recorded it.

    About a quarter stays as it is but for level and, often, faint noise.

    Args:
        utterance: clean speech; its phones tell where the pauses are.
        rng: decides everything.
        speech: recordings of others, for babble.

    Returns:
        (N,) float32 samples of the same length, within -1..1; and what was done, in order.
    """
    samples: Samples = utterance.samples.astype(np.float64)
    done: list[str] = []
    if rng.random() < SHARE_CLEAN:
        if rng.random() < 0.7:
            level = float(rng.uniform(*_FAINT_NOISE_DB))
            floor = background(rng, "pink", len(samples), ())
            samples = np.asarray(samples + 10.0 ** (level / 20.0) * floor)
            done.append(f"noise floor {level:.0f} dBFS")
        return _to_level(samples, float(rng.uniform(-30.0, -16.0)), done)
    steps: tuple[tuple[float, Callable[[Samples], tuple[Samples, str]]], ...] = (
        (0.5, lambda sound: _with_events(sound, utterance, rng)),
        (0.6, lambda sound: _equalised(sound, rng)),
        (0.45, lambda sound: _in_room(sound, rng)),
        (0.75, lambda sound: _with_noise(sound, rng, speech)),
        (0.3, lambda sound: _through_codec(sound, rng)),
        (0.12, lambda sound: _clipped(sound, rng)),
    )
    for chance, step in steps:
        if rng.random() < chance:
            samples, what = step(samples)
            if what:
                done.append(what)
    return _to_level(samples, float(rng.uniform(-38.0, -12.0)), done)


def with_gain_curve(samples: Samples, gain_db: Callable[[Samples], Samples]) -> Samples:
    """Filter with zero phase: ``gain_db`` maps frequencies in Hz to dB."""
    count = scipy.fft.next_fast_len(len(samples), real=True)
    frequency = np.asarray(np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE), np.float64)
    spectrum = scipy.fft.rfft(samples, count) * 10.0 ** (gain_db(frequency) / 20.0)
    return np.asarray(scipy.fft.irfft(spectrum, count)[: len(samples)])


def _with_events(samples: Samples, utterance: Utterance, rng: np.random.Generator) -> tuple[Samples, str]:
    """Breaths, clicks, coughs and laughter in some pauses."""
    samples = samples.copy()
    peak = float(np.percentile(np.abs(samples), 99.5))
    kinds: list[str] = []
    for pause in utterance.pauses(_ROOM_FOR_EVENT):
        if rng.random() < 0.6:
            continue
        kind = str(rng.choice(EVENTS, p=(0.5, 0.2, 0.2, 0.1)))
        sound = event(rng, kind, pause.duration - 0.1)
        sound = sound * peak * 10.0 ** (float(rng.uniform(-26.0, -6.0)) / 20.0)
        first = round(pause.start * SAMPLE_RATE) + 800
        start = int(rng.integers(first, max(round(pause.end * SAMPLE_RATE) - 800 - len(sound), first) + 1))
        room = samples[start : start + len(sound)]
        room += sound[: len(room)]
        kinds.append(kind)
    return samples, "in pauses " + " ".join(kinds) if kinds else ""


def _equalised(samples: Samples, rng: np.random.Generator) -> tuple[Samples, str]:
    """A tilt, and a few broad hills and dips."""
    tilt = float(rng.uniform(-3.0, 3.0))
    bells = [
        (float(rng.uniform(-9.0, 9.0)), float(rng.uniform(100.0, 7000.0)), float(rng.uniform(0.3, 1.2)))
        for _ in range(int(rng.integers(1, 4)))
    ]

    def gain(frequency: Samples) -> Samples:
        octaves = np.log2(np.maximum(frequency, 30.0) / 1000.0)
        curve = tilt * octaves
        for height, centre, width in bells:
            distance = (octaves - np.log2(centre / 1000.0)) / width
            curve = curve + height * np.exp(-0.5 * distance**2)
        return np.asarray(curve)

    return with_gain_curve(samples, gain), f"equaliser tilt {tilt:+.1f} dB/octave"


def _in_room(samples: Samples, rng: np.random.Generator) -> tuple[Samples, str]:
    """A room: direct sound, a few early echoes, and noise that fades exponentially."""
    reverberation = float(np.exp(rng.uniform(np.log(0.12), np.log(0.8))))
    direct_db = float(rng.uniform(0.0, 18.0))
    count = round(reverberation * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    tail = rng.standard_normal(count) * 10.0 ** (-3.0 * time / reverberation)
    first = round(float(rng.uniform(0.002, 0.015)) * SAMPLE_RATE)
    tail[:first] = 0.0
    for _ in range(int(rng.integers(2, 7))):
        place = int(rng.integers(first, min(first + round(0.04 * SAMPLE_RATE), count)))
        tail[place] += float(rng.normal()) * 6.0
    damping = scipy.signal.butter(1, float(rng.uniform(2000.0, 7000.0)), fs=SAMPLE_RATE, output="sos")
    tail = scipy.signal.sosfilt(damping, tail)
    tail *= 10.0 ** (-direct_db / 20.0) / max(float(np.sqrt(np.square(tail).sum())), 1e-9)
    wet = samples + scipy.signal.fftconvolve(samples, tail)[: len(samples)]
    return wet, f"room {reverberation:.2f} s, direct {direct_db:.0f} dB"


def _with_noise(
    samples: Samples, rng: np.random.Generator, speech: Sequence[NDArray[np.float32]]
) -> tuple[Samples, str]:
    kind = str(rng.choice(BACKGROUNDS, p=(0.2, 0.4, 0.2, 0.2)))
    ratio = float(rng.uniform(5.0, 40.0))
    power = np.square(samples)
    loud = float(power[power > np.percentile(power, 50)].mean())
    noise = background(rng, kind, len(samples), speech)
    noisy = samples + noise * np.sqrt(loud) * 10.0 ** (-ratio / 20.0)
    return np.asarray(noisy), f"{kind} noise {ratio:.0f} dB below"


def _through_codec(samples: Samples, rng: np.random.Generator) -> tuple[Samples, str]:
    """A narrower band, and often the coarse steps of telephone sound or of a lossy codec."""
    top = float(rng.choice([3400.0, 3800.0, 5000.0, 6500.0]))
    bottom = float(rng.choice([0.0, 80.0, 150.0, 300.0]))

    def gain(frequency: Samples) -> Samples:
        high = -60.0 / (1.0 + np.exp(-(frequency - top) / 100.0))
        low = -40.0 / (1.0 + np.exp((frequency - bottom) / 20.0)) if bottom else 0.0
        return np.asarray(high + low)

    kind = str(rng.choice(["band", "mu-law", "coarse spectrum"]))
    if kind == "mu-law":
        peak = max(float(np.abs(samples).max()), 1e-9)
        pressed = np.sign(samples) * np.log1p(_MU * np.abs(samples) / peak) / np.log1p(_MU)
        steps = float(rng.choice([64.0, 128.0]))
        pressed = np.round(pressed * steps) / steps
        samples = np.sign(pressed) * np.expm1(np.abs(pressed) * np.log1p(_MU)) / _MU * peak
    elif kind == "coarse spectrum":
        samples = _coarse_spectrum(samples, float(rng.uniform(30.0, 50.0)))
    return with_gain_curve(samples, gain), f"{kind} {bottom:.0f} to {top:.0f} Hz"


def _coarse_spectrum(samples: Samples, range_db: float) -> Samples:
    """Drop what is far below the loudest of each short window, as lossy codecs do."""
    transform = scipy.signal.ShortTimeFFT(
        scipy.signal.windows.hann(512, sym=False), 128, SAMPLE_RATE, scale_to=None
    )
    spectrum = transform.stft(samples)
    size = np.abs(spectrum)
    floor = size.max(axis=0, keepdims=True) * 10.0 ** (-range_db / 20.0)
    return np.asarray(transform.istft(np.where(size < floor, 0.0, spectrum), k1=len(samples)).real)


def _clipped(samples: Samples, rng: np.random.Generator) -> tuple[Samples, str]:
    share = float(rng.uniform(97.0, 99.8))
    limit = max(float(np.percentile(np.abs(samples), share)), 1e-6)
    if rng.random() < 0.5:
        return np.clip(samples, -limit, limit), "clipped"
    return limit * np.tanh(samples / limit), "overdriven"


def _to_level(
    samples: Samples, level_db: float, done: list[str]
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Brought to a level (dB re full scale of the loudest 20 ms), within full scale and without offset."""
    samples = samples - samples.mean()
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    loudest = float(np.sqrt(np.percentile(np.square(frames).mean(axis=1), 98)))
    gain = 10.0 ** (level_db / 20.0) / max(loudest, 1e-9)
    gain = min(gain, 0.99 / max(float(np.abs(samples).max()), 1e-9))
    done.append(f"level {level_db:.0f} dBFS")
    return (samples * gain).astype(np.float32), tuple(done)
