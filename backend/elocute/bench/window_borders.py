"""Where the windows of a model begin, as it hands them over."""

from __future__ import annotations

from collections.abc import Sequence

from elocute.audio.speech_features import SpeechFeatures
from elocute.errors import UserError
from elocute.finishing.needs import FinishingNeeds
from elocute.generator import (
    ClipSink,
    GenerationSettings,
    Generator,
    ModelInfo,
    MotionWindow,
    Spoken,
    one_by_one,
)
from elocute.progress import Progress


class WatchedGenerator:
    """A generator of which it is known where the windows of its last clip began.

    Args:
        generator: does the work.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self.begins: tuple[int, ...] = ()

    @property
    def info(self) -> ModelInfo:
        """What the model is."""
        return self._generator.info

    @property
    def finishing(self) -> FinishingNeeds:
        """What the finisher is told of the model."""
        return self._generator.finishing

    def check(self, settings: GenerationSettings) -> None:
        """As the model's."""
        self._generator.check(settings)

    def stream(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress, sink: ClipSink
    ) -> None:
        """As the model's."""
        begins: list[int] = []

        def watch(window: MotionWindow) -> None:
            begins.append(window.first)
            sink(window)

        self._generator.stream(speech, settings, progress, watch)
        self.begins = tuple(begins)

    def stream_together(
        self, recordings: Sequence[Spoken], progress: Progress
    ) -> tuple[UserError | None, ...]:
        """One after the other."""
        return one_by_one(self, recordings, progress)
