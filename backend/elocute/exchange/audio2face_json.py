"""Audio2Face's JSON: names of shapes and a matrix of their weights at a fixed rate.

Newer versions use ARKit's names (52, or 68 with the tongue's); older ones 46 of their own, after the facial
action coding system. The correspondence of the latter is by their meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.track import ControlTrack
from elocute.controls.vocabulary import ARKIT, COLUMN, CONTROLS
from elocute.exchange.clip_controls import controls_of
from elocute.exchange.control_names import known_columns, lacking, pascal, placed
from elocute.exchange.export_format import Export, ExportFormat, Flag
from elocute.exchange.gaps import LARGEST_WEIGHT, check_sizes, filled
from elocute.exchange.import_format import Capture, Document, ImportFormat
from elocute.storage.atomic_write import write_atomically

Float64Array = NDArray[np.float64]

_TOWARDS: Final = "jawDropLipTowards"
_JAW: Final = "jawDrop"


def _both(old: str, new: str) -> dict[str, tuple[str, ...]]:
    return {f"{old}L": (f"{new}Left",), f"{old}R": (f"{new}Right",)}


OLD_SHAPES: Final[Mapping[str, tuple[str, ...]]] = {
    **_both("browLower", "browDown"),
    "innerBrowRaiserL": ("browInnerUp",),
    "innerBrowRaiserR": ("browInnerUp",),
    **_both("outerBrowRaiser", "browOuterUp"),
    "eyesLookLeft": ("eyeLookOutLeft", "eyeLookInRight"),
    "eyesLookRight": ("eyeLookInLeft", "eyeLookOutRight"),
    "eyesLookUp": ("eyeLookUpLeft", "eyeLookUpRight"),
    "eyesLookDown": ("eyeLookDownLeft", "eyeLookDownRight"),
    **_both("eyesClose", "eyeBlink"),
    **_both("eyesUpperLidRaiser", "eyeWide"),
    **_both("squint", "eyeSquint"),
    **_both("cheekRaiser", "cheekSquint"),
    "cheekPuffL": ("cheekPuff",),
    "cheekPuffR": ("cheekPuff",),
    **_both("noseWrinkler", "noseSneer"),
    _JAW: ("jawOpen",),
    _TOWARDS: ("mouthClose",),
    "jawThrust": ("jawForward",),
    "jawSlideLeft": ("jawLeft",),
    "jawSlideRight": ("jawRight",),
    "mouthSlideLeft": ("mouthLeft",),
    "mouthSlideRight": ("mouthRight",),
    **_both("dimpler", "mouthDimple"),
    **_both("lipCornerPuller", "mouthSmile"),
    **_both("lipCornerDepressor", "mouthFrown"),
    **_both("lipStretcher", "mouthStretch"),
    **_both("upperLipRaiser", "mouthUpperUp"),
    **_both("lowerLipDepressor", "mouthLowerDown"),
    "chinRaiser": ("mouthShrugLower", "mouthShrugUpper"),
    "lipPressor": ("mouthPressLeft", "mouthPressRight"),
    "pucker": ("mouthPucker",),
    "funneler": ("mouthFunnel",),
    "lipSuck": ("mouthRollLower", "mouthRollUpper"),
}
"""The older 46, in their order, and ARKit's shapes that each stands for."""
_FACS: Final = Flag("facs-46", "the 46 shapes of older versions instead of ARKit's 52")
_WITH_TONGUE: Final = Flag("tongue", "68 shapes: ARKit's 52 and the tongue's 16")


def _recognises(document: Document) -> bool:
    value = document.json
    return isinstance(value, dict) and {"facsNames", "weightMat"} <= value.keys()


def _read(document: Document) -> Capture:
    value: dict[str, Any] = document.json
    names, matrix = value["facsNames"], value["weightMat"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("facsNames is no list of names")
    fps = value["exportFps"]
    if isinstance(fps, bool) or not isinstance(fps, int | float) or fps <= 0:
        raise ValueError("exportFps is no rate")
    if not isinstance(matrix, list) or not all(
        isinstance(row, list) and len(row) == len(names) and all(map(_is_value, row)) for row in matrix
    ):
        raise ValueError("weightMat has not a number for each shape in every frame")
    given = np.array(matrix, np.float64).reshape(-1, len(names))  # null becomes NaN
    times = np.arange(len(given)) / fps
    check_sizes(given, names, [f"frame {number}" for number in range(1, len(given) + 1)], LARGEST_WEIGHT)
    table, notes = filled(times, given, names)
    old = [name for name in names if name in OLD_SHAPES]
    if len(set(old)) != len(old):
        raise ValueError("a shape is there twice")
    if "lipCornerPullerL" in old and _JAW in old:
        return Capture(times, _from_old(table, names), fps=float(fps), notes=notes)
    places = known_columns(names)
    return Capture(times, placed(table, places), fps=float(fps), notes=notes + lacking(places))


def _is_value(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _from_old(table: Float64Array, names: list[str]) -> Float64Array:
    sources: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        for control in OLD_SHAPES.get(name, ()):
            sources.setdefault(control, []).append(index)
    values = np.zeros((len(table), len(CONTROLS)))
    for control, columns in sources.items():
        values[:, COLUMN[control]] = table[:, columns].mean(axis=1)
    # The jaw drops with lips that stay together: ARKit opens it and closes the mouth in it.
    values[:, COLUMN["jawOpen"]] += values[:, COLUMN["mouthClose"]]
    return values


def _to_old(track: ControlTrack) -> Float64Array:
    columns = {
        name: np.mean([track.column(control) for control in controls], axis=0)
        for name, controls in OLD_SHAPES.items()
    }
    columns[_TOWARDS] = np.minimum(columns[_TOWARDS], columns[_JAW])
    columns[_JAW] = columns[_JAW] - columns[_TOWARDS]
    return np.column_stack(list(columns.values()))


def _write(export: Export) -> tuple[str, ...]:
    track, report = controls_of(export.clip, export.face)
    if _FACS.name in export.flags:
        names, weights = list(OLD_SHAPES), _to_old(track)
    else:
        wanted = CONTROLS if _WITH_TONGUE.name in export.flags else ARKIT
        names, weights = [pascal(name) for name in wanted], track.values[:, : len(wanted)]
    content = {
        "exportFps": track.fps,
        "trackPath": "",
        "numPoses": len(names),
        "numFrames": track.frames,
        "facsNames": names,
        "weightMat": np.clip(weights, 0.0, 1.0).round(8).tolist(),
    }
    with write_atomically(export.path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")
    return (report.sentence(),) if report is not None else ()


FORMAT: Final = ExportFormat(
    name="audio2face-json",
    title="Audio2Face's JSON with the weights of ARKit's 52 blend shapes: .json",
    endings=(".json",),
    needs_face=False,
    takes_face=True,
    write=_write,
    flags=(_FACS, _WITH_TONGUE),
)
READER: Final = ImportFormat("audio2face-json", "a JSON file of Audio2Face", _recognises, _read)
