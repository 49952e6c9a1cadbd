"""Generate clips of a recording with the service: the work of one :class:`~addon.core.job.Job`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ..errors import Cancelled, UserError
from ..job import JobControl
from ..sound_part import SoundPart
from .client import Client, ServiceError
from .event_stream import Opening, Window
from .film_kinds import is_film
from .film_sound import FilmDecoder, FilmSound, no_decoder
from .live_out import LiveLine
from .messages import JobSettings, JobState, JobSummary, PhoneList, StyleSettings
from .upload import Streamed

CONNECTION_LOST: Final = "Connection lost, trying again ..."
_NAMELESS: Final = "The sound "
_DROP_SECONDS: Final = 2.0
"""How long work waits for the service to forget its job: where the network is gone nobody answers."""


@dataclass(frozen=True)
class Generated:
    """What came back: one npz file per take, the phones, and facts about the run.

    Attributes:
        clips: bytes of each take's npz file; empty for a phones job.
        phones: phones and words with times.
        summary: frames, phone source, notes, seconds per stage.
    """

    clips: tuple[bytes, ...]
    phones: PhoneList
    summary: JobSummary


@dataclass(frozen=True)
class _Listeners:
    """Who is told of motion before all of it is there."""

    window: Callable[[Window], None] | None
    opening: Callable[[Opening], None] | None

    @property
    def any(self) -> bool:
        return self.window is not None or self.opening is not None


def generate(
    connect: Callable[[], Client],
    audio: Path | bytes,
    settings: JobSettings,
    control: JobControl,
    *,
    films: FilmDecoder | None = None,
    styles: Mapping[str, bytes] | None = None,
    attached: Mapping[str, bytes] | None = None,
    on_window: Callable[[Window], None] | None = None,
    on_opening: Callable[[Opening], None] | None = None,
    live: LiveLine | None = None,
) -> Generated:
    """Send ``audio``, wait, and fetch the result.

    Args:
        connect: returns a client of a running service, starting it if need be.
        audio: the sound file or its bytes.
        settings: what to make of it.
        control: gets the progress; stops the job in the service when cancelled.
        films: reads the sound of a film where the service cannot; None where nothing here can.
        styles: contents of style files by the names that ``settings.style`` uses.
        attached: contents of further files, see :meth:`Client.submit`.
        on_window: called on this thread with each window of motion, in order, as it becomes final.
        on_opening: called so with how a long line begins, before the first of them; asks the service for it.
        live: sends the first take to another program while it is made.

    Raises:
        UserError: the recording or settings cannot be used, or the service failed.
        Cancelled: the user stopped it.
    """
    if on_opening is not None:
        settings = replace(settings, opening=True)
    listeners = _Listeners(on_window, on_opening)
    if live is None:
        return _generate(connect, audio, settings, control, films, styles, attached, listeners)

    def play_too(window: Window) -> None:
        live.add(window.clips[0])
        if on_window is not None:
            on_window(window)

    try:
        generated = _generate(
            connect, audio, settings, control, films, styles, attached, _Listeners(play_too, on_opening)
        )
    except BaseException:
        live.failed()
        raise
    live.done()
    return generated


def _generate(
    connect: Callable[[], Client],
    audio: Path | bytes,
    settings: JobSettings,
    control: JobControl,
    films: FilmDecoder | None,
    styles: Mapping[str, bytes] | None,
    attached: Mapping[str, bytes] | None,
    listeners: _Listeners,
) -> Generated:
    control.report("service", 0.0, "Starting the service")
    client = connect()
    if isinstance(audio, Path) and is_film(audio):  # the sequencer plays its sound from the first moment on
        settings = replace(settings, from_first_sound=True)
    with _readable(client, audio, films, control, settings.segment) as sound, _named(audio):
        if isinstance(sound, FilmSound):
            rest = replace(SoundPart.parse(settings.segment), track=1)  # of the one track that is sent
            settings = replace(settings, segment=str(rest) or None)
        state = client.submit(
            sound,
            settings,
            styles=styles,
            attached=attached,
            on_sent=lambda share: control.report("upload", share, "Sending the recording"),
            cancelled=control.cancelled,
        )
    try:
        final = _follow(client, state, control, listeners)
        lost = _holds_up(control)
        with _named(audio):
            summary = _summary(final)
        clips = []
        for take in range(summary.takes):
            control.report("download", take / summary.takes, "Fetching the motion")
            clips.append(client.clip(state.id, take, on_lost=lost))
        phones = client.phones(state.id, on_lost=lost)
    except BaseException:
        _drop(client, state.id)
        raise
    _drop(client, state.id)
    if isinstance(sound, FilmSound):
        summary = replace(summary, notes=(*sound.notes, *summary.notes))
    return Generated(tuple(clips), phones, summary)


@contextmanager
def _named(audio: Path | bytes) -> Iterator[None]:
    """The service gets no names, and calls a recording "The sound"; here it has its own."""
    try:
        yield
    except ServiceError as error:
        if not isinstance(audio, Path) or not error.message.startswith(_NAMELESS):
            raise
        raise ServiceError(
            f"{audio.name} {error.message.removeprefix(_NAMELESS)}",
            error.hint,
            code=error.code,
            retry_after=error.retry_after,
        ) from error


def _readable(
    client: Client, audio: Path | bytes, films: FilmDecoder | None, control: JobControl, segment: str | None
) -> AbstractContextManager[Path | bytes | Streamed]:
    """The recording, or the sound of a film that the service cannot read or is too large for it."""
    if isinstance(audio, bytes) or not is_film(audio):
        return nullcontext(audio)
    health = client.health()
    if health.reads_films and (films is None or _fits(audio, health.max_upload_bytes)):
        return nullcontext(audio)
    if films is None:
        raise no_decoder(audio)
    control.report("sound", 0.0, "Reading the film's sound")
    return FilmSound(films, audio, health.max_upload_bytes, control, SoundPart.parse(segment).track)


def _fits(file: Path, most_bytes: int) -> bool:
    try:
        return file.stat().st_size < most_bytes
    except OSError:  # it is gone meanwhile, which is told when it is sent
        return True


def styles_of(
    client: Client, recordings: Mapping[str, Path], settings: JobSettings, control: JobControl
) -> dict[str, bytes]:
    """Style files that the model of ``settings`` makes of clips and recordings of faces, by their names.

    Raises:
        UserError: a recording cannot be used, or the model makes no styles.
        Cancelled: the user stopped it.
    """
    made = {}
    for number, (name, path) in enumerate(recordings.items()):
        control.report("style", number / len(recordings), f"Looking at the manner of {path.name}")
        try:
            made[name] = client.extract_style(path, StyleSettings(model=settings.model))
        except ServiceError as error:
            raise ServiceError(f"{path.name}: {error.message}", error.hint, code=error.code) from error
    return made


def _follow(client: Client, state: JobState, control: JobControl, listeners: _Listeners) -> JobState:
    final = state
    for event in client.events(state.id, windows=listeners.any, on_lost=_holds_up(control)):
        control.check()
        if isinstance(event, Opening):
            if listeners.opening is not None:
                listeners.opening(event)
        elif isinstance(event, Window):
            if listeners.window is not None:
                listeners.window(event)
        elif event is not None:
            final = event
            _report(event, control)
    return final


def _holds_up(control: JobControl) -> Callable[[bool], None]:
    def tell(lost: bool) -> None:
        control.held_up = CONNECTION_LOST if lost else ""

    return tell


def _report(state: JobState, control: JobControl) -> None:
    if state.state == "queued":
        control.report("queue", 0.0, f"Waiting, number {state.queue_position} in the queue")
    elif state.stage:
        control.report(state.stage, state.fraction, state.message)


def _summary(final: JobState) -> JobSummary:
    if final.state == "cancelled":
        raise Cancelled
    if final.error is not None:
        raise ServiceError(final.error.message, final.error.hint, code=final.error.code)
    if final.summary is None:
        raise ServiceError("The service sent no result.", "Try again.", code="bad_reply")
    return final.summary


def _drop(client: Client, job_id: str) -> None:
    """Stop the job or free its memory; what already went wrong matters more than a failure here."""

    def drop() -> None:
        try:
            client.cancel(job_id)
        except UserError:
            return

    thread = threading.Thread(target=drop, name="elocute-drop", daemon=True)
    thread.start()
    thread.join(_DROP_SECONDS)
