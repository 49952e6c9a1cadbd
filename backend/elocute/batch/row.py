"""One recording of a batch: what its row of the manifest says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from elocute.audio.segment import Segment


@dataclass(frozen=True)
class Row:
    """What to generate from one recording. What is None is as the batch says.

    Attributes:
        id: names the row's outputs; letters, digits, blanks and ``._-``.
        audio: sound file.
        segment: the part of it that is meant, None for all.
        transcript: what is said, None where it is to be recognised.
        language: language code of the speech.
        style: style of the model, or style files with weights.
        seed: of the first take.
        takes: how many clips.
        model: id, checkpoint folder or hub id.
        character: who speaks; not used here, handed on to what renders.
        notes: what its writer noted; not used here, handed on to the table and the report.
    """

    id: str
    audio: Path
    segment: Segment | None = None
    transcript: str | None = None
    language: str | None = None
    style: str | None = None
    seed: int | None = None
    takes: int | None = None
    model: str | None = None
    character: str = ""
    notes: str = ""


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be used.

    Attributes:
        id: as in the manifest, or what stands for it.
        audio: as in the manifest.
        error: one or two sentences.
        hint: what to do, may be empty.
    """

    id: str
    audio: str
    error: str
    hint: str = ""
