"""A human of Rigify's with its face generated, as Blender makes it, whose face deforms the stand-in head's
mesh."""

from __future__ import annotations

from typing import Any, Final, Literal

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from addon.blender.context import view_layer_of
from addon.blender.data_of import armature_of
from addon.blender.heads.edit_mode import edit_mode
from addon.core.axes import MODEL_TO_BLENDER
from elocute.face.model import JOINT_NAMES, FaceModel
from elocute.face.skinning import landmarks

from .made_up_characters import head_mesh

Float64Array = NDArray[np.float64]
Face = Literal["old", "new"]

_ENDS: Final[dict[tuple[str, str], tuple[int, ...]]] = {
    ("lip.T.L", "head"): (51, 62), ("lip.T.L", "tail"): (52, 63), ("lip.T.L.001", "tail"): (54,),
    ("lip.B.L", "head"): (57, 66), ("lip.B.L", "tail"): (56, 65),
    ("lid.T.L", "head"): (45,), ("lid.T.L.002", "head"): (43, 44), ("lid.T.L.003", "tail"): (42,),
    ("lid.B.L.002", "head"): (46, 47),
    ("brow.T.L.001", "head"): (26,), ("brow.T.L.002", "head"): (24,), ("brow.T.L.003", "head"): (22,),
    ("nose.002", "head"): (30,), ("nose.004", "head"): (33,), ("chin", "tail"): (8,),
}  # fmt: skip
"""Ends of bones of the left and the middle, and the landmarks between which they are put."""
_MIRRORED: Final = {54: 48, 52: 50, 63: 61, 56: 58, 65: 67, 45: 36, 43: 38, 44: 37, 42: 39, 46: 41, 47: 40,
                    26: 17, 24: 19, 22: 21}  # fmt: skip
_UPPER: Final = ("DEF-lip.T", "DEF-nose", "DEF-teeth.T", "DEF-brow", "DEF-lid", "DEF-forehead", "DEF-temple",
                 "DEF-cheek.T")  # fmt: skip
_LOWER: Final = ("DEF-lip.B", "DEF-jaw", "DEF-chin", "DEF-teeth.B", "DEF-tongue")
_NECK: Final = ("DEF-spine", "DEF-neck")
_BONES_EACH: Final = 4
_FALL: Final = 4
_ROUNDS: Final = 8


def rigify_human(
    scene: bpy.types.Scene, face: FaceModel, kind: Face
) -> tuple[bpy.types.Object, bpy.types.Object]:
    """Blender's human metarig, its face put onto the stand-in head's mesh, generated and bound to it.

    Args:
        scene: the context's scene.
        face: the stand-in head.
        kind: ``old`` as the metarig comes, ``new`` after "Upgrade Face Rig".

    Returns:
        The generated armature and the mesh.

    Raises:
        RuntimeError: this Blender comes without Rigify.
    """
    if bpy.ops.preferences.addon_enable(module="rigify") != {"FINISHED"}:
        raise RuntimeError("Rigify could not be turned on")
    operators: Any = bpy.ops
    operators.object.armature_human_metarig_add()
    metarig = bpy.context.object
    if metarig is None:
        raise RuntimeError("Rigify made no metarig")
    _fit(metarig, face)
    if kind == "new":
        operators.pose.rigify_upgrade_face()
    operators.pose.rigify_generate()
    rig = bpy.context.object
    if rig is None or rig == metarig:
        raise RuntimeError("Rigify generated no rig")
    bpy.data.objects.remove(metarig)
    mesh = head_mesh(scene, face, {})
    mesh.shape_key_clear()
    _bind(mesh, rig, face)
    view_layer_of(bpy.context).update()
    return rig, mesh


def _fit(metarig: bpy.types.Object, face: FaceModel) -> None:
    """Scale the metarig to the head and put the ends of its face's bones where the head has them."""
    points = landmarks(face, face.v_template[None])[0].astype(np.float64) @ MODEL_TO_BLENDER.T
    joints = (face.joint_regressor.astype(np.float64) @ face.v_template) @ MODEL_TO_BLENDER.T
    bones = armature_of(metarig).bones
    here: list[Float64Array] = []
    there: list[Float64Array] = []
    for (name, end), between in _ENDS.items():
        for own, wanted in (
            (name, between),
            (name.replace(".L", ".R"), tuple(_MIRRORED.get(one, one) for one in between)),
        ):
            if own == name or ".L" in name:
                here.append(np.array(bones[own].head_local if end == "head" else bones[own].tail_local))
                there.append(points[list(wanted)].mean(axis=0))
    for side, joint in (("L", "left_eye"), ("R", "right_eye")):
        here.append(np.array(bones[f"eye.{side}"].head_local))
        there.append(joints[JOINT_NAMES.index(joint)])
    warp = _Warp(np.stack(here), np.stack(there))
    of_the_face = {"face", *(bone.name for bone in bones["face"].children_recursive)}
    data: Any = metarig.data
    with edit_mode(metarig):
        # Ends of connected bones move together, so all are read before the first is moved.
        ends = {
            (bone.name, end): np.array(getattr(bone, end))
            for bone in data.edit_bones
            for end in ("head", "tail")
        }
        for (name, end), at in ends.items():
            moved = warp(at) if name in of_the_face else warp.roughly(at)
            setattr(data.edit_bones[name], end, Vector(moved.tolist()))


class _Warp:
    """A map of space that takes some points to others: a scale and shift, and for what is left a sum of
    distances (biharmonic radial functions)."""

    def __init__(self, here: Float64Array, there: Float64Array) -> None:
        middle, goal = here.mean(axis=0), there.mean(axis=0)
        self._scale = float(np.linalg.norm(there - goal) / np.linalg.norm(here - middle))
        self._shift = goal - self._scale * middle
        self._here = here
        apart = np.linalg.norm(here[:, None] - here[None], axis=-1)
        self._parts = np.linalg.lstsq(apart, there - self.roughly(here), rcond=None)[0]

    def roughly(self, at: Float64Array) -> Float64Array:
        """Scaled and shifted only."""
        placed: Float64Array = self._scale * at + self._shift
        return placed

    def __call__(self, at: Float64Array) -> Float64Array:
        """(3,) where a point goes."""
        placed: Float64Array = self.roughly(at) + np.linalg.norm(self._here - at, axis=1) @ self._parts
        return placed


def _bind(mesh: bpy.types.Object, rig: bpy.types.Object, face: FaceModel) -> None:
    """Weigh the mesh by how near the deforming bones are: what hangs on the jaw by those below the mouth, all
    else by those above."""
    for side in ("L", "R"):
        armature_of(rig).bones[f"ORG-eye.{side}"].use_deform = True  # the old face has no other bone for it
    rest = face.v_template.astype(np.float64) @ MODEL_TO_BLENDER.T
    hangs = face.weights[:, JOINT_NAMES.index("jaw")] > 0.5
    low = float(rest[:, 2].min()) - 0.05
    bones = [
        bone
        for bone in armature_of(rig).bones
        if bone.use_deform and bone.head_local[2] > low and abs(bone.head_local[0]) < 0.15
    ]
    names = [bone.name for bone in bones]
    apart = np.column_stack([_distance(rest, bone) for bone in bones])
    for column, name in enumerate(names):
        if name.startswith(_UPPER):
            apart[hangs, column] = np.inf
        if name.startswith(_LOWER):
            apart[~hangs, column] = np.inf
        if "eye" in name:
            apart[:, column] = np.inf
    nearest = np.sort(apart, axis=1)[:, _BONES_EACH - 1 : _BONES_EACH]
    weights = np.where(apart <= nearest, 1.0 / np.maximum(apart, 1e-4) ** _FALL, 0.0)
    weights = _spread(weights / weights.sum(axis=1, keepdims=True), face.faces)
    for side, joint in (("L", "left_eye"), ("R", "right_eye")):
        ball = face.weights[:, JOINT_NAMES.index(joint)]
        weights *= (1.0 - ball)[:, None]
        turned = f"DEF-eye.{side}" if f"DEF-eye.{side}" in names else f"ORG-eye.{side}"
        weights[:, names.index(turned)] += ball
    for column, name in enumerate(names):
        group = mesh.vertex_groups.new(name=name)
        for vertex in np.flatnonzero(weights[:, column] > 1e-3):
            group.add([int(vertex)], float(weights[vertex, column]), "REPLACE")
    modifier = mesh.modifiers.new("Armature", "ARMATURE")
    if not isinstance(modifier, bpy.types.ArmatureModifier):
        raise TypeError("Blender made another modifier")
    modifier.object = rig
    mesh.parent = rig
    mesh.matrix_parent_inverse = Matrix.Identity(4)


def _spread(weights: Float64Array, faces: NDArray[np.integer]) -> Float64Array:
    """(V, B) weights, each vertex the mean of itself and its neighbours again and again: upper and lower lip
    are no neighbours, so they stay apart where the cheeks' halves flow into each other."""
    edges = np.concatenate([np.stack([faces[:, a], faces[:, a - 1]], axis=1) for a in range(faces.shape[1])])
    edges = np.unique(np.sort(edges[edges.min(axis=1) >= 0], axis=1), axis=0)
    one, other = edges.T
    count = 1.0 + np.bincount(edges.ravel(), minlength=len(weights))
    for _ in range(_ROUNDS):
        total = weights.copy()
        np.add.at(total, one, weights[other])
        np.add.at(total, other, weights[one])
        weights = total / count[:, None]
    return weights


def _distance(points: Float64Array, bone: bpy.types.Bone) -> Float64Array:
    """(V,) of points from a bone."""
    head, tail = np.array(bone.head_local), np.array(bone.tail_local)
    along = tail - head
    share = np.clip((points - head) @ along / max(float(along @ along), 1e-12), 0.0, 1.0)
    apart: Float64Array = np.linalg.norm(points - head - share[:, None] * along, axis=1)
    return apart
