"""Recordings of the app Face Cap: text with a line of names and a line of numbers for each frame.

``bs,NAME,...`` names the shapes. ``k,MILLISECONDS,px,py,pz,rx,ry,rz,lx,ly,rx,ry,WEIGHT,...`` is a frame:
the head's place and its angles in degrees, two angles of each eye, the weights.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.points import rotation_matrices
from elocute.controls.vocabulary import ARKIT
from elocute.exchange.angles import degrees_about, turned
from elocute.exchange.clip_controls import controls_of
from elocute.exchange.control_names import known_columns, lacking, placed, sided
from elocute.exchange.export_format import Export, ExportFormat
from elocute.exchange.gaps import LARGEST_DEGREES, LARGEST_WEIGHT, check_sizes, filled, values_in
from elocute.exchange.import_format import Capture, Document, ImportFormat
from elocute.storage.atomic_write import write_atomically

Float64Array = NDArray[np.float64]

_NAMES: Final = "bs,"
_FRAME: Final = "k,"
_TURNS: Final = (
    "the time",
    *(f"the head's {what} {axis}" for what in ("place", "angle") for axis in "xyz"),
    *(f"the {side} eye's angle {axis}" for side in ("left", "right") for axis in "xy"),
)
"""What a frame has before its weights."""
_BEFORE: Final = len(_TURNS)
_LOOKED_AT: Final = 50


def _lines(document: Document) -> list[str]:
    return [line.strip() for line in document.text.splitlines()]


def _names(lines: list[str]) -> list[str]:
    found = next((line for line in lines if line.lower().startswith(_NAMES)), _NAMES)
    return [name for name in found.split(",")[1:] if name.strip()]


def _recognises(document: Document) -> bool:
    if document.first_line[:1] in ("", "{", "["):
        return False
    lines = _lines(document)[:_LOOKED_AT]
    return any(line.lower().startswith(_NAMES) and line.count(",") > 1 for line in lines)


def _read(document: Document) -> Capture:
    lines = _lines(document)
    names = _names(lines)
    places = known_columns(names)
    frames = [(number, line) for number, line in enumerate(lines, 1) if line.lower().startswith(_FRAME)]
    rows: list[list[float]] = []
    places_told: list[str] = []
    for number, line in frames:
        cells = line.split(",")[1 : _BEFORE + len(names) + 1]
        if len(cells) < _BEFORE + len(names) and number == frames[-1][0] and rows:
            break  # a recording that was cut off
        row = values_in(cells, (*_TURNS, *names)[: len(cells)], number)
        if len(row) < _BEFORE + len(names) or not math.isfinite(row[0]):
            raise ValueError(f"line {number} has not a number for each shape")
        rows.append(row)
        places_told.append(f"line {number}")
    if not rows:
        raise ValueError("it holds no frames")
    table = np.array(rows)
    times = table[:, 0] / 1000
    titles = [*_TURNS, *names]
    largest = [math.inf] * 4 + [LARGEST_DEGREES] * (_BEFORE - 4) + [LARGEST_WEIGHT] * len(names)
    check_sizes(table, titles, places_told, largest)
    table, notes = filled(times, table, titles)
    angles = np.radians(table[:, 4:_BEFORE])
    still = np.zeros(len(table))
    head = turned(angles[:, 0], angles[:, 1], angles[:, 2])
    left, right = (turned(angles[:, at], angles[:, at + 1], still) for at in (3, 5))
    eyes = np.column_stack([left, right])
    values = placed(table[:, _BEFORE:], places)
    return Capture(times, values, head, eyes if eyes.any() else None, notes=notes + lacking(places))


def _write(export: Export) -> tuple[str, ...]:
    track, report = controls_of(export.clip, export.face)
    head = rotation_matrices(track.head) @ rotation_matrices(track.neck)
    eyes = [rotation_matrices(track.eyes[:, :3]), rotation_matrices(track.eyes[:, 3:])]
    table = np.column_stack(
        [
            1000 * np.arange(track.frames) / track.fps,
            np.zeros((track.frames, 3)),
            degrees_about(head),
            *(degrees_about(eye)[:, :2] for eye in eyes),
            np.clip([track.column(name) for name in ARKIT], 0.0, 1.0).T,
        ]
    )
    with write_atomically(export.path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write(_NAMES + ",".join(sided(name) for name in ARKIT) + "\n")
        for row in table + 0.0:
            stream.write(_FRAME + ",".join(f"{number:.7f}" for number in row) + "\n")
    return (report.sentence(),) if report is not None else ()


FORMAT: Final = ExportFormat(
    name="face-cap",
    title="a recording as the app Face Cap writes it: .txt",
    endings=(".txt",),
    needs_face=False,
    takes_face=True,
    write=_write,
)
READER: Final = ImportFormat("face-cap", "a recording of the app Face Cap (.txt)", _recognises, _read)
