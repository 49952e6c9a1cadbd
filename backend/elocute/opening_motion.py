"""Motion of the beginning of a recording, to be looked at while the rest is still to be heard."""

from __future__ import annotations

from dataclasses import replace

from elocute.audio.speech_features import SpeechFeatures
from elocute.clips_in_the_making import ClipsInTheMaking
from elocute.errors import UserError
from elocute.generator import GenerationSettings, Generator, MotionWindow
from elocute.progress import Progress


def has_opening(settings: GenerationSettings) -> bool:
    """Whether there is motion of a beginning: not where a clip is changed, or chance was recorded for all."""
    return settings.base is None and settings.noise is None


def opening_motion(
    generator: Generator, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress
) -> MotionWindow | None:
    """The first frames of the first take, finished, as they are without the rest of the recording.

    Args:
        generator: the model.
        speech: the beginning of the recording.
        settings: what is asked for.
        progress: may be cancelled; is told nothing.

    Returns:
        None where the model makes nothing of so little: what is wrong will be told of the whole.

    Raises:
        Cancelled: ``progress`` was cancelled.
    """
    first, quiet = replace(settings, takes=1), progress.silent()
    making = ClipsInTheMaking(generator, speech, first, quiet)
    try:
        generator.stream(speech, first, quiet, making.add)
        return MotionWindow(0, making.clips())
    except UserError:
        return None
