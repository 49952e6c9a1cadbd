"""The front end: what the pipeline asks of it, and that of this installation."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from elocute.audio.speech_features import SpeechFeatures
from elocute.errors import Cancelled
from elocute.progress import Progress

if TYPE_CHECKING:
    from elocute.audio.analysis_cache import AnalysisCache
    from elocute.audio.phones.request import PhoneSettings
    from elocute.audio.segment import Segment
    from elocute.audio.sound import Audio

_log = logging.getLogger(__name__)

HearOpening: TypeAlias = Callable[[SpeechFeatures], None]
"""Gets the features of the beginning of a recording while the rest is still to be heard."""


class SpeechAnalyser(Protocol):
    """Opens sound files and turns what they hold into features and phones."""

    def open(self, audio: Path | bytes, segment: Segment | None, progress: Progress) -> Audio:
        """Return the sound of a file, given by its path or its bytes, or of its part ``segment``.

        That is quick beside loading a model, so it is done before: stage ``decode``.

        Raises:
            InputError: this is no usable sound, or has no such part.
            Cancelled: ``progress`` was cancelled.
        """
        ...

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
        """Return the features of ``sound``, as :meth:`open` gives it; phones only if they are wanted.

        ``opening`` is called before, at most once, where looking for phones takes long enough to be worth it
        (:mod:`elocute.audio.opening`); what is returned does not depend on it, and a bug there is logged.

        Raises:
            InputError: nothing can be heard, for processes were killed or find no room.
            Cancelled: ``progress`` was cancelled.
        """
        ...


class Preparation(Protocol):
    """Gets the front end ready before it is needed."""

    def start(self) -> None:
        """Have its processes started; does not wait for them."""
        ...

    def import_libraries(self) -> None:
        """Import what analyses a recording, which is best done while its processes start."""
        ...

    def load(self) -> None:
        """Load all that it loads at its first use."""
        ...


class NothingToPrepare:
    """For a front end that needs nothing."""

    def start(self) -> None:
        """Nothing."""

    def import_libraries(self) -> None:
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

    def import_libraries(self) -> None:
        """See :meth:`Preparation.import_libraries`."""
        import elocute.audio.analysis  # noqa: F401 - so that it is there

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

    def open(self, audio: Path | bytes, segment: Segment | None, progress: Progress) -> Audio:
        """Decode and cut; arguments and errors of :class:`SpeechAnalyser`."""
        from elocute.audio.decode import load_audio
        from elocute.audio.segment import Segment, cut

        part = segment or Segment()
        sound = load_audio(
            audio,
            max_seconds=self._longest_seconds,
            progress=progress,
            channel=part.channel,
            track=part.track,
            from_first_sound=part.from_first_sound,
        )
        return sound if segment is None or not segment.is_cut else cut(sound, part)

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
        """Analyse; arguments and errors of :class:`SpeechAnalyser`."""
        from elocute.audio.analysis import analyse_speech
        from elocute.audio.phones.request import PhoneSettings

        if opening is not None:
            self._hear_opening(sound, PhoneSettings(transcript, language, "auto", words), progress, opening)
        return analyse_speech(
            sound,
            transcript=transcript,
            language=language,
            words=words,
            phones="auto" if phones else "off",
            progress=progress,
            cache=self._cache,
        )

    def _hear_opening(
        self, sound: Audio, settings: PhoneSettings, progress: Progress, opening: HearOpening
    ) -> None:
        from elocute.audio.analysis import analyse_opening
        from elocute.audio.opening import opening_of

        first = opening_of(sound)
        if first is None or self._cache.knows(sound, settings):
            return
        progress.report("opening", 0.0)
        try:
            speech = analyse_opening(
                first,
                transcript=settings.transcript,
                language=settings.language,
                progress=progress.silent(),
            )
            if speech is not None:
                opening(speech)
        except Cancelled:
            raise
        except Exception:  # noqa: BLE001 - a bug in what is only looked at costs nobody the clip
            _log.exception("how the recording begins cannot be shown; it is heard as a whole all the same")
