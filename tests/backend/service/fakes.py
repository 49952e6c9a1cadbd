"""A small analyser and model with the real interfaces, so that the service's tests need no acoustics."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from elocute.audio.phone import Phone, Word
from elocute.audio.segment import Segment
from elocute.audio.sound import Audio
from elocute.audio.speech_features import FPS, MEL_BANDS, SUBFRAMES, SpeechFeatures
from elocute.errors import InputError, SettingsError, UserError
from elocute.finishing.needs import FinishingNeeds
from elocute.front_end import HearOpening
from elocute.generator import (
    ClipSink,
    GenerationSettings,
    ModelInfo,
    MotionWindow,
    NumberOption,
    Spoken,
    check_settings,
    one_by_one,
)
from elocute.models.catalogue import ChosenModel
from elocute.models.family import LoadOptions
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_NAMES
from elocute.performance import Performance, PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress

STEP_SECONDS = 0.02


class FakeAnalyser:
    """Decodes for real, then calls everything one long AA; its opening is its first second."""

    def open(self, audio: Path | bytes, segment: Segment | None, progress: Progress) -> Audio:
        content = audio.read_bytes() if isinstance(audio, Path) else audio
        try:
            samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
        except soundfile.LibsndfileError as error:
            raise InputError("This is not a sound file.", "Choose a recording.", code="not_audio") from error
        return Audio(samples, len(samples) / rate, rate, 1, hashlib.sha256(content).hexdigest())

    def __call__(
        self,
        sound: Audio,
        *,
        transcript: str | None,
        language: str,
        words: str,
        phones: bool,
        progress: Progress,
        opening: HearOpening | None = None,
    ) -> SpeechFeatures:
        progress.report("phones", 0.0, "Listening")
        if opening is not None and sound.seconds > 1.0:
            opening(_one_sound(sound, 1.0, transcript, language))
        progress.report("phones", 1.0, "Listening")
        return _one_sound(sound, sound.seconds, transcript, language)


analyse = FakeAnalyser()


def _one_sound(sound: Audio, seconds: float, transcript: str | None, language: str) -> SpeechFeatures:
    frames = max(1, int(np.ceil(seconds * FPS)))
    return SpeechFeatures(
        seconds=seconds,
        log_mel=np.zeros((frames, SUBFRAMES, MEL_BANDS), np.float32),
        energy_db=np.full(frames, -30, np.float32),
        pitch_hz=np.zeros(frames, np.float32),
        voicing=np.zeros(frames, np.float32),
        phones=(Phone("AA", 0.0, seconds),),
        words=(Word("ah", 0.0, seconds),),
        phone_source="transcript" if transcript else "recognition",
        transcript=transcript or "ah",
        audio_sha256=sound.sha256,
        notes=(f"language {language}",),
    )


@dataclass(frozen=True)
class FakeGenerator:
    """Makes still clips slowly: ``steps`` steps of 20 ms for each take; style "bug" raises."""

    steps: int = 3

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(
            "rules",
            "rules",
            "Slow and still",
            BASIS,
            FPS,
            ("neutral", "slow", "bug"),
            {"jaw": NumberOption(0.0, 1.0, 2.0)},
            {"sampler": ("fast", "exact")},
        )

    @property
    def finishing(self) -> FinishingNeeds:
        return FinishingNeeds(certain_contacts=True)

    def check(self, settings: GenerationSettings) -> None:
        check_settings(self.info, settings)

    def stream(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress, sink: ClipSink
    ) -> None:
        if settings.style == "bug":
            raise ZeroDivisionError("a bug in a model")
        steps = 3000 if settings.style == "slow" else self.steps
        clips = []
        for take in range(settings.takes):
            for step in range(steps):
                progress.report("motion", (take + step / steps) / settings.takes, f"Step {step}")
                time.sleep(STEP_SECONDS)
            frames = speech.frames
            clips.append(
                MotionClip(
                    FPS,
                    BASIS,
                    np.zeros((frames, len(EXPRESSION_NAMES)), np.float32),
                    np.zeros((frames, 3), np.float32),
                    np.zeros((frames, 3), np.float32),
                    eyes=np.zeros((frames, 6), np.float32),
                    meta={"seed": settings.seed + take, "audio_sha256": speech.audio_sha256},
                )
            )
        sink(MotionWindow(0, tuple(clips)))

    def stream_together(
        self, recordings: Sequence[Spoken], progress: Progress
    ) -> tuple[UserError | None, ...]:
        return one_by_one(self, recordings, progress)


class FakeModels:
    """One model."""

    def __init__(self, generator: FakeGenerator | None = None) -> None:
        self._generator = generator or FakeGenerator()

    def infos(self) -> Sequence[ModelInfo]:
        return (self._generator.info,)

    def choose(self, name: str | None) -> ChosenModel:
        if name not in (None, self._generator.info.id):
            raise SettingsError("There is no such model.", code="unknown_model")
        return ChosenModel(self._generator.info)

    def fingerprint(self, chosen: ChosenModel) -> str:
        return chosen.info.id

    def load(self, chosen: ChosenModel, options: LoadOptions) -> FakeGenerator:
        return self._generator


def fake_pipeline() -> Pipeline:
    """Return the pipeline of fakes."""
    return Pipeline(analyse, FakeModels())


class GatedPipeline(Pipeline):
    """The pipeline of fakes, which remembers the seeds that it works on, and waits until it may go on.

    Args:
        version: changes the model's fingerprint.
    """

    def __init__(self, version: str = "1") -> None:
        super().__init__(analyse, FakeModels(FakeGenerator(steps=1)))
        self.begun: list[int] = []
        self.gate = threading.Event()
        self.makeshift = False
        """Whether what it makes from now on is not what it should be."""
        self._version = version

    def fingerprint(self, chosen: ChosenModel) -> str:
        return self._version

    def perform(
        self,
        audio: Path | bytes,
        request: PerformanceRequest,
        progress: Progress,
        sink: ClipSink | None = None,
        opening: ClipSink | None = None,
    ) -> Performance:
        self.begun.append(request.settings.seed)
        while not self.gate.wait(0.01):
            progress.report("motion", 0.0, "Waiting")
        performance = super().perform(audio, request, progress, sink, opening)
        return replace(performance, speech=replace(performance.speech, makeshift=self.makeshift))


def still_clip(frames: int, fps: float = FPS, basis: str = BASIS) -> bytes:
    """The content of a clip that nothing moves in."""
    still, stream = np.zeros((frames, 3), np.float32), io.BytesIO()
    MotionClip(fps, basis, np.zeros((frames, len(EXPRESSION_NAMES)), np.float32), still, still).write(stream)
    return stream.getvalue()


def tone(seconds: float = 1.0, rate: int = 16000) -> bytes:
    """Return a wav file of a 440 Hz tone."""
    stream = io.BytesIO()
    samples = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    soundfile.write(stream, samples, rate, format="WAV", subtype="PCM_16")
    return stream.getvalue()
