"""What is kept of jobs and results: the rows of the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from elocute.service.messages import ErrorMessage, JobSettings, JobSummary, Message

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""Name of a kept content. Nothing else becomes part of a path."""

Ended = Literal["done", "failed", "cancelled"]


class Inputs(Message):
    """What a job was sent: its settings, and the digests of the contents that came along.

    Attributes:
        settings: what to make of the sound.
        audio: of the sound file.
        styles: of the style files, by their names.
        attached: of the further files, by the names of their parts.
        size: bytes of them all.
    """

    settings: JobSettings
    audio: Digest
    styles: Mapping[str, Digest] = {}
    attached: Mapping[str, Digest] = {}
    size: int

    @property
    def digests(self) -> tuple[str, ...]:
        """Of every content."""
        return (self.audio, *self.styles.values(), *self.attached.values())


class JobRecord(Message):
    """A job that was accepted.

    Attributes:
        id: random; whoever knows it may ask for the job.
        client: whose job it is.
        key: digest of what its result follows from.
        kind: what is made.
        accepted: when, in seconds since 1970.
        inputs: None once it has ended: then nothing of the user's is needed any more.
        starts: how often its work was begun and did not end.
        end: how it ended, None before.
        ended: when, in seconds since 1970; 0 before.
        error: why it failed.
    """

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    client: str
    key: Digest
    kind: Literal["generate", "phones"]
    accepted: float
    inputs: Inputs | None
    starts: int = 0
    end: Ended | None = None
    ended: float = 0.0
    error: ErrorMessage | None = None


class ResultRecord(Message):
    """What was made for a key.

    Attributes:
        key: digest of what it follows from.
        summary: what a job's state tells of it.
        clips: digest of each take's file.
        windows: digest of the windows of motion, one message a line.
        phones: digest of the phones' message.
        size: bytes of all these contents.
        used: when it was last made or asked for by a new job, in seconds since 1970.
        makeshift: for the jobs that waited for it alone; a new job is worked on again.
    """

    key: Digest
    summary: JobSummary
    clips: tuple[Digest, ...]
    windows: Digest
    phones: Digest
    size: int
    used: float
    makeshift: bool = False

    @property
    def digests(self) -> tuple[str, ...]:
        """Of every content."""
        return (*self.clips, self.windows, self.phones)
