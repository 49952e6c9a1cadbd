"""Speech made of numbers: phones as given, with level, pitch and spectrum that suit them."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from elocute.audio.phone import Phone
from elocute.audio.speech_features import FPS, MEL_BANDS, SUBFRAMES, SpeechFeatures
from elocute.clips_in_the_making import make_clips
from elocute.errors import Cancelled
from elocute.generator import GenerationSettings
from elocute.models.rules.generator import RulesGenerator
from elocute.motion.clip import MotionClip
from elocute.progress import Progress

SpeechMaker = Callable[..., SpeechFeatures]
VOICELESS = frozenset({"SIL", "P", "T", "K", "F", "S", "SH", "CH", "TH", "HH"})

# No test asserts a time: inputs are made slowly where others use the machine.
settings.register_profile("elocute", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("elocute")


def _address_space() -> tuple[int, int] | None:
    """The bound on this process's memory; None where there is none to ask for."""
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrlimit(resource.RLIMIT_AS)


@pytest.fixture(autouse=True)
def _no_bound_on_memory_stays() -> Iterator[None]:
    """Whoever bounds the memory of the process that all tests share makes later ones fail."""
    before = _address_space()
    yield
    assert _address_space() == before


@pytest.fixture(autouse=True)
def _no_import_goes_on_into_the_next_test() -> Iterator[None]:
    """A module that is imported ahead is there, or failed, before another test hides it from imports."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("import of"):
            thread.join()


def _speech(labels: str | Sequence[Phone], seconds: float = 0.1, with_phones: bool = True) -> SpeechFeatures:
    """Speech of space-separated phones of equal length (SIL takes 0.5 s), or of given phones."""
    if isinstance(labels, str):
        phones, time = [], 0.0
        for label in labels.split():
            length = 0.5 if label == "SIL" else seconds
            phones.append(Phone(label, time, time + length))
            time += length
    else:
        phones = list(labels)
    total = phones[-1].end
    frames = max(math.ceil(total * FPS - 1e-6), 1)
    rng = np.random.default_rng(5)
    level, pitch = np.full(frames, -75.0), np.zeros(frames)
    mel = np.full((frames, SUBFRAMES, MEL_BANDS), -17.0)
    for phone in phones:
        part = slice(int(phone.start * FPS), max(int(phone.end * FPS), int(phone.start * FPS) + 1))
        if phone.label == "SIL":
            continue
        vowel = phone.label[0] in "AEIOU"
        level[part] = (-22.0 if vowel else -34.0) + rng.normal(0, 2)
        pitch[part] = 0.0 if phone.label in VOICELESS else 120.0 + rng.normal(0, 15)
        mel[part] = (-4.0 if vowel else -8.0) - np.linspace(0, 6, MEL_BANDS)
    return SpeechFeatures(
        seconds=total,
        log_mel=mel.astype(np.float32),
        energy_db=level.astype(np.float32),
        pitch_hz=pitch.astype(np.float32),
        voicing=(pitch > 0).astype(np.float32),
        phones=tuple(phones) if with_phones else None,
        words=(),
        phone_source="transcript" if with_phones else "none",
        transcript=None,
        audio_sha256="ab" * 32,
        notes=("a note",),
    )


@pytest.fixture
def make_speech() -> SpeechMaker:
    return _speech


@pytest.fixture
def perform() -> Callable[..., MotionClip]:
    """One clip of the rules model for phones or features."""

    def run(speech: SpeechFeatures | str, **settings: object) -> MotionClip:
        features = _speech(speech) if isinstance(speech, str) else speech
        return make_clips(RulesGenerator(), features, GenerationSettings(**settings), Progress())[0]

    return run


@pytest.fixture
def cancelled_progress() -> Progress:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        progress.check()
    return progress
