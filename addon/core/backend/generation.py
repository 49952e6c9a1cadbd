"""Have the service make clips of a recording: the work of one :class:`~.job.Job`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import Cancelled, UserError
from ..job import JobControl
from .client import Client, ServiceError
from .messages import JobSettings, JobState, JobSummary, PhoneList


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


def generate(
    connect: Callable[[], Client], audio: Path | bytes, settings: JobSettings, control: JobControl
) -> Generated:
    """Send ``audio``, wait, and fetch the result.

    Args:
        connect: returns a client of a running service, starting it if need be.
        audio: the sound file or its bytes.
        settings: what to make of it.
        control: hears about progress; stops the job in the service when cancelled.

    Raises:
        UserError: the recording or settings cannot be used, or the service failed.
        Cancelled: the user stopped it.
    """
    control.report("service", 0.0, "Starting the service")
    client = connect()
    state = client.submit(
        audio,
        settings,
        on_sent=lambda share: control.report("upload", share, "Sending the recording"),
        cancelled=control.cancelled,
    )
    try:
        final = _follow(client, state, control)
        summary = _summary(final)
        clips = []
        for take in range(summary.takes):
            control.report("download", take / summary.takes, "Fetching the motion")
            clips.append(client.clip(state.id, take))
        phones = client.phones(state.id)
    except BaseException:
        _drop(client, state.id)
        raise
    _drop(client, state.id)
    return Generated(tuple(clips), phones, summary)


def _follow(client: Client, state: JobState, control: JobControl) -> JobState:
    final = state
    for change in client.events(state.id):
        control.check()
        if change is None:
            continue
        final = change
        if change.state == "queued":
            control.report("queue", 0.0, f"Waiting, number {change.queue_position} in the queue")
        elif change.stage:
            control.report(change.stage, change.fraction, change.message)
    return final


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
    try:
        client.cancel(job_id)
    except UserError:
        return
