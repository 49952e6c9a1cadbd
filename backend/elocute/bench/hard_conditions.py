"""Recordings made harder: other channels, rooms and speakers, with their phone times kept.

Made from recordings that a model hears well, each condition shows what it costs. It is no replacement for
real children, telephones or old voices.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import parselmouth
import soundfile
from numpy.typing import NDArray
from parselmouth.praat import call

from elocute.audio.decode import load_audio
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.bench.hard_channels import (
    babble,
    below,
    conversation,
    hall,
    loudspeaker,
    music,
    reverberated,
    tape,
    telephone_band,
)
from elocute.bench.hard_voices import shouted, small_child, sung, whispered
from elocute.bench.recordings import Recording
from elocute.corpus.noises import background
from elocute.corpus.utterance import Utterance
from elocute.corpus.voice_change import VoiceChange, changed_voice
from elocute.storage.atomic_write import write_atomically

Samples = NDArray[np.float64]
Condition = Callable[[Utterance, np.random.Generator], Utterance]

_PITCH: Final = (65.0, 500.0)
_PEAK: Final = 0.7


def _telephone(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    return _with(utterance, telephone_band(utterance.samples.astype(np.float64)))


def _noise(kind: str, ratio_db: float) -> Condition:
    def add(utterance: Utterance, rng: np.random.Generator) -> Utterance:
        samples = utterance.samples.astype(np.float64)
        return _with(utterance, below(samples, background(rng, kind, len(samples), ()), ratio_db))

    return add


def _room(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """Reverberation of 0.8 s, as loud as the direct sound: a few metres away in a bare room."""
    return _with(utterance, reverberated(utterance.samples.astype(np.float64), rng, 0.8, 1.0))


def _voice(change: VoiceChange) -> Condition:
    return lambda utterance, rng: changed_voice(utterance, change)


def _tempo(length: float) -> Condition:
    """So many times as long, pitch and formants kept (overlap-add)."""

    def stretch(utterance: Utterance, rng: np.random.Generator) -> Utterance:
        sound = parselmouth.Sound(utterance.samples.astype(np.float64), sampling_frequency=SAMPLE_RATE)
        made = call(sound, "Lengthen (overlap-add)", *_PITCH, length)
        samples = np.asarray(made.values[0], np.float32)
        ratio = len(samples) / len(utterance.samples)
        moved = [replace(p, start=p.start * ratio, end=p.end * ratio) for p in utterance.phones]
        return Utterance(samples, tuple(moved))

    return stretch


def _old(utterance: Utterance, rng: np.random.Generator) -> Utterance:
    """Slow, on few tones, with breath in the voice."""
    flat = changed_voice(utterance, VoiceChange(1.0, 0.95, 0.9, 0.5))
    return _noise("pink", 20.0)(_tempo(1.35)(flat, rng), rng)


CONDITIONS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        "telephone": _telephone,
        "noise": _noise("pink", 10.0),
        "room": _room,
        "child": _voice(VoiceChange(1.0, 1.22, 1.9, 1.2)),
        "old": _old,
        "fast": _tempo(0.72),
        "babble": babble,
        "music": music,
        "hall": hall,
        "conversation": conversation,
        "loudspeaker": loudspeaker,
        "tape": tape,
        "small-child": small_child,
        "shouted": shouted,
        "sung": sung,
        "whispered": whispered,
    }
)
"""Name -> what it makes of an utterance."""


def hardened(utterance: Utterance, name: str, rng: np.random.Generator) -> Utterance:
    """The utterance in a condition; with an equal ``rng`` it is the same again.

    Raises:
        KeyError: there is no such condition.
    """
    # Praat takes the noise of voiceless sounds apart by chance of its own.
    seed = int(rng.integers(2**31))
    parselmouth.praat.run(f"random_initializeWithSeedUnsafelyButPredictably ({seed})")
    return CONDITIONS[name](utterance, rng)


def write_conditions(recordings: Sequence[Recording], out: Path, names: Sequence[str], seed: int = 0) -> None:
    """Write ``out/CONDITION/NAME.wav`` with its phones and text, for ``elocute measure speech``.

    Raises:
        InputError: a recording cannot be used, or a file cannot be written.
        KeyError: there is no such condition.
    """
    for name in names:
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, recording in enumerate(recordings):
            samples = load_audio(recording.path).samples.astype(np.float32)
            rng = np.random.default_rng([seed, number])
            made = hardened(Utterance(samples, recording.phones), name, rng)
            level = _PEAK / max(float(np.abs(made.samples).max()), 1e-9)
            with write_atomically(folder / f"{recording.path.stem}.wav") as temporary:
                soundfile.write(temporary, made.samples * level, SAMPLE_RATE, format="WAV")
            rows = [{"phone": p.label, "start": p.start, "end": p.end} for p in made.phones]
            told = json.dumps({"reference": recording.reference, "phones": rows})
            with write_atomically(folder / f"{recording.path.stem}.json") as temporary:
                temporary.write_text(told + "\n", encoding="utf-8")
            if recording.transcript is not None:
                with write_atomically(folder / f"{recording.path.stem}.txt") as temporary:
                    temporary.write_text(recording.transcript, encoding="utf-8")


def _with(utterance: Utterance, samples: Samples) -> Utterance:
    return Utterance(np.asarray(samples, np.float32), utterance.phones)
