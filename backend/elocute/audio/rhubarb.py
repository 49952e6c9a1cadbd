"""Mouth shapes A to H and X from phones, in the four formats of Rhubarb Lip Sync.

The shapes: A lips closed (P, B, M), B teeth together (most consonants, EE), C open (EH), D wide open (AA), E
slightly rounded (AO, ER), F puckered (OO, W), G teeth on the lower lip (F, V), H tongue raised (L), X rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from elocute.audio.phone import SILENCE, Phone
from elocute.errors import one_line
from elocute.storage.atomic_write import write_atomically

CLOSED: Final = "A"
SHAPES: Final[dict[str, str]] = {
    **dict.fromkeys(("P", "B", "M"), "A"),
    **dict.fromkeys(("D", "T", "N", "NG", "K", "G", "S", "Z", "DH", "TH", "HH", "Y"), "B"),
    **dict.fromkeys(("IY", "IH", "CH", "JH", "SH", "ZH"), "B"),
    **dict.fromkeys(("EH", "AE", "AH"), "C"),
    "AA": "D",
    **dict.fromkeys(("AO", "ER", "R", "UH"), "E"),
    **dict.fromkeys(("UW", "W"), "F"),
    **dict.fromkeys(("F", "V"), "G"),
    "L": "H",
    "AW": "DF",
    "AY": "DB",
    "EY": "CB",
    "OW": "EF",
    "OY": "EB",
    SILENCE: "X",
}
"""Shapes of every phone; diphthongs have two, each half as long."""
SHORTEST_REST: Final = 0.12
"""Seconds of silence from which the mouth goes to rest; in less it stays as it was."""
DAT_FPS: Final = 24


@dataclass(frozen=True)
class Cue:
    """A mouth shape with its time in seconds."""

    shape: str
    start: float
    end: float


def cues(phones: Sequence[Phone], seconds: float) -> tuple[Cue, ...]:
    """Shapes that fill 0 to ``seconds`` without gaps; neighbours differ."""
    made: list[Cue] = []

    def add(shape: str, start: float, end: float) -> None:
        end = min(end, seconds)
        if end <= start:
            return
        if made and made[-1].shape == shape:
            made[-1] = replace(made[-1], end=end)
        else:
            made.append(Cue(shape, start, end))

    at = 0.0
    for phone in (*phones, Phone(SILENCE, seconds, seconds)):
        start = max(phone.start, at)
        rest = start - at
        if phone.label == SILENCE:
            continue  # silence is what lies between phones, whether it is named or not
        if rest > 0:
            add(made[-1].shape if made and rest < SHORTEST_REST else "X", at, start)
        shapes = SHAPES[phone.label]
        step = max(phone.end - start, 0.0) / len(shapes)
        for number, shape in enumerate(shapes):
            add(shape, start + number * step, start + (number + 1) * step)
        at = max(at, min(phone.end, seconds))
    add("X", at, seconds)
    return tuple(made)


def tsv_text(made: Sequence[Cue], seconds: float, sound: str) -> str:
    """Start and shape a line, and the end with X."""
    rows = [f"{cue.start:.2f}\t{cue.shape}\n" for cue in made]
    return "".join([*rows, f"{seconds:.2f}\tX\n"])


def json_text(made: Sequence[Cue], seconds: float, sound: str) -> str:
    """``metadata`` and ``mouthCues``."""
    rows = [{"start": round(cue.start, 2), "end": round(cue.end, 2), "value": cue.shape} for cue in made]
    metadata = {"soundFile": one_line(sound), "duration": round(seconds, 2)}
    return json.dumps({"metadata": metadata, "mouthCues": rows}, indent=2) + "\n"


def xml_text(made: Sequence[Cue], seconds: float, sound: str) -> str:
    """``rhubarbResult`` with ``metadata`` and ``mouthCues``."""
    rows = [
        f'    <mouthCue start="{cue.start:.2f}" end="{cue.end:.2f}">{cue.shape}</mouthCue>' for cue in made
    ]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            "<rhubarbResult>",
            "  <metadata>",
            f"    <soundFile>{escape(one_line(sound))}</soundFile>",
            f"    <duration>{seconds:.2f}</duration>",
            "  </metadata>",
            "  <mouthCues>",
            *rows,
            "  </mouthCues>",
            "</rhubarbResult>",
            "",
        ]
    )


def dat_text(made: Sequence[Cue], seconds: float, sound: str) -> str:
    """Moho's switch data: frames from 1 at :data:`DAT_FPS`.

    Of several shapes in a frame the last counts; but closed lips keep theirs, and what follows waits.
    """
    frames: dict[int, str] = {}
    for cue in made:
        frame = 1 + int(cue.start * DAT_FPS + 1e-6)
        frames[frame + 1 if frames.get(frame) == CLOSED else frame] = cue.shape
    last = 1 + int(seconds * DAT_FPS + 1e-6)
    frames.setdefault(last if last not in frames else last + 1, "X")
    return "".join(["MohoSwitch1\n", *(f"{frame} {shape}\n" for frame, shape in frames.items())])


WRITERS: Final[dict[str, Callable[[Sequence[Cue], float, str], str]]] = {
    ".rhubarb.json": json_text,
    ".tsv": tsv_text,
    ".xml": xml_text,
    ".dat": dat_text,
}
"""How each ending of a file's name is written."""


def ending_of(path: Path) -> str | None:
    """The ending among :data:`WRITERS` that the name has, or None."""
    return next((ending for ending in WRITERS if path.name.lower().endswith(ending)), None)


def write_rhubarb(path: Path, phones: Sequence[Phone], seconds: float, sound: str) -> None:
    """Write mouth shapes in the format that the ending of ``path`` names.

    Args:
        path: ends in one of :data:`WRITERS`.
        phones: in order.
        seconds: length of the recording.
        sound: name of the recording, for the formats that keep it.

    Raises:
        InputError: it cannot be written.
        KeyError: the name ends in nothing of these.
    """
    text = WRITERS[ending_of(path) or path.suffix](cues(phones, seconds), seconds, sound)
    with write_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
