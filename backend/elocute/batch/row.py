"""One recording of a batch: what its row of the manifest says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from elocute.audio.segment import Segment
from elocute.motion.revision import Pin
from elocute.revision_text import RangeText


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
        phones: file that tells what is said and when, None where it is to be found.
        base: clip of the recording that is changed, None where one is made.
        range: what is made anew of it, as somebody wrote it.
        channels: parts of the face that are made anew; none for all.
        pinned: numbers that are met.
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
    phones: Path | None = None
    base: Path | None = None
    range: tuple[RangeText, ...] = ()
    channels: tuple[str, ...] = ()
    pinned: tuple[Pin, ...] = ()

    @property
    def cells(self) -> dict[str, str]:
        """What the table tells of the row, by its columns; nothing where the batch decides."""
        named = ("segment", "style", "seed", "model", "character", "notes")
        values = ((name, getattr(self, name)) for name in named)
        return {name: str(value) for name, value in values if value is not None}


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be used.

    Attributes:
        id: as in the manifest, or what stands for it.
        audio: as in the manifest.
        error: one or two sentences.
        hint: what to do, may be empty.
        cells: the row's other entries by their columns, as far as they could be read.
    """

    id: str
    audio: str
    error: str
    hint: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)
