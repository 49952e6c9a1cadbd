"""Assemble the head as a FaceModel in metres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from elocute.face.characters import Character
from elocute.face.model import JOINT_NAMES, JOINT_PARENTS, FaceModel
from elocute.face.standin import eyelids, mouth
from elocute.face.standin.brows import brow_points, brows, lashes
from elocute.face.standin.bust import shirt
from elocute.face.standin.cast import CAST, HAIR_STYLES, Sketch
from elocute.face.standin.ears import left_ear
from elocute.face.standin.eyeballs import eyeballs
from elocute.face.standin.grid import Indices
from elocute.face.standin.hair import SHORT, HairStyle, hair_cap, scalp_share
from elocute.face.standin.identity import DIRECTIONS, identity_directions
from elocute.face.standin.keys import skin_expressions
from elocute.face.standin.keys_mouth import MouthKeys
from elocute.face.standin.landmarks import landmark_vertices
from elocute.face.standin.paint import skin_colors
from elocute.face.standin.palette import Palette
from elocute.face.standin.part import Part, bind_to
from elocute.face.standin.sdf import Array
from elocute.face.standin.skin import Skin, build_skin
from elocute.face.standin.surface import Proportions, head_field
from elocute.face.standin.teeth import tooth_row
from elocute.face.standin.tongue import tongue
from elocute.face.standin.unwrap import corner_uv
from elocute.face.standin.weights import jaw_share, neck_share
from elocute.motion.head1_basis import (
    BASIS,
    EYE_LOOK_HORIZONTAL_RADIANS,
    EYE_LOOK_VERTICAL_RADIANS,
    HEAD_NAMES,
    JAW_OPEN_RADIANS,
)

MATERIALS: Final[dict[str, tuple[float, float, float, float]]] = {
    "skin": (0.56, 0.325, 0.225, 1.0),
    "mouth": (0.26, 0.06, 0.055, 1.0),
    "eye": (0.78, 0.75, 0.72, 1.0),
    "teeth": (0.74, 0.70, 0.60, 1.0),
    "tongue": (0.52, 0.155, 0.145, 1.0),
    "hair": (0.05, 0.029, 0.018, 1.0),
    "cloth": (0.045, 0.085, 0.115, 1.0),
}
CM: Final = 0.01
_SMALLEST: Final = 2e-4  # displacements below 2 micrometres are dropped, cm
_GRAIN: Final = 2.0**-20
"""Metres to multiples of which identity directions are rounded, which halves their size in the file."""
SHAPE_NAMES: Final = (*DIRECTIONS, *HAIR_STYLES)
"""Names of the identity directions: the face's, then one for each style of hair."""


@cache
def standin_head() -> FaceModel:
    """Return :func:`build_head` of the usual proportions, which is generated once in a process: it takes
    seconds. Its arrays cannot be changed, as all share them."""
    head = build_head()
    _protect(head)
    return head


def _protect(part: Any) -> None:
    """Make all arrays of a head unchangeable."""
    if isinstance(part, np.ndarray):
        part.flags.writeable = False
    elif isinstance(part, Mapping):
        for one in part.values():
            _protect(one)
    elif is_dataclass(part):
        _protect(vars(part))


def build_head(size: Proportions | None = None) -> FaceModel:
    """Generate ``elocute-head-1``; the same arrays every time."""
    size = size or Proportions()
    curves = mouth.rest_curves(size.mouth_half_width, size.mouth_y)
    skin = build_skin(head_field, size, curves)
    jaw = jaw_share(skin)
    delta = skin_expressions(skin, size, curves, jaw)
    parts = _parts(skin, delta, size, Palette(), SHORT)

    points = [skin.points, *(p.points for p in parts)]
    starts = np.cumsum([0, *map(len, points)])
    faces = [
        skin.faces,
        *(np.where(p.faces < 0, -1, p.faces + s) for p, s in zip(parts, starts[1:], strict=False)),
    ]
    materials = [
        _skin_materials(skin),
        *(np.full(len(p.faces), list(MATERIALS).index(p.material)) for p in parts),
    ]
    offsets = np.concatenate([delta, *(p.delta for p in parts)])
    still = np.abs(offsets).max(axis=1) < _SMALLEST  # (V, E)
    offsets = np.where(still[:, None], 0.0, offsets)
    vertices = np.concatenate(points)
    all_faces = np.concatenate(faces)
    landmark_faces, landmark_weights = _on_faces(all_faces, landmark_vertices(skin, head_field))
    part_start = {p.name: (int(s), int(s + len(p.points))) for p, s in zip(parts, starts[1:], strict=False)}
    keys = MouthKeys(skin, size, curves)
    painted = {
        name: _parts(skin, delta[..., :0], size, sketch.palette, HAIR_STYLES[sketch.hair])
        for name, sketch in CAST.items()
    }
    shapes = np.concatenate(
        [
            identity_directions(skin, keys, vertices, size),
            _hair_directions(vertices, part_start["hair"], painted),
        ],
        axis=-1,
    )
    shapes = np.where(np.abs(shapes).max(axis=1, keepdims=True) < _SMALLEST, 0.0, shapes)
    return FaceModel(
        basis=BASIS,
        v_template=(vertices * CM).astype(np.float32),
        faces=all_faces.astype(np.int32),
        shape_dirs=(np.round(shapes * CM / _GRAIN) * _GRAIN).astype(np.float32),
        expression_dirs=(offsets * CM).astype(np.float32),
        expression_names=HEAD_NAMES,
        pose_dirs=np.zeros((0, len(vertices) * 3), np.float32),
        joint_regressor=_regressor(vertices, offsets, shapes, part_start, size),
        parents=np.array(JOINT_PARENTS, np.int32),
        weights=_weights(skin, jaw, parts).astype(np.float32),
        landmark_faces=landmark_faces,
        landmark_weights=landmark_weights,
        masks=_masks(skin, jaw, parts, part_start),
        uv=corner_uv(vertices, all_faces, [len(f) for f in faces]).astype(np.float32),
        material_ids=np.concatenate(materials).astype(np.int32),
        material_names=tuple(MATERIALS),
        material_colors=np.array(list(MATERIALS.values()), np.float32),
        vertex_colors=_colors(skin, parts, Palette(), SHORT),
        head_joint=JOINT_NAMES.index("neck"),
        joint_controls=joint_controls(),
        meta={"made_by": "scripts/build_head.py", "licence": "GPL-3.0-or-later", "parts": part_start},
        shape_names=SHAPE_NAMES,
        characters={
            name: Character(
                _coefficients(sketch), _colors(skin, painted[name], sketch.palette, HAIR_STYLES[sketch.hair])
            )
            for name, sketch in CAST.items()
        },
    )


def _colors(skin: Skin, parts: list[Part], palette: Palette, hair: HairStyle) -> np.ndarray:
    """(V, 4) linear RGBA of a head."""
    colors = np.concatenate([skin_colors(skin, palette, hair.recede), *(p.colors for p in parts)])
    return np.column_stack([np.clip(colors, 0, 1), np.ones(len(colors))]).astype(np.float32)


def _hair_directions(vertices: Array, place: tuple[int, int], painted: dict[str, list[Part]]) -> Array:
    """(V, 3, styles): from the head's own hair to each style of the cast."""
    moved = np.zeros((len(vertices), 3, len(HAIR_STYLES)))
    for name, sketch in CAST.items():
        hair = next(part for part in painted[name] if part.name == "hair")
        moved[slice(*place), :, list(HAIR_STYLES).index(sketch.hair)] = hair.points - vertices[slice(*place)]
    return moved


def _coefficients(sketch: Sketch) -> np.ndarray:
    """(S,) identity coefficients of a character."""
    traits = {**sketch.traits, sketch.hair: 1.0}
    return np.array([traits.get(name, 0.0) for name in SHAPE_NAMES], np.float32)


def joint_controls() -> dict[str, Any]:
    """The ARKit shapes that are joint rotations here, with the rotation that equals 1.0."""
    controls: dict[str, Any] = {"jawOpen": {"joint": "jaw", "rotation": [JAW_OPEN_RADIANS, 0.0, 0.0]}}
    vertical, horizontal = EYE_LOOK_VERTICAL_RADIANS, EYE_LOOK_HORIZONTAL_RADIANS
    for side, joint, outward in (("Left", "left_eye", 1.0), ("Right", "right_eye", -1.0)):
        turns = {
            "Up": [-vertical, 0.0, 0.0],
            "Down": [vertical, 0.0, 0.0],
            "In": [0.0, -outward * horizontal, 0.0],
            "Out": [0.0, outward * horizontal, 0.0],
        }
        for way, rotation in turns.items():
            controls[f"eyeLook{way}{side}"] = {"joint": joint, "rotation": rotation}
    return controls


def _parts(skin: Skin, delta: Array, size: Proportions, palette: Palette, style: HairStyle) -> list[Part]:
    contact = skin.points[skin.mouth[mouth.CONTACT]]
    lip = contact[mouth.ACROSS // 2]
    upper_edge = np.array([0.0, lip[1] - 0.20, lip[2] - 0.80])
    lower_edge = np.array([0.0, lip[1] - 0.30, lip[2] - 1.08])
    ear = left_ear(head_field, np.asarray(palette.skin))
    hair = hair_cap(head_field, np.asarray(palette.hair), np.asarray(palette.skin), style)
    scalp = np.unique(np.concatenate([skin.body[:40].ravel(), skin.crown.ravel()]))
    scalp = scalp[scalp >= 0]
    hair.delta = bind_to(skin.points, delta, hair.points, scalp)
    parts = [
        *eyeballs(size, palette),
        tooth_row("upper teeth", upper_edge, upper=True),
        tooth_row("lower teeth", lower_edge, upper=False),
        tongue(np.array([0.0, lip[1] - 0.75, lip[2] - 1.75])),
        ear,
        ear.flipped("right ear"),
        *brows(head_field, skin, delta, palette),
        *lashes(skin, delta, size),
        hair,
        shirt(np.asarray(palette.cloth)),
    ]
    for part in parts:
        if part.joint == "jaw":
            for name, move in (
                ("jawForward", (0, -0.05, 0.75)),
                ("jawLeft", (0.75, 0, 0)),
                ("jawRight", (-0.75, 0, 0)),
            ):
                part.delta[:, :, HEAD_NAMES.index(name)] += move
    return parts


def _skin_materials(skin: Skin) -> Indices:
    inner = np.zeros(len(skin.points), bool)
    inner[skin.mouth[mouth.HOLD :]] = True
    ids = np.where(inner[skin.faces].all(axis=1), 1, 0)
    return ids


def _weights(skin: Skin, jaw: Array, parts: list[Part]) -> Array:
    """(V, J) skinning weights; the skin's eye columns stay empty."""
    neck = neck_share(skin.points)
    body = np.zeros((len(skin.points), len(JOINT_NAMES)))
    body[:, 0], body[:, 1], body[:, 2] = 1 - neck, neck * (1 - jaw), neck * jaw
    rows = [body]
    for part in parts:
        rows.append(np.tile(np.eye(len(JOINT_NAMES))[JOINT_NAMES.index(part.joint)], (len(part.points), 1)))
    return np.concatenate(rows)


def _regressor(
    vertices: Array,
    offsets: Array,
    shapes: Array,
    part_start: dict[str, tuple[int, int]],
    size: Proportions,
) -> np.ndarray:
    """(J, V): each joint as a combination of vertices that no expression moves.

    Root, neck and jaw stay where they are in every identity; the eyes go with their balls.
    """
    still = np.flatnonzero(np.abs(offsets).max(axis=(1, 2)) == 0)
    unmoved = still[np.abs(shapes[still]).max(axis=(1, 2)) == 0]
    eye = np.asarray(size.eye)
    targets = {
        "root": np.array([0.0, -20.0, -3.2]),
        "neck": np.asarray(size.neck_pivot),
        "jaw": np.asarray(size.jaw_pivot),
        "left_eye": eye,
        "right_eye": eye * [-1, 1, 1],
    }
    regressor = np.zeros((len(JOINT_NAMES), len(vertices)))
    skin_and_shirt = unmoved[vertices[unmoved, 2] < 0][::7]
    for j, name in enumerate(JOINT_NAMES):
        chosen = skin_and_shirt
        if name.endswith("eye"):
            chosen = np.arange(*part_start[name.replace("_", " ")])
        # Smallest weights that sum to one and give the point (minimum-norm solution).
        system = np.vstack([vertices[chosen].T, np.ones(len(chosen))])
        regressor[j, chosen] = np.linalg.lstsq(system, np.append(targets[name], 1.0), rcond=None)[0]
    return regressor.astype(np.float32)


def _on_faces(faces: Indices, vertices: Indices) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks at vertices, written as (face, corner weights)."""
    chosen, weights = [], np.zeros((len(vertices), 4), np.float32)
    for i, vertex in enumerate(vertices):
        face, corner = np.argwhere(faces == vertex)[0]
        chosen.append(face)
        weights[i, corner] = 1
    return np.array(chosen, np.int32), weights


def _masks(
    skin: Skin, jaw: Array, parts: list[Part], part_start: dict[str, tuple[int, int]]
) -> dict[str, np.ndarray]:
    def of(*names: str) -> Indices:
        return np.concatenate([np.arange(*part_start[name]) for name in names])

    p = skin.points
    lips = skin.mouth[mouth.BORDER : mouth.HOLD + 1]
    outside = np.ones(len(p), bool)
    outside[skin.mouth[mouth.HOLD :]] = False
    for table in skin.eyes:
        outside[table[eyelids.INNER :]] = False
    for well in skin.nostrils:
        outside[well[1:]] = False
        outside[well[-1].max() + 1] = False
    scalp = scalp_share(p) > 0.5
    brow = brow_points(head_field, 24)
    folded = np.column_stack([np.abs(p[:, 0]), p[:, 1:]])
    near = np.linalg.norm(folded[:, None] - brow[None], axis=-1).min(axis=1)
    masks = {
        "lips": lips,
        "upper_lip": lips[:, mouth.SIDE > 0],
        "lower_lip": lips[:, mouth.SIDE < 0],
        "lip_contact_upper": skin.mouth[mouth.CONTACT][mouth.SIDE > 0],
        "lip_contact_lower": skin.mouth[mouth.CONTACT][mouth.SIDE < 0],
        "upper_face": np.flatnonzero(outside & ~scalp & (p[:, 1] > -2.6) & (p[:, 2] > 0)),
        "eyelids_l": skin.eye_left[eyelids.CREASE - 1 : eyelids.INNER + 1],
        "eyelids_r": skin.eye_right[eyelids.CREASE - 1 : eyelids.INNER + 1],
        "brows": np.append(np.flatnonzero(outside & (near < 0.45)), of("left brow", "right brow")),
        "jaw": np.flatnonzero(outside & (jaw > 0.5)),
        "neck": np.flatnonzero(outside & (jaw < 0.2) & (p[:, 1] < -10.5)),
        "scalp": np.append(np.flatnonzero(outside & scalp), of("hair")),
        "eyeballs": of("left eye", "right eye"),
        "teeth": of("upper teeth", "lower teeth"),
        "tongue": of("tongue"),
        "ears": of("left ear", "right ear"),
        "skin": np.flatnonzero(outside),
    }
    return {name: np.unique(index).astype(np.int32) for name, index in masks.items()}
