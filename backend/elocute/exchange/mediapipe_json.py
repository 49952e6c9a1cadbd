"""Results of MediaPipe's face landmarker as JSON, one for each frame, as programs write them out.

A list of results, or an object with the list as ``frames`` and perhaps ``fps``. A result has
``faceBlendshapes`` (a list of faces with ``categories``, or the categories themselves; the first face is
read), perhaps ``timestampMs`` and ``facialTransformationMatrixes``. Names with underscores, as Python has
them, are the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.points import rotation_matrices
from elocute.controls.vocabulary import ARKIT, COLUMN, CONTROLS
from elocute.errors import counted
from elocute.exchange.angles import axis_angles
from elocute.exchange.clip_controls import controls_of
from elocute.exchange.control_names import ENOUGH, control_named, lacking
from elocute.exchange.export_format import Export, ExportFormat
from elocute.exchange.gaps import LACKING, LARGEST_WEIGHT, check_sizes, filled
from elocute.exchange.import_format import Capture, Document, ImportFormat
from elocute.storage.atomic_write import write_atomically

Float64Array = NDArray[np.float64]

SHAPES: Final = tuple(sorted(name for name in ARKIT if name != "tongueOut"))
"""MediaPipe's names, which lack the tongue; before them comes ``_neutral``."""
_DEFAULT_FPS: Final = 30.0
_BLENDSHAPES: Final = ("faceBlendshapes", "face_blendshapes")
_MATRICES: Final = ("facialTransformationMatrixes", "facial_transformation_matrixes")
_TIMES: Final = ("timestampMs", "timestamp_ms")


def _frames(document: Document) -> list[Any]:
    value = document.json
    frames = value.get("frames") if isinstance(value, dict) else value
    return frames if isinstance(frames, list) else []


def _of(frame: Any, names: tuple[str, ...]) -> Any:
    return next((frame[name] for name in names if isinstance(frame, dict) and name in frame), None)


def _recognises(document: Document) -> bool:
    return any(_of(frame, _BLENDSHAPES) is not None for frame in _frames(document))


def _read(document: Document) -> Capture:
    frames, value = _frames(document), document.json
    fps = value.get("fps", _DEFAULT_FPS) if isinstance(value, dict) else _DEFAULT_FPS
    times: list[float] = []
    rows: list[Mapping[str, float]] = []
    heads: list[Float64Array | None] = []
    numbers: list[int] = []
    # A time that is missing among others would have to be made up; whatever is joined to it would shift.
    stamped = any(_of(frame, _TIMES) is not None for frame in frames)
    for number, frame in enumerate(frames):
        scores = _scores(_of(frame, _BLENDSHAPES), number + 1)
        if scores:  # the others are frames without a face, which are filled by their times
            times.append(_number(_of(frame, _TIMES)) / 1000 if stamped else number / _number(fps))
            rows.append(scores)
            heads.append(_rotation(_of(frame, _MATRICES), number + 1))
            numbers.append(number + 1)
    if not rows:
        raise ValueError("it has no frame with a face")
    known = {name for row in rows for name in row}
    if len(known) < ENOUGH:
        raise ValueError(f"it has only {len(known)} of ARKit's blend shapes")
    ordered = sorted(known)
    given = np.array([[row.get(name, 0.0) for name in ordered] for row in rows])
    moments = np.array(times)
    check_sizes(given, ordered, [f"frame {number}" for number in numbers], LARGEST_WEIGHT)
    table, told = filled(moments, given, ordered)
    values = np.zeros((len(rows), len(CONTROLS)))
    values[:, [COLUMN[name] for name in ordered]] = table
    turned = [head for head in heads if head is not None]
    head = axis_angles(np.stack(turned)) if turned and len(turned) == len(heads) else None
    notes = told + lacking(dict.fromkeys(known, 0), optional=("tongueOut",))
    start = None
    if outside := numbers[0] - 1 + len(frames) - numbers[-1]:
        notes += (
            f"{counted(outside, 'frame')} without a face at the start or the end of the take, left out.",
        )
        first = _of(frames[0], _TIMES) if stamped else 0
        start = None if first is None else _number(first) / 1000
    return Capture(moments, values, head, fps=None if stamped else _number(fps), notes=notes, start=start)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a score, time or rate is no number")
    return float(value)


def _scores(faces: Any, number: int) -> dict[str, float]:
    if not isinstance(faces, list):
        raise ValueError(f"frame {number} has no list of blend shapes")
    first = faces[0] if faces else []
    categories = first.get("categories") if isinstance(first, dict) and "categories" in first else first
    if isinstance(categories, dict):  # the categories themselves, without a list of faces
        categories = faces
    if not isinstance(categories, list) or not all(isinstance(one, dict) for one in categories):
        raise ValueError(f"frame {number} has no list of categories")
    scores = {}
    for one in categories:
        name = _of(one, ("categoryName", "category_name"))
        control = control_named(name) if isinstance(name, str) else None
        if control is not None:
            score = one.get("score")
            scores[control] = LACKING if score is None else _number(score)
    return scores


def _rotation(matrices: Any, number: int) -> Float64Array | None:
    """(3, 3) rotation of the first face: flat data lie column by column, nested rows row by row."""
    first = matrices[0] if isinstance(matrices, list) and matrices else None
    if first is None:
        return None
    data = first.get("data") if isinstance(first, dict) else first
    matrix = np.array(data, np.float64)
    matrix = matrix.reshape(4, 4).T if matrix.ndim == 1 else matrix
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise ValueError(f"the transformation of frame {number} is no 4 x 4 matrix")
    largest = float(np.abs(matrix[:3, :3]).max())
    if largest > LARGEST_WEIGHT:
        raise ValueError(f"the transformation of frame {number} has {largest:.6g}, more than a head's can")
    left, sizes, right = np.linalg.svd(matrix[:3, :3])
    rotation: Float64Array = left @ right
    if sizes[-1] < 1e-6 or np.linalg.det(rotation) < 0:
        raise ValueError(f"the transformation of frame {number} is no rotation")
    return rotation


def _write(export: Export) -> tuple[str, ...]:
    track, report = controls_of(export.clip, export.face)
    shapes = np.clip(np.column_stack([track.column(name) for name in SHAPES]), 0.0, 1.0)
    turns = np.tile(np.eye(4), (track.frames, 1, 1))
    turns[:, :3, :3] = rotation_matrices(track.head) @ rotation_matrices(track.neck)
    frames = [
        {
            "timestampMs": round(1000 * at / track.fps, 3),
            "faceBlendshapes": [{"categories": _categories(row), "headIndex": 0, "headName": ""}],
            "facialTransformationMatrixes": [
                {"rows": 4, "columns": 4, "data": turn.T.ravel().round(9).tolist()}
            ],
        }
        for at, (row, turn) in enumerate(zip(shapes, turns, strict=True))
    ]
    with write_atomically(export.path) as temporary:
        content = {"fps": track.fps, "frames": frames}
        temporary.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
    return (report.sentence(),) if report is not None else ()


def _categories(row: Float64Array) -> list[dict[str, object]]:
    named = [("_neutral", 0.0), *zip(SHAPES, row.round(7).tolist(), strict=True)]
    return [
        {"index": at, "score": score, "categoryName": name, "displayName": ""}
        for at, (name, score) in enumerate(named)
    ]


FORMAT: Final = ExportFormat(
    name="mediapipe-json",
    title="results of MediaPipe's face landmarker with 51 blend shapes and the head of every frame: .json",
    endings=(".json",),
    needs_face=False,
    takes_face=True,
    write=_write,
)
READER: Final = ImportFormat(
    "mediapipe-json", "results of MediaPipe's face landmarker (JSON)", _recognises, _read
)
