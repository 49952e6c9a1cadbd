"""The default model: loaded before the first job asks for it, and what stands in for it is named."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from addon.core.backend.generation import generate
from addon.core.backend.messages import JobSettings
from addon.core.job import Job
from elocute.audio.speech_features import SpeechFeatures
from elocute.errors import SettingsError
from elocute.generator import GenerationSettings, ModelInfo
from elocute.models.registry import ChosenModel
from elocute.motion.clip import MotionClip
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from elocute.service.config import Limits
from tests.backend.service.conftest import client_of, running
from tests.backend.service.fakes import FakeGenerator, FakeModels, analyse, tone

NOTE = "Made with the model rules: the model elocute-lite is not here."


class WatchedGenerator(FakeGenerator):
    """Remembers what it was asked for."""

    def __init__(self, asked: list[GenerationSettings]) -> None:
        super().__init__(steps=0)
        object.__setattr__(self, "asked", asked)

    def generate(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress
    ) -> Sequence[MotionClip]:
        self.asked.append(settings)
        return super().generate(speech, settings, progress)


class WatchedModels(FakeModels):
    """Says when a model is loaded; the first ``failures`` times it fails."""

    def __init__(self, failures: int = 0, note: str = "") -> None:
        self.asked: list[GenerationSettings] = []
        super().__init__(WatchedGenerator(self.asked))
        self.loaded = threading.Event()
        self._failures = failures
        self._note = note

    def choose(self, model_id: str | None) -> ChosenModel:
        info: ModelInfo = super().choose(model_id).info
        return ChosenModel(info, self._note if model_id is None else "")

    def load(self, model_id: str) -> FakeGenerator:
        self.loaded.set()
        if self._failures:
            self._failures -= 1
            raise SettingsError("Not today.")
        return super().load(model_id)


def test_the_default_model_is_loaded_before_any_job() -> None:
    models = WatchedModels()
    with running(Pipeline(analyse, models), Limits()):
        assert models.loaded.wait(20)


def test_a_model_that_does_not_load_leaves_the_service_running() -> None:
    models = WatchedModels(failures=1)
    with running(Pipeline(analyse, models), Limits()) as service:
        assert models.loaded.wait(20)
        work = Job(lambda c: generate(lambda: client_of(service), tone(), JobSettings(), c))
        assert work.run().summary.takes == 1


def test_a_stand_in_is_noted_unless_it_was_asked_for() -> None:
    with running(Pipeline(analyse, WatchedModels(note=NOTE)), Limits()) as service:

        def notes(settings: JobSettings) -> tuple[str, ...]:
            return (
                Job(lambda c: generate(lambda: client_of(service), tone(), settings, c)).run().summary.notes
            )

        assert notes(JobSettings()) == ("language en", NOTE)
        assert notes(JobSettings(model="rules")) == ("language en",)
        assert notes(JobSettings(kind="phones")) == ("language en",)


def test_lip_contacts_are_certain_unless_declined() -> None:
    models = WatchedModels()
    with running(Pipeline(analyse, models), Limits()) as service:
        for settings in (JobSettings(), JobSettings(lip_contacts=False)):
            Job(lambda c, s=settings: generate(lambda: client_of(service), tone(), s, c)).run()
    assert [settings.lip_contacts for settings in models.asked] == [True, False]
