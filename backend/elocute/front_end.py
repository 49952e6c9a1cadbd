"""The front end: what the pipeline asks of it, and that of this installation."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from elocute.audio.speech_features import SpeechFeatures
from elocute.progress import Progress

if TYPE_CHECKING:
    from elocute.audio.analysis_cache import AnalysisCache
    from elocute.audio.segment import Segment


class SpeechAnalyser(Protocol):
    """Turns a sound file, given by its path or its bytes, into features and phones."""

    def __call__(
        self,
        audio: Path | bytes,
        *,
        segment: Segment | None,
        transcript: str | None,
        language: str,
        words: str,
        phones: bool,
        progress: Progress,
    ) -> SpeechFeatures:
        """Return the features of ``audio``, or of the part ``segment``; phones only if they are wanted.

        Raises:
            InputError: this is no usable sound.
            Cancelled: ``progress`` was cancelled.
        """
        ...


class Preparation(Protocol):
    """Gets the front end ready before it is needed."""

    def start(self) -> None:
        """Have its processes started; does not wait for them."""
        ...

    def load(self) -> None:
        """Load all that it loads at its first use."""
        ...


class NothingToPrepare:
    """For a front end that needs nothing."""

    def start(self) -> None:
        """Nothing."""

    def load(self) -> None:
        """Nothing."""


class FrontEndPreparation:
    """The front end's processes and engines; the libraries are imported when they are asked for."""

    def start(self) -> None:
        """See :meth:`Preparation.start`."""
        from elocute.audio.decode import start_decoding
        from elocute.audio.phones.finder import start_hearing

        start_decoding()
        start_hearing()

    def load(self) -> None:
        """See :meth:`Preparation.load`."""
        from elocute.audio.phones.finder import load_engines

        load_engines()


class RememberingAnalyser:
    """The front end, with what it found before; the libraries it needs are loaded at the first use.

    Args:
        longest_seconds: longest recording accepted.
    """

    def __init__(self, longest_seconds: float) -> None:
        self._longest_seconds = longest_seconds

    @cached_property
    def _cache(self) -> AnalysisCache:
        from elocute.audio.analysis_cache import standard_cache

        return standard_cache()

    def __call__(
        self,
        audio: Path | bytes,
        *,
        segment: Segment | None,
        transcript: str | None,
        language: str,
        words: str,
        phones: bool,
        progress: Progress,
    ) -> SpeechFeatures:
        """Decode and analyse; arguments and errors of :class:`SpeechAnalyser`."""
        from elocute.audio.analysis import analyse_speech
        from elocute.audio.decode import load_audio
        from elocute.audio.segment import cut

        channel = None if segment is None else segment.channel
        sound = load_audio(audio, max_seconds=self._longest_seconds, progress=progress, channel=channel)
        if segment is not None:
            sound = cut(sound, segment)
        return analyse_speech(
            sound,
            transcript=transcript,
            language=language,
            words=words,
            phones="auto" if phones else "off",
            progress=progress,
            cache=self._cache,
        )
