"""Messages of the apps iFacialMocap and Facemotion3d, one in a line, as a program keeps what it receives.

The makers describe the messages of their streams (ifacialmocap.com/for-developer and
facemotion3d.net/for-developer): ``NAME-VALUE|...|=head#x,y,z,px,py,pz|rightEye#x,y,z|leftEye#x,y,z|`` with
values of 0 to 100 and angles in degrees; Facemotion3d has ``&`` for ``-`` and the sides in full. Over TCP
each ends with ``___iFacialMocap``. In the messages shown there eyes that look down (``eyeLookDown_*``) have a
positive x, eyes that look to the character's left a positive y; the head is taken to follow them.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.points import rotation_matrices
from elocute.controls.vocabulary import ARKIT, COLUMN, CONTROLS
from elocute.exchange.angles import degrees_about, turned
from elocute.exchange.clip_controls import controls_of
from elocute.exchange.control_names import ENOUGH, control_named, lacking, sided
from elocute.exchange.export_format import Export, ExportFormat, Flag
from elocute.exchange.gaps import LARGEST_DEGREES, LARGEST_WEIGHT, check_sizes, filled, values_in
from elocute.exchange.import_format import Capture, Document, ImportFormat
from elocute.storage.atomic_write import write_atomically

Float64Array = NDArray[np.float64]

_RATE: Final = 60
_END: Final = "___iFacialMocap"
_SHAPE: Final = re.compile(r"(\w+)\s*[-&]\s*(-?[\d.e+-]+|[-+]?(?:nan|inf)|null|)", re.ASCII | re.IGNORECASE)
_JOINT: Final = re.compile(r"=?\s*(head|rightEye|leftEye)\s*#([^#|]*)", re.ASCII | re.IGNORECASE)
_JOINTS: Final = ("head", "lefteye", "righteye")
_ANGLES: Final = tuple(f"the angle {axis} of {joint}" for joint in _JOINTS for axis in "xyz")
_MOST: Final = 1_000_000
_FACEMOTION: Final = Flag("facemotion3d", "messages of Facemotion3d: & for the hyphen, sides written out")


def _messages(document: Document) -> list[str]:
    text = document.text.replace(_END, "\n")
    return [line for line in text.splitlines() if line.strip()]


def _recognises(document: Document) -> bool:
    first = document.first_line.partition(_END)[0]
    if "|" not in first or first[:1] in ("{", "["):
        return False
    names = (match[1] for match in map(_SHAPE.fullmatch, _parts(first)) if match)
    return len([name for name in names if control_named(name)]) >= ENOUGH


def _read(document: Document) -> Capture:
    messages = _messages(document)
    if len(messages) > _MOST:
        raise ValueError(f"it has more than {_MOST} messages")
    values: list[Float64Array] = []
    turns: list[Float64Array] = []
    known: dict[str, int] = {}
    for number, message in enumerate(messages, 1):
        if number == len(messages) and number > 1 and not message.rstrip().endswith("|"):
            break  # a recording that was cut off
        weights, joints = _parsed(message, number)
        known |= dict.fromkeys(weights, 0)
        row = np.zeros(len(CONTROLS))
        for name, value in weights.items():
            row[COLUMN[name]] = value / 100
        values.append(row)
        turns.append(joints)
    if len(known) < ENOUGH:
        raise ValueError(f"it has only {len(known)} of ARKit's blend shapes")
    rate = document.timecode_rate or _RATE
    times = np.arange(len(values)) / rate
    ordered = sorted(known)
    columns = [COLUMN[name] for name in ordered]
    table = np.zeros((len(values), len(CONTROLS)))
    shapes, angles = np.stack(values)[:, columns], np.stack(turns).reshape(len(turns), -1)
    lines = [f"line {number}" for number in range(1, len(values) + 1)]
    check_sizes(100 * shapes, ordered, lines, 100 * LARGEST_WEIGHT)
    check_sizes(angles, _ANGLES, lines, LARGEST_DEGREES)
    table[:, columns], told = filled(times, shapes, ordered)
    turned_by, told_of_turns = filled(times, angles, _ANGLES)
    notes = (
        ()
        if document.timecode_rate
        else (
            f"{rate} messages a second were taken, as the apps send them; another rate is given as the "
            "timecode rate (--timecode-rate).",
        )
    )
    turned_radians = np.radians(turned_by.reshape(-1, len(_JOINTS), 3))
    head, left, right = (turned(*turned_radians[:, joint].T) for joint in range(len(_JOINTS)))
    eyes = np.column_stack([left, right])
    return Capture(
        times,
        table,
        head,
        eyes if eyes.any() else None,
        fps=float(rate),
        notes=notes + told + told_of_turns + lacking(known),
    )


def _parsed(message: str, line: int) -> tuple[dict[str, float], Float64Array]:
    """Values by control, and (3, 3) degrees of the head, the left and the right eye."""
    shapes: dict[str, float] = {}
    joints = np.zeros((len(_JOINTS), 3))
    for part in _parts(message):
        if joint := _JOINT.fullmatch(part):
            joints[_JOINTS.index(joint[1].lower())] = [
                _number(text, f"an angle of {joint[1]}", line) for text in joint[2].split(",")[:3]
            ]
        elif (shape := _SHAPE.fullmatch(part)) and (name := control_named(shape[1])):
            if name in shapes:
                raise ValueError(f"line {line} has {name} twice")
            shapes[name] = _number(shape[2], shape[1], line)
    if not shapes:
        raise ValueError(f"line {line} is no message of the app")
    return shapes, joints


def _parts(message: str) -> list[str]:
    """What stands between the bars, without the space around it: where patterns have to take that away, a
    long run of spaces takes them time with its square."""
    return [part.strip() for part in message.split("|")]


def _number(text: str, name: str, line: int) -> float:
    (number,) = values_in([text], [name], line)
    return number


def _write(export: Export) -> tuple[str, ...]:
    track, report = controls_of(export.clip, export.face)
    facemotion = _FACEMOTION.name in export.flags
    names = [(name if facemotion else sided(name)) + ("&" if facemotion else "-") for name in ARKIT]
    shapes = 100 * np.clip([track.column(name) for name in ARKIT], 0.0, 1.0).T
    head = degrees_about(rotation_matrices(track.head) @ rotation_matrices(track.neck))
    left, right = (degrees_about(rotation_matrices(track.eyes[:, at : at + 3])) for at in (0, 3))
    with write_atomically(export.path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for frame in range(track.frames):
            parts = [f"{name}{value:.4f}" for name, value in zip(names, shapes[frame], strict=True)]
            parts.append("=head#" + _joined([*head[frame], 0.0, 0.0, 0.0]))
            parts += [
                f"{name}#{_joined(turn[frame])}" for name, turn in (("rightEye", right), ("leftEye", left))
            ]
            stream.write("|".join(parts) + "|\n")
    notes: tuple[str, ...] = (report.sentence(),) if report is not None else ()
    if track.fps != _RATE:
        notes += (
            f"The file has {track.fps:g} messages a second and does not say so; the apps send {_RATE}.",
        )
    return notes


def _joined(numbers: Float64Array | list[float]) -> str:
    return ",".join(f"{number + 0.0:.6f}" for number in numbers)


FORMAT: Final = ExportFormat(
    name="ifacialmocap",
    title="messages of the app iFacialMocap, one in a line: .txt",
    endings=(".txt",),
    needs_face=False,
    takes_face=True,
    write=_write,
    flags=(_FACEMOTION,),
)
READER: Final = ImportFormat(
    "ifacialmocap", "messages of the apps iFacialMocap or Facemotion3d (.txt)", _recognises, _read
)
