"""Which shots a folder of clips holds: the table that ``elocute batch`` wrote, or every clip in it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..errors import UserError
from ..sound_part import SoundPart

TABLE: Final = "results.csv"
_LARGEST_TABLE: Final = 512 * 1024 * 1024


@dataclass(frozen=True)
class Shot:
    """One clip on one character.

    Attributes:
        id: the clip's name without its ending; names the outputs.
        clip: clip file.
        audio: its recording, or None where that is not known.
        part: the part of the recording that the clip is of.
        character: who speaks, may be empty.
    """

    id: str
    clip: Path
    audio: Path | None = None
    part: SoundPart = field(default_factory=SoundPart)
    character: str = ""


def find_shots(clips: Path, only: tuple[str, ...] = (), part: tuple[int, int] = (1, 1)) -> tuple[Shot, ...]:
    """The shots of a folder that a batch wrote, of a folder of clips, or of a clip, by their order there.

    Args:
        clips: the folder, or the clip.
        only: ids of the shots that are wanted; empty for all.
        part: ``(k, n)``: every n-th of them from the k-th on.

    Raises:
        UserError: there are none, or ``only`` names one that is not there.
    """
    if clips.is_file():
        shots: tuple[Shot, ...] = (Shot(clips.stem, clips),)
    elif not clips.is_dir():
        raise UserError(f"There is no folder {clips}.", "Give the folder that elocute batch wrote.")
    elif (clips / TABLE).is_file():
        shots = tuple(_of_table(clips))
    else:
        shots = tuple(Shot(path.stem, path) for path in sorted(clips.glob("*.npz")))
    missing = set(only) - {shot.id for shot in shots}
    if missing:
        raise UserError(f"There is no shot {min(missing)!r} in {clips}.", "Correct --only.")
    if not shots:
        raise UserError(f"There are no clips in {clips}.", "Give the folder that elocute batch wrote.")
    number, count = part
    return tuple(shot for shot in shots if not only or shot.id in only)[number - 1 :: count]


def _of_table(folder: Path) -> Iterator[Shot]:
    table = folder / TABLE
    if table.stat().st_size > _LARGEST_TABLE:
        raise UserError(f"{table} is too large.", "Split the batch.")
    try:
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("status") in ("done", "unchanged"):
                    yield from _of_row(row, folder)
    except (csv.Error, UnicodeDecodeError, ValueError, OSError) as error:
        raise UserError(f"{table} cannot be read: {error}.", "Run elocute batch again.") from error


def _of_row(row: dict[str, str | None], folder: Path) -> Iterator[Shot]:
    recording = row.get("audio")
    audio = Path(recording) if recording else None
    try:
        part = SoundPart.parse(row.get("segment"))
    except UserError as error:
        raise ValueError(error.message.rstrip(".")) from error
    for name in filter(None, (part.strip() for part in (row.get("clips") or "").split("|"))):
        if Path(name).name != name or not name.endswith(".npz"):
            raise ValueError(f"{name[:80]!r} is no name of a clip")
        yield Shot(
            id=name.removesuffix(".npz"),
            clip=folder / name,
            audio=audio,
            part=part,
            character=row.get("character") or "",
        )
