"""Everything that generators need to know about a recording, in one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from elocute.audio.analysis_cache import AnalysisCache
from elocute.audio.decode import Audio
from elocute.audio.languages import AUTO
from elocute.audio.mel import log_mel
from elocute.audio.nothing_said import without_what_is_not_said
from elocute.audio.phones.finder import (
    PhoneResult,
    PhoneSettings,
    begin_loading,
    find_phones,
    hear_at_once,
)
from elocute.audio.phones.request import AUTO_WORDS, NO_WORDS
from elocute.audio.prosody import energy_db, pitch_and_voicing
from elocute.audio.speech_features import SpeechFeatures, frame_count
from elocute.progress import Progress


def analyse_speech(
    audio: Audio,
    *,
    transcript: str | None = None,
    language: str = AUTO,
    phones: Literal["auto", "allphone", "off"] = "auto",
    words: str = AUTO_WORDS,
    progress: Progress | None = None,
    cache: AnalysisCache | None = None,
) -> SpeechFeatures:
    """Measure the sound and find its phones. Where nothing is said, the features are those of silence.

    Args:
        audio: from :func:`elocute.audio.decode.load_audio`.
        transcript: what is said, if known; blank counts as unknown.
        language: ISO 639 code of the speech, see :mod:`elocute.audio.languages`; ``auto`` for that of the
            transcript.
        phones: ``auto`` takes the best that transcript and language allow, ``allphone`` only listens for
            sounds, ``off`` leaves phones out.
        words: what recognises words where there is no transcript, see :class:`PhoneSettings`.
        progress: stages ``mel``, ``pitch`` and ``phones``.
        cache: knows phones that were found before, and keeps those that are found; None finds them anew.

    Raises:
        SettingsError: unknown ``phones`` or a malformed language code.
        InputError: the phone processes were killed, hung, or found no room on this machine.
        Cancelled: ``progress`` was cancelled.
    """
    progress = progress or Progress()
    settings = PhoneSettings(transcript=transcript, language=language, mode=phones, words=words)

    def find(audio: Audio) -> PhoneResult:
        if cache is None:
            return find_phones(audio, settings, progress)
        return cache.find(audio, settings, progress)

    def prepare(audio: Audio) -> None:
        if cache is None or not cache.knows(audio, settings):
            begin_loading(settings)  # while the sound is measured

    return _features(audio, settings, progress, find, prepare)


def analyse_opening(
    audio: Audio, *, transcript: str | None, language: str, progress: Progress
) -> SpeechFeatures | None:
    """The features of the beginning of a recording (:mod:`elocute.audio.opening`), without notes.

    Phones are those of :func:`hear_at_once`.

    Args:
        audio: the beginning.
        transcript: what is said in the whole recording, if known.
        language: as of :func:`analyse_speech`.
        progress: may be cancelled.

    Returns:
        None where nothing here hears phones so quickly.

    Raises:
        SettingsError: a malformed language code.
        Cancelled: ``progress`` was cancelled.
    """
    settings = PhoneSettings(transcript=transcript, language=language, words=NO_WORDS)
    speech = _features(
        audio,
        settings,
        progress,
        lambda heard: hear_at_once(heard, settings, progress),
        lambda _: begin_loading(settings),
    )
    return None if speech.phones is None else replace(speech, notes=(), sound_notes=())


def _features(
    audio: Audio,
    settings: PhoneSettings,
    progress: Progress,
    find: Callable[[Audio], PhoneResult],
    prepare: Callable[[Audio], None],
) -> SpeechFeatures:
    frames = frame_count(audio.seconds)
    progress.report("mel", 0.0)
    sounds = bool(audio.samples.any())
    audio = without_what_is_not_said(audio, told=settings.known_text is not None)
    if audio.spoken:
        prepare(audio)
    mel = log_mel(audio.samples, frames)
    level = energy_db(audio.samples, frames)
    pitch, voicing = pitch_and_voicing(audio.samples, frames, progress)
    found = find(audio)
    return SpeechFeatures(
        seconds=audio.seconds,
        log_mel=mel,
        energy_db=level,
        pitch_hz=pitch,
        voicing=voicing,
        phones=found.phones,
        words=found.words,
        phone_source=found.source,
        transcript=found.transcript,
        audio_sha256=audio.sha256,
        notes=audio.notes + found.notes,
        sound_notes=audio.notes,
        samples=audio.samples,
        makeshift=found.makeshift,
        muted=sounds and not audio.samples.any(),
        sound_begins=audio.sound_begins,
    )
