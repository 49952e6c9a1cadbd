"""Elocute for Python programs: clips from recordings without a service and without files.

>>> from elocute.studio import Studio
>>> studio = Studio()
>>> clip = studio.generate("line.wav", transcript="I told you so.", style="lively").clips[0]
>>> clip.save("line.npz")

:meth:`Studio.generate_many` takes any number of lines and yields each with its clips.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from elocute.audio.languages import AUTO
from elocute.audio.phones.request import AUTO_WORDS
from elocute.audio.segment import Segment
from elocute.errors import SettingsError, UserError
from elocute.generator import ClipSink, GenerationSettings, ModelInfo
from elocute.installation import standard_pipeline
from elocute.performance import IDLE_MODEL, Performance, PerformanceRequest
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
        language: str = AUTO,
        words: str = AUTO_WORDS,
        segment: Segment | None = None,
        model: str | None = None,
        style: str | None = None,
        seed: int = 0,
        takes: int = 1,
        progress: Progress | None = None,
        sink: ClipSink | None = None,
        opening: ClipSink | None = None,
    ) -> Performance:
        """Clips for a recording, with the model's own settings. :meth:`perform` takes every setting.

        Args:
            audio: sound file, or its content as bytes.
            transcript: what is said; None where it is to be recognised.
            language: language code of the speech; ``auto`` for that of the transcript.
            words: what recognises words where there is no transcript: ``auto``, ``none``, or a Whisper
                checkpoint, as a folder or hub id.
            segment: the part of the recording that is meant.
            model: id, checkpoint folder or hub id; None for the default.
            style: preset, or style files with weights.
            seed: take k uses seed + k.
            takes: how many clips.
            progress: told about the work; may cancel it.
            sink: gets windows of the clips as they become final.
            opening: see :meth:`Pipeline.perform <elocute.pipeline.Pipeline.perform>`: how a long line begins,
                soon, to be looked at.

        Raises:
            InputError: the recording or a style file cannot be used.
            SettingsError: the model cannot do what is asked.
            Cancelled: ``progress`` was cancelled.
        """
        settings = GenerationSettings(
            style=style, style_files=read_style_files(style), seed=seed, takes=takes
        )
        request = PerformanceRequest(
            model=model,
            transcript=transcript,
            language=language,
            words=words,
            segment=segment,
            settings=settings,
        )
        source = audio if isinstance(audio, bytes) else Path(audio)
        return self.perform(Line(source, request), progress, sink, opening)

    def perform(
        self,
        line: Line,
        progress: Progress | None = None,
        sink: ClipSink | None = None,
        opening: ClipSink | None = None,
    ) -> Performance:
        """Clips for a line; arguments and errors as :meth:`generate`."""
        return self._pipeline.perform(line.audio, line.request, progress or Progress(), sink, opening)

    def idle(
        self,
        seconds: float,
        request: PerformanceRequest | None = None,
        progress: Progress | None = None,
        sink: ClipSink | None = None,
    ) -> Performance:
        """Clips of a face that says nothing for so long, by default of the model ``rules``.

        Raises:
            InputError: a style file, or the motion to go on from, cannot be used.
            SettingsError: the model cannot do what is asked, or the length is out of range.
            Cancelled: ``progress`` was cancelled.
        """
        asked = request or PerformanceRequest(model=IDLE_MODEL)
        return self._pipeline.idle(seconds, asked, progress or Progress(), sink)

    def generate_many(
        self,
        lines: Iterable[Line],
        *,
        together: int | None = None,
        progress: Progress | None = None,
    ) -> Iterator[LineResult]:
        """Each line with what became of it, in their order; one that fails does not end the others.

        Lines are taken when they are needed, and results kept no longer than until they are given out, so
        there may be any number. For results that survive a stop, on many cores or machines, see
        ``elocute batch``.

        Args:
            lines: the lines; taken ``together`` at a time.
            together: how many go through the model as one batch. Clips of a batch differ from those of
                :meth:`generate` in the last bits of their numbers. None takes what is best for the device of
                the first of them: one at a time on a processor, where a batch saves next to nothing.
            progress: may cancel it.

        Raises:
            SettingsError: ``together`` is less than 1.
            Cancelled: ``progress`` was cancelled.
        """
        if together is not None and together < 1:
            raise SettingsError(f"{together} lines at once are out of range.", "Give 1 or more.")
        progress = progress or Progress()
        source = iter(lines)
        for first in source:
            count = self._together(first) if together is None else together
            taken = [first, *islice(source, count - 1)]
            asked = [(line.audio, line.request) for line in taken]
            for line, outcome in zip(taken, self._pipeline.perform_together(asked, progress), strict=True):
                if isinstance(outcome, UserError):
                    yield LineResult(line, None, outcome)
                else:
                    yield LineResult(line, outcome)

    def _together(self, line: Line) -> int:
        try:
            return self._pipeline.best_together(line.request)
        except UserError:  # it fails alone, with the same sentence
            return 1
