"""From the bytes of a recording to clips: analysis, then a model, with time per stage."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from elocute.audio.speech_features import SpeechFeatures
from elocute.generator import (
    ClipSink,
    GenerationSettings,
    Generator,
    ModelInfo,
    MotionWindow,
    check_settings,
)
from elocute.models.registry import ChosenModel, choose_model, list_models, load_generator
from elocute.motion.clip import MotionClip
from elocute.progress import Progress


class SpeechAnalyser(Protocol):
    """Turns a sound file, given by its path or its bytes, into features and phones."""

    def __call__(
        self, audio: Path | bytes, *, transcript: str | None, language: str, progress: Progress
    ) -> SpeechFeatures:
        """Return the features of ``audio``.

        Raises:
            InputError: this is no usable sound.
            Cancelled: ``progress`` was cancelled.
        """
        ...


class ModelSource(Protocol):
    """Where models come from."""

    def infos(self) -> Sequence[ModelInfo]:
        """Return what can be loaded, the default first; quick."""
        ...

    def choose(self, model_id: str | None) -> ChosenModel:
        """Return what ``model_id`` comes to, the default for None; quick.

        Raises:
            SettingsError: there is no such model, or it cannot be used here.
        """
        ...

    def load(self, model_id: str) -> Generator:
        """Return the model named ``model_id``.

        Raises:
            SettingsError: there is no such model.
        """
        ...


@dataclass(frozen=True)
class PerformanceRequest:
    """What to make of a recording.

    Attributes:
        model: id of the model, or None for the default.
        transcript: what is said, or None when it is to be recognised.
        language: language code of the speech, ``en`` for English.
        settings: what the model is asked for.
    """

    model: str | None = None
    transcript: str | None = None
    language: str = "en"
    settings: GenerationSettings = field(default_factory=GenerationSettings)


@dataclass(frozen=True)
class Performance:
    """What became of a recording.

    Attributes:
        speech: its features.
        clips: one per take.
        model: id of the model that made them.
        model_note: one sentence where that is not the model a user would expect, else empty.
    """

    speech: SpeechFeatures
    clips: tuple[MotionClip, ...]
    model: str
    model_note: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Everything a user should be told of."""
        return (*self.speech.notes, self.model_note) if self.model_note else self.speech.notes


class StageClock:
    """A progress listener that adds up the seconds each stage took and passes reports on."""

    def __init__(self, listener: Callable[[str, float, str], None] | None = None) -> None:
        self._listener = listener
        self._seconds: dict[str, float] = {}
        self._stage = ""
        self._since = time.perf_counter()

    def __call__(self, stage: str, fraction: float, message: str) -> None:
        """Take one report."""
        if stage != self._stage:
            self._settle()
            self._stage = stage
        if self._listener is not None:
            self._listener(stage, fraction, message)

    def seconds(self) -> dict[str, float]:
        """Return stage -> seconds so far, in the order of first appearance."""
        self._settle()
        return dict(self._seconds)

    def _settle(self) -> None:
        now = time.perf_counter()
        if self._stage:
            self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._since
        self._since = now


class Pipeline:
    """The one path from sound to motion, shared by the service and the command line."""

    def __init__(self, analyser: SpeechAnalyser, models: ModelSource) -> None:
        self._analyser = analyser
        self._models = models

    def infos(self) -> Sequence[ModelInfo]:
        """Return the models there are, the default first."""
        return self._models.infos()

    def check(self, request: PerformanceRequest) -> ChosenModel:
        """Refuse what the model would refuse, before any work is done; return the model.

        Raises:
            SettingsError: unknown model, style or parameter, a value out of range, or a model that was
                asked for by name and cannot be used here.
        """
        chosen = self._models.choose(request.model)
        check_settings(chosen.info, request.settings)
        return chosen

    def warm_up(self) -> None:
        """Load the default model, so that the first performance need not wait for it.

        Raises:
            SettingsError: it cannot be used here.
            InputError: its files are damaged.
        """
        self._models.load(self._models.choose(None).info.id)

    def analyse(
        self, audio: Path | bytes, transcript: str | None, language: str, progress: Progress
    ) -> SpeechFeatures:
        """Return the features and phones of ``audio``.

        Raises:
            InputError: this is no usable sound.
            Cancelled: ``progress`` was cancelled.
        """
        return self._analyser(audio, transcript=transcript, language=language, progress=progress)

    def perform(
        self,
        audio: Path | bytes,
        request: PerformanceRequest,
        progress: Progress,
        sink: ClipSink | None = None,
    ) -> Performance:
        """Return the clips ``request`` asks for; ``sink`` gets their windows as they become final.

        Raises:
            InputError: this is no usable sound.
            SettingsError: the model cannot do what is asked.
            Cancelled: ``progress`` was cancelled.
        """
        chosen = self.check(request)
        speech = self.analyse(audio, request.transcript, request.language, progress)
        progress.report("motion", 0.0, "Loading the model")
        generator = self._models.load(chosen.info.id)
        clips = generator.generate(speech, request.settings, progress)
        progress.check()
        if sink is not None:
            sink(MotionWindow(0, tuple(clips)))
        return Performance(speech, tuple(clips), chosen.info.id, chosen.note)


def standard_pipeline() -> Pipeline:
    """Return the pipeline of this installation: its own analysis and every model it knows."""
    return Pipeline(_analyse, _RegisteredModels())


def _analyse(
    audio: Path | bytes, *, transcript: str | None, language: str, progress: Progress
) -> SpeechFeatures:
    from elocute.audio.analysis import analyse_speech
    from elocute.audio.decode import load_audio

    sound = load_audio(audio, progress=progress)
    return analyse_speech(sound, transcript=transcript, language=language, progress=progress)


class _RegisteredModels:
    """The models of :mod:`elocute.models.registry`; those used stay loaded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[str, Generator] = {}

    def infos(self) -> Sequence[ModelInfo]:
        return list_models()

    def choose(self, model_id: str | None) -> ChosenModel:
        return choose_model(model_id)

    def load(self, model_id: str) -> Generator:
        # A job's thread imports this at the same time. Two threads that import libraries which overlap
        # can see half of each other's modules, so the analysis always comes before the networks.
        import elocute.audio.analysis  # noqa: F401

        with self._lock:
            if model_id not in self._loaded:
                self._loaded[model_id] = load_generator(model_id)
            return self._loaded[model_id]
