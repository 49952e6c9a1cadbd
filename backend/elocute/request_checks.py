"""What of a request can be refused before a model is loaded.

The command line, batches and the service ask here, through the pipeline: none has checks of its own of what a
request holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from elocute.audio.given_phones import read_given_phones
from elocute.audio.languages import check_language
from elocute.audio.phones.request import AUTO_WORDS, NO_WORDS
from elocute.audio.speech_features import FPS, frame_count
from elocute.audio.text.formats import refuse_what_is_no_text
from elocute.audio.text.plain import MAX_CHARACTERS
from elocute.checkpoint.device_names import check_device_name
from elocute.errors import SettingsError
from elocute.generator import GenerationSettings, ModelInfo, check_settings
from elocute.models.catalogue import ChosenModel
from elocute.models.family import LoadOptions, fixed_arithmetic
from elocute.motion.continuation import earlier_motion
from elocute.performance import PerformanceRequest

LONGEST_TRANSCRIPT: Final = MAX_CHARACTERS
"""Characters of a transcript: two hours of fast speech."""


def check_request(request: PerformanceRequest, chosen: ChosenModel) -> None:
    """Refuse what the description of a model shows to be impossible.

    Args:
        request: what is asked for.
        chosen: the model that it comes to.

    Raises:
        SettingsError: unknown style, option or choice, a value out of range, a device for a model that has
            no choice, or a model that was asked for by name and cannot be used here.
    """
    try:
        if request.compute is not None:
            check_device_name(request.compute.device)
        check_settings(chosen.info, request.settings)
        if request.compute not in (None, LoadOptions()) and not chosen.info.any_device:
            raise fixed_arithmetic(chosen.id)
    except SettingsError as error:
        if chosen.problem is not None:  # the model that should have been used may know them
            raise chosen.problem from error
        raise


def check_given_motion(settings: GenerationSettings, info: ModelInfo) -> None:
    """Refuse clips that a model cannot go on from, or change.

    Args:
        settings: what is asked for, checked.
        info: of the model.

    Raises:
        InputError: one is no clip, too large, or of another basis or frame rate.
        SettingsError: of the clip to change, a range lies beyond its end.
    """
    if settings.before is not None:
        earlier_motion(settings.before, info.basis, info.fps)
    if settings.revision is not None:
        settings.revision.held(info.basis, info.fps)


def check_length(settings: GenerationSettings, info: ModelInfo, seconds: float) -> None:
    """Refuse a recording that the clip to change was not made of.

    Args:
        settings: what is asked for, checked as by :func:`check_given_motion`.
        info: of the model; at another rate than that of speech it tells itself how many frames it makes.
        seconds: length of the sound, or of the part that is meant.

    Raises:
        InputError: it gives another number of frames.
    """
    if settings.revision is not None and info.fps == FPS:
        settings.revision.held(info.basis, info.fps).check_frames(frame_count(seconds))


def check_told(request: PerformanceRequest, recognisers: Sequence[str] | None) -> None:
    """Refuse what cannot be said of a recording: as :func:`check_speech`, and phones that are none.

    Raises:
        SettingsError: as :func:`check_speech`.
        InputError: the transcript is a file that is no text, or the given phones are none.
    """
    check_speech(request.transcript, request.language, request.words, recognisers)
    if request.given_phones is not None:
        read_given_phones(request.given_phones)


def check_speech(
    transcript: str | None, language: str, words: str, recognisers: Sequence[str] | None
) -> None:
    """Refuse what cannot be said of a recording.

    Args:
        transcript: what is said, or None.
        language: code of the language.
        words: what recognises words where there is no transcript.
        recognisers: which may be named besides ``auto`` and ``none``; None allows any.

    Raises:
        InputError: the transcript is a file that is no text.
        SettingsError: there is no such language, the transcript is too long, or ``words`` names what may
            not be asked for here.
    """
    check_language(language)
    if recognisers is not None and words not in {AUTO_WORDS, NO_WORDS, *recognisers}:
        raise SettingsError(
            f"There is no recogniser of words {words!r} here.",
            f"Use {', '.join([AUTO_WORDS, NO_WORDS, *recognisers])}.",
            code="unknown_words",
        )
    if transcript is not None and len(transcript) > LONGEST_TRANSCRIPT:
        raise SettingsError(
            f"The transcript has more than {LONGEST_TRANSCRIPT} characters.",
            "Give the words of this recording only.",
            code="bad_transcript",
        )
    if transcript is not None:
        refuse_what_is_no_text(transcript)
