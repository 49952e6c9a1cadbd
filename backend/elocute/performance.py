"""What is asked of a recording, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from elocute.audio.languages import AUTO
from elocute.audio.phones.request import AUTO_WORDS
from elocute.audio.speech_features import SpeechFeatures
from elocute.generator import GenerationSettings
from elocute.models.family import LoadOptions
from elocute.motion.clip import MotionClip

if TYPE_CHECKING:
    from elocute.audio.segment import Segment

IDLE_MODEL: Final = "rules"
"""Acts silence where no model is named: it knows what an idle face does, and networks are taught speech."""


@dataclass(frozen=True)
class PerformanceRequest:
    """What to make of a recording.

    Attributes:
        model: id of the model, or None for the default; on the command line also a checkpoint folder or a
            Hugging Face hub id.
        transcript: what is said, or None when it is to be recognised.
        language: language code of the speech, ``en`` for English; ``auto`` for that of the transcript.
        words: what recognises words where there is no transcript: ``auto``, ``none``, or a Whisper
            checkpoint, as a folder or hub id.
        segment: the part of the recording that is meant, None for all of it.
        settings: what the model is asked for.
        compute: device and arithmetic; None for those of the pipeline.
        phones: look for phones even where nothing that is asked for needs them.
        given_phones: content of a file that tells what is said and when
            (:mod:`elocute.audio.given_phones`), so that nothing is looked for; None where it is to be found.
    """

    model: str | None = None
    transcript: str | None = None
    language: str = AUTO
    words: str = AUTO_WORDS
    segment: Segment | None = None
    settings: GenerationSettings = field(default_factory=GenerationSettings)
    compute: LoadOptions | None = None
    phones: bool = False
    given_phones: bytes | None = None


@dataclass(frozen=True)
class Performance:
    """What became of a recording.

    Attributes:
        speech: its features, without the sound.
        clips: one per take.
        model: id of the model that made them.
        model_note: one sentence where that is not the model a user would expect, else empty.
        finishing_notes: sentences about what was asked of finishing and could not be done.
        timing_notes: sentences about what of the style and of settings that change comes to nothing.
        own_notes: sentences of the model, as that its face does not follow the recording.
    """

    speech: SpeechFeatures
    clips: tuple[MotionClip, ...]
    model: str
    model_note: str = ""
    finishing_notes: tuple[str, ...] = ()
    timing_notes: tuple[str, ...] = ()
    own_notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Everything a user should be told of."""
        own = (self.model_note,) if self.model_note else ()
        everything = (*self.speech.notes, *own, *self.own_notes, *self.timing_notes, *self.finishing_notes)
        return tuple(dict.fromkeys(everything))
