"""Elocute for Python programs: clips from recordings without a service and without files.

>>> from elocute.studio import Studio
>>> studio = Studio()
>>> clip = studio.generate("line.wav", transcript="I told you so.", style="lively").clips[0]
>>> clip.save("line.npz")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from elocute.audio.segment import Segment
from elocute.errors import UserError
from elocute.generator import ClipSink, GenerationSettings, ModelInfo
from elocute.pipeline import Performance, PerformanceRequest, standard_pipeline
from elocute.progress import Progress
from elocute.storage.style_files import read_style_files


@dataclass(frozen=True)
class Line:
    """A recording and what to make of it.

    Attributes:
        audio: sound file, or its content.
        request: what is asked for.
    """

    audio: Path | bytes
    request: PerformanceRequest = field(default_factory=PerformanceRequest)


@dataclass(frozen=True)
class LineResult:
    """What became of a line: a performance, or an error.

    Attributes:
        line: the line.
        performance: its clips and what was heard; None where it failed.
        error: why it failed; None where it did not.
    """

    line: Line
    performance: Performance | None
    error: UserError | None = None


class Studio:
    """Generates performances in this process; models stay loaded. May be used from several threads.

    Args:
        models: checkpoint folders and hub ids that may be used besides what comes with Elocute; None allows
            any to be named.

    Raises:
        InputError: one of ``models`` cannot be used.
        SettingsError: two models would have the same id.
    """

    def __init__(self, models: Sequence[str] | None = None) -> None:
        self._pipeline = standard_pipeline(models)

    def models(self) -> Sequence[ModelInfo]:
        """What can be used, the default first."""
        return self._pipeline.infos()

    def generate(
        self,
        audio: Path | str | bytes,
        *,
        transcript: str | None = None,
        language: str = "en",
        segment: Segment | None = None,
        model: str | None = None,
        style: str | None = None,
        seed: int = 0,
        takes: int = 1,
        progress: Progress | None = None,
        sink: ClipSink | None = None,
    ) -> Performance:
        """Clips for a recording, with the model's own settings. :meth:`perform` takes every setting.

        Args:
            audio: sound file, or its content as bytes.
            transcript: what is said; None where it is to be recognised.
            language: language code of the speech.
            segment: the part of the recording that is meant.
            model: id, checkpoint folder or hub id; None for the default.
            style: preset, or style files with weights.
            seed: take k uses seed + k.
            takes: how many clips.
            progress: told about the work; may cancel it.
            sink: gets windows of the clips as they become final.

        Raises:
            InputError: the recording or a style file cannot be used.
            SettingsError: the model cannot do what is asked.
            Cancelled: ``progress`` was cancelled.
        """
        settings = GenerationSettings(
            style=style, style_files=read_style_files(style), seed=seed, takes=takes
        )
        request = PerformanceRequest(
            model=model, transcript=transcript, language=language, segment=segment, settings=settings
        )
        source = audio if isinstance(audio, bytes) else Path(audio)
        return self.perform(Line(source, request), progress, sink)

    def perform(
        self, line: Line, progress: Progress | None = None, sink: ClipSink | None = None
    ) -> Performance:
        """Clips for a line; errors as :meth:`generate`."""
        return self._pipeline.perform(line.audio, line.request, progress or Progress(), sink)

    def perform_all(self, lines: Iterable[Line], progress: Progress | None = None) -> Iterator[LineResult]:
        """Each line with what became of it, one after the other; one that fails does not end the others.

        For many lines on many cores, with results that survive a stop, see ``elocute batch``.

        Raises:
            Cancelled: ``progress`` was cancelled.
        """
        for line in lines:
            try:
                performance = self.perform(line, progress)
            except UserError as error:
                yield LineResult(line, None, error)
            else:
                yield LineResult(line, performance)
