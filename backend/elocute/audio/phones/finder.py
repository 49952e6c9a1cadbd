"""Find the phones of a recording: the one way in."""

from __future__ import annotations

from dataclasses import replace

from elocute.audio.decode import Audio
from elocute.audio.languages import ENGLISH
from elocute.audio.phones.engines import (
    POCKETSPHINX,
    ChosenRecogniser,
    choose_recogniser,
    pocketsphinx_is_installed,
)
from elocute.audio.phones.hearing_finder import HearingFinder
from elocute.audio.phones.pocketsphinx_finder import PocketsphinxFinder
from elocute.audio.phones.pool import PhonePool
from elocute.audio.phones.processes import PhoneProcessDied, refuse_what_may_go_well, shared_processes
from elocute.audio.phones.request import AUTO_WORDS, NO_WORDS, PhoneResult, PhoneSettings
from elocute.audio.words.choice import choose_words
from elocute.early_work import begin
from elocute.progress import Progress

__all__ = [
    "PhoneResult",
    "PhoneSettings",
    "begin_loading",
    "find_phones",
    "hear_at_once",
    "load_engines",
    "start_hearing",
]


def find_phones(
    audio: Audio,
    settings: PhoneSettings,
    progress: Progress | None = None,
    pool: PhonePool | None = None,
) -> PhoneResult:
    """Find the phones of ``audio``.

    Phones are contiguous from 0 to ``audio.seconds``. What could not be done as asked is told in ``notes``;
    where no phones can be had, ``phones`` is None and ``source`` is ``none``. Other phones than
    those that the recording and the settings come to by themselves are marked as makeshift.

    Args:
        audio: the recording.
        settings: transcript, language and mode.
        progress: stage ``phones``.
        pool: the processes to use; by default new ones, ended before this returns.

    Raises:
        InputError: the phone processes were killed, hung, or found no room on this machine.
        Cancelled: ``progress`` was cancelled; the processes have ended by then.
    """
    progress = progress or Progress()
    text = settings.known_text
    if settings.mode == "off":
        return PhoneResult(None, (), "none", text, ())
    chosen = choose_recogniser()
    if not pocketsphinx_is_installed():
        return _without_pocketsphinx(audio, settings, progress, chosen)
    with pool or PhonePool() as running:
        if chosen.recogniser is not None:
            return HearingFinder(audio, settings, progress, running, chosen.recogniser).find()
        finder = PocketsphinxFinder(audio, settings, progress, running)
        finder.notes.append(chosen.note)
        try:
            return replace(finder.find(), makeshift=chosen.makeshift)
        except PhoneProcessDied as error:
            refuse_what_may_go_well(error)
            reason = f"The phone process crashed on this recording ({error}), so there are no phones."
            return PhoneResult(None, (), "none", text, (*finder.notes, reason), makeshift=True)


def hear_at_once(audio: Audio, settings: PhoneSettings, progress: Progress | None = None) -> PhoneResult:
    """Phones of ``audio`` with the least waiting: no phone process makes their edges exact.

    Where nothing but pocketsphinx hears here, ``phones`` is None and ``source`` is ``none``.

    Raises:
        Cancelled: ``progress`` was cancelled.
    """
    chosen = choose_recogniser()
    if chosen.recogniser is None:
        return PhoneResult(None, (), "none", settings.known_text, ())
    return HearingFinder(audio, settings, progress or Progress(), None, chosen.recogniser).find()


def _without_pocketsphinx(
    audio: Audio, settings: PhoneSettings, progress: Progress, chosen: ChosenRecogniser
) -> PhoneResult:
    """Edges from the recogniser alone, or, where there is none either, no phones."""
    if chosen.recogniser is None:
        notes = (chosen.note,)
        return PhoneResult(None, (), "none", settings.known_text, notes, makeshift=chosen.makeshift)
    found = HearingFinder(audio, settings, progress, None, chosen.recogniser).find()
    missing = f"{POCKETSPHINX} is not installed"
    if found.source == "silence" or any(note.startswith(missing) for note in found.notes):
        return found
    return replace(found, notes=(*found.notes, f"{missing}, so edges of phones are less exact."))


def start_hearing() -> None:
    """Have a phone process ready for the next recording, where there is one; does not wait for it."""
    if pocketsphinx_is_installed():
        shared_processes().start()


def begin_loading(settings: PhoneSettings) -> None:
    """Load what :func:`find_phones` will need on a thread; does not wait. What fails here is told there."""
    if settings.mode == "off":
        return
    told = settings.known_text is not None or settings.mode != "auto"
    words = NO_WORDS if told or settings.words != AUTO_WORDS or not settings.english else AUTO_WORDS
    begin(lambda: load_engines(words), "load of engines")


def load_engines(words: str = AUTO_WORDS) -> None:
    """Load what hears phones and what recognises words, so that no recording waits for them."""
    if choose_recogniser().recogniser is not None:
        choose_words(words, ENGLISH)
