"""The default model: loaded before the first job asks for it, and what stands in for it is named."""

from __future__ import annotations

import threading

from addon.core.backend.generation import generate
from addon.core.backend.messages import JobSettings
from addon.core.job import Job
from elocute.audio.speech_features import SpeechFeatures
from elocute.errors import SettingsError
from elocute.generator import ClipSink, GenerationSettings, ModelInfo
from elocute.models.catalogue import ChosenModel
from elocute.models.family import LoadOptions
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from elocute.service.config import Limits
from tests.backend.service.conftest import client_of, running
from tests.backend.service.fakes import FakeGenerator, FakeModels, analyse, tone

PROBLEM = SettingsError("The model elocute-lite is not here.")
NOTE = "Made with the model rules: the model elocute-lite is not here."


class WatchedGenerator(FakeGenerator):
    """Remembers what it was asked for."""

    def __init__(self, asked: list[GenerationSettings]) -> None:
        super().__init__(steps=0)
        object.__setattr__(self, "asked", asked)

    def stream(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress, sink: ClipSink
    ) -> None:
        self.asked.append(settings)
        super().stream(speech, settings, progress, sink)


class WatchedModels(FakeModels):
    """Says when a model is loaded; the first ``failures`` times it fails."""

    def __init__(self, failures: int = 0, problem: SettingsError | None = None) -> None:
        self.asked: list[GenerationSettings] = []
        super().__init__(WatchedGenerator(self.asked))
        self.loaded = threading.Event()
        self._failures = failures
        self._problem = problem

    def choose(self, name: str | None) -> ChosenModel:
        info: ModelInfo = super().choose(name).info
        return ChosenModel(info, self._problem if name is None else None)

    def load(self, chosen: ChosenModel, options: LoadOptions) -> FakeGenerator:
        self.loaded.set()
        if self._failures:
            self._failures -= 1
            raise SettingsError("Not today.")
        return super().load(chosen, options)


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
    with running(Pipeline(analyse, WatchedModels(problem=PROBLEM)), Limits()) as service:

        def notes(settings: JobSettings) -> tuple[str, ...]:
            return (
                Job(lambda c: generate(lambda: client_of(service), tone(), settings, c)).run().summary.notes
            )

        assert notes(JobSettings()) == ("language auto", NOTE)
        assert notes(JobSettings(model="rules")) == ("language auto",)
        assert notes(JobSettings(kind="phones")) == ("language auto",)


def test_lip_contacts_are_certain_unless_declined() -> None:
    models = WatchedModels()
    with running(Pipeline(analyse, models), Limits()) as service:
        for settings in (JobSettings(), JobSettings(lip_contacts=False)):
            Job(lambda c, s=settings: generate(lambda: client_of(service), tone(), s, c)).run()
    assert [settings.lip_contacts for settings in models.asked] == [True, False]
