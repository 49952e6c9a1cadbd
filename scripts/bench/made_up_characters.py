"""Characters as other programs make them, built of the stand-in head's shape: meshes with keys of any names.

The mesh is the stand-in head's, so it can be measured with its landmarks; nothing in it is Elocute's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from addon.blender.context import view_layer_of
from addon.blender.data_of import armature_of, driver_on, mesh_of, pose_of, shape_keys_of
from addon.blender.heads.edit_mode import edit_mode
from addon.blender.version_compat import new_action, new_part
from addon.core.axes import MODEL_TO_BLENDER
from addon.core.retarget.controls.exact import track_of_values
from addon.core.retarget.controls.vocabulary import COLUMN, CONTROLS
from addon.core.retarget.presets import preset
from elocute.face.model import JOINT_NAMES, FaceModel
from elocute.face.skinning import landmarks, pose_vertices

Float64Array = NDArray[np.float64]

ARKIT_POSES: Final[dict[str, dict[str, float]]] = {name: {name: 1.0} for name in CONTROLS}
_EYES: Final = ("left_eye", "right_eye")
_ON_THE_JAW: Final = frozenset((48, 54, 55, 56, 57, 58, 59, 65, 66, 67))
"""Landmarks whose bones hang on the jaw: the corners and the lower lip."""
_BELOW_THE_NOSE: Final = -0.045
_BONE_NAMES: Final = {
    "root": "spine",
    "neck": "neck",
    "jaw": "jaw",
    "left_eye": "eye.L",
    "right_eye": "eye.R",
}


@dataclass(frozen=True)
class Shapes:
    """How a character's mesh differs from the stand-in head.

    Attributes:
        strength: factor of every key's movement.
        size: factor of all lengths.
    """

    strength: float = 1.0
    size: float = 1.0


def pose_offsets(face: FaceModel, pose: Mapping[str, float], *, joints: bool = True) -> Float64Array:
    """(V, 3) movement of the stand-in head under a pose of controls, metres, in the model's axes.

    Args:
        face: the stand-in head.
        pose: control -> value.
        joints: whether the jaw and the eyes turn too.
    """
    return _offsets(_Same(face), tuple(pose.items()), joints)


class _Same:
    """A head as the key of what was computed of it: another one with the same numbers is another key."""

    def __init__(self, face: FaceModel) -> None:
        self.face = face

    def __hash__(self) -> int:
        return id(self.face)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.face is self.face


@lru_cache(maxsize=512)
def _offsets(same: _Same, pose: tuple[tuple[str, float], ...], joints: bool) -> Float64Array:
    """As :func:`pose_offsets`, read-only and kept: one mesh after the other has the same fifty keys."""
    face = same.face
    values = np.zeros((1, len(CONTROLS)))
    for name, value in pose:
        values[0, COLUMN[name]] = value
    track = track_of_values(25.0, values)
    expression = np.zeros((1, len(face.expression_names)))
    for index, name in enumerate(face.expression_names):
        expression[0, index] = track.column(name)[0]
    still = np.zeros((1, 3))
    jaw, eyes = (track.jaw, track.eyes) if joints else (still, np.zeros((1, 6)))
    posed = pose_vertices(face, expression, jaw, still, eyes=eyes)
    offsets: Float64Array = posed[0].astype(np.float64) - face.v_template
    offsets.flags.writeable = False
    return offsets


def head_mesh(
    scene: bpy.types.Scene,
    face: FaceModel,
    keys: Mapping[str, Mapping[str, float]],
    name: str = "Face",
    *,
    shapes: Shapes | None = None,
    vertices: Sequence[int] | None = None,
    axes: Float64Array = MODEL_TO_BLENDER,
) -> bpy.types.Object:
    """A mesh object with a shape key for each pose of controls.

    Args:
        scene: where it is linked.
        face: the stand-in head.
        keys: key's name -> what it looks like at 1.
        name: of the object.
        shapes: how it differs from the stand-in head.
        vertices: the part of the head's vertices that it consists of, or None for all with their faces.
        axes: (3, 3) from the model's axes to the mesh's.
    """
    shapes = shapes or Shapes()
    rest = shapes.size * (face.v_template.astype(np.float64) @ axes.T)
    used = np.arange(len(rest)) if vertices is None else np.asarray(vertices)
    place = np.full(len(rest), -1)
    place[used] = np.arange(len(used))
    whole = face.faces[np.all((place[face.faces] >= 0) | (face.faces < 0), axis=1)]
    corners = np.where(whole < 0, -1, place[whole]).tolist()  # -1 in the last column of a triangle
    polygons = [polygon if polygon[-1] >= 0 else polygon[:-1] for polygon in corners]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(rest[used].tolist(), [], polygons)
    thing = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(thing)
    thing.shape_key_add(name="Basis", from_mix=False)
    for key, pose in keys.items():
        block = thing.shape_key_add(name=key, from_mix=False)
        block.value = 0.0
        offset = shapes.strength * shapes.size * (pose_offsets(face, pose) @ axes.T)
        block.points.foreach_set("co", (rest + offset)[used].astype(np.float32).ravel())
    return thing


def skeleton(
    scene: bpy.types.Scene,
    face: FaceModel,
    names: Mapping[str, str] | None = None,
    *,
    name: str = "Rig",
    rolls: bool = True,
    size: float = 1.0,
    axes: Float64Array = MODEL_TO_BLENDER,
) -> bpy.types.Object:
    """An armature with the head's joints as bones, and a head bone that carries jaw and eyes.

    Args:
        scene: the context's scene.
        face: the stand-in head.
        names: joint -> bone's name.
        name: of the object.
        rolls: whether the bones are rolled and tilted, as on no rig in particular.
        size: factor of all lengths.
        axes: (3, 3) from the model's axes to the armature's.
    """
    named = dict(_BONE_NAMES) | {"head": "head"} | dict(names or {})
    joints = size * (face.joint_regressor.astype(np.float64) @ face.v_template) @ axes.T
    up, forward = axes[:, 1], axes[:, 2]
    at = {joint: joints[index] for index, joint in enumerate(JOINT_NAMES)}
    middle = 0.5 * (at["neck"] + at["jaw"])
    ends = {
        "root": (at["root"], at["neck"]),
        "neck": (at["neck"], middle),
        "head": (middle, middle + 0.15 * size * up),
        "jaw": (at["jaw"], at["jaw"] + size * (0.08 * forward - 0.06 * up)),
        "left_eye": (at["left_eye"], at["left_eye"] + 0.02 * size * forward),
        "right_eye": (at["right_eye"], at["right_eye"] + 0.02 * size * forward),
    }
    parents = {"neck": "root", "head": "neck", "jaw": "head", "left_eye": "head", "right_eye": "head"}
    data = bpy.data.armatures.new(name)
    thing = bpy.data.objects.new(name, data)
    scene.collection.objects.link(thing)
    with edit_mode(thing):
        for number, (joint, (head, tail)) in enumerate(ends.items()):
            bone = data.edit_bones.new(named[joint])
            bone.head, bone.tail = Vector(head), Vector(tail)
            bone.roll = 0.7 * number if rolls else 0.0
            if joint in parents:
                bone.parent = data.edit_bones[named[parents[joint]]]
    for posed in pose_of(thing).bones:
        posed.rotation_mode = "XYZ" if rolls else "QUATERNION"
    return thing


def skin(
    mesh: bpy.types.Object,
    armature: bpy.types.Object,
    face: FaceModel,
    names: Mapping[str, str] | None = None,
    *,
    vertices: Sequence[int] | None = None,
) -> None:
    """Let an armature of :func:`skeleton` deform a mesh of :func:`head_mesh` as the head's joints do;
    ``vertices`` are the mesh's."""
    named = dict(_BONE_NAMES) | {"head": "head"} | dict(names or {})
    joint_bones = {
        "root": "root",
        "neck": "head",
        "jaw": "jaw",
        "left_eye": "left_eye",
        "right_eye": "right_eye",
    }
    shares = face.weights if vertices is None else face.weights[np.asarray(vertices)]
    for index, joint in enumerate(JOINT_NAMES):
        group = mesh.vertex_groups.new(name=named[joint_bones[joint]])
        weights = shares[:, index]
        for vertex in np.flatnonzero(weights > 0):
            group.add([int(vertex)], float(weights[vertex]), "REPLACE")
    modifier = mesh.modifiers.new("Armature", "ARMATURE")
    if not isinstance(modifier, bpy.types.ArmatureModifier):
        raise TypeError("Blender made another modifier")
    modifier.object = armature
    mesh.parent = armature
    mesh.matrix_parent_inverse = Matrix.Identity(4)


def posed_vertices(mesh: bpy.types.Object, frames: Sequence[int]) -> Float64Array:
    """(T, V, 3) local vertices of a mesh as the scene plays it, in the model's axes of an unturned object."""
    scene = bpy.context.scene
    if scene is None:
        raise RuntimeError("Blender has no open scene here")
    found = []
    for frame in frames:
        scene.frame_set(frame)
        view_layer_of(bpy.context).update()
        evaluated = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
        vertices = mesh_of(evaluated).vertices
        flat = np.empty(3 * len(vertices), np.float32)
        vertices.foreach_get("co", flat)
        found.append(flat.reshape(-1, 3).astype(np.float64) @ MODEL_TO_BLENDER)
    return np.stack(found)


def drive_by_properties(
    rig: bpy.types.Object, mesh: bpy.types.Object, keys: Mapping[str, str], signed: frozenset[str] | set[str]
) -> None:
    """Give an armature custom properties that drive a mesh's keys.

    Args:
        rig: the armature.
        mesh: the mesh.
        keys: property -> key.
        signed: properties that go from -1 to 1.
    """
    holder: Any = rig
    for name, key in keys.items():
        holder[name] = 0.0
        lowest = -1.0 if name in signed else 0.0
        holder.id_properties_ui(name).update(min=lowest, max=1.0)
        block = shape_keys_of(mesh).key_blocks[key]
        block.slider_min = lowest
        driver = driver_on(block)
        driver.type = "SUM"
        variable = driver.variables.new()
        variable.targets[0].id = rig
        variable.targets[0].data_path = f'["{name}"]'


_RIGIFY: Final[dict[str, tuple[int, ...]]] = {
    "lips.L": (54,), "lip.T": (51, 62), "lip.B": (57, 66),
    "lip.T.L.001": (52, 63), "lip.B.L.001": (56, 65),
    "lid.T.L.002": (43, 44), "lid.B.L.002": (46, 47),
    "brow.T.L.001": (22,), "brow.T.L.002": (24,), "brow.T.L.003": (26,),
}  # fmt: skip
_AUTO_RIG_PRO: Final[dict[str, tuple[int, ...]]] = {
    "c_lips_smile.l": (54,), "c_lips_top.x": (51, 62), "c_lips_bot.x": (57, 66),
    "c_lips_top.l": (52, 63), "c_lips_top_01.l": (53, 63),
    "c_lips_bot.l": (56, 65), "c_lips_bot_01.l": (55, 65),
    "c_eyelid_top.l": (43, 44), "c_eyelid_bot.l": (46, 47),
    "c_eyebrow_01.l": (22,), "c_eyebrow_02.l": (24,), "c_eyebrow_03.l": (26,),
}  # fmt: skip
_MPFB: Final[dict[str, tuple[int, ...]]] = {
    "levator06.L": (53, 54), "levator05.L": (53,), "levator04.L": (52,), "levator03.L": (51, 52),
    "oris05": (51, 62), "oris06": (51,), "oris01": (57, 66), "oris02": (57,),
    "oris03.L": (52, 63), "oris04.L": (54,), "oris06.L": (56, 65), "oris07.L": (55, 65),
    "orbicularis03.L": (43, 44), "orbicularis04.L": (46, 47), "oculi01.L": (22,), "oculi02.L": (26,),
}  # fmt: skip
_OTHER_SIDE: Final = {
    54: 48, 52: 50, 53: 49, 63: 61, 56: 58, 55: 59, 65: 67,
    43: 38, 44: 37, 46: 41, 47: 40, 22: 21, 24: 19, 26: 17,
}  # fmt: skip


@dataclass(frozen=True)
class BoneFace:
    """A kind of rig whose face is bones.

    Attributes:
        joints: joint -> bone's name.
        bones: control bone of the left or the middle -> landmarks between which it lies.
        look: bone before the face at which the eyes look, or an empty string.
        hinges: beginnings of the names of lids, which turn about the eye instead of moving.
    """

    joints: Mapping[str, str]
    bones: Mapping[str, tuple[int, ...]]
    look: str = ""
    hinges: tuple[str, ...] = ()

    def both_sides(self) -> dict[str, tuple[int, ...]]:
        """The bones of the right too."""
        found = dict(self.bones)
        for name, between in self.bones.items():
            for left, right in ((".L", ".R"), (".l", ".r")):
                if name.endswith(left) or f"{left}." in name:
                    found[name.replace(left, right)] = tuple(_OTHER_SIDE.get(one, one) for one in between)
                    break
        return found


BONE_FACES: Final = {
    "rigify-old": BoneFace(
        {"jaw": "jaw_master", "left_eye": "master_eye.L", "right_eye": "master_eye.R"}, _RIGIFY, "eyes"
    ),
    "auto-rig-pro": BoneFace(
        {"jaw": "c_jawbone.x", "left_eye": "c_eye.l", "right_eye": "c_eye.r", "head": "c_head.x",
         "neck": "c_neck.x"}, _AUTO_RIG_PRO, "c_eye_target.x", ("c_eyelid",),
    ),
    "mpfb-bones": BoneFace({"neck": "neck01"}, _MPFB, "", ("orbicularis",)),
}  # fmt: skip


def bone_face(
    scene: bpy.types.Scene, face: FaceModel, kind: str = "rigify-old"
) -> tuple[bpy.types.Object, bpy.types.Object]:
    """An armature with the control bones of a kind of rig, which deform the stand-in head's mesh by
    themselves.

    Returns:
        The armature and the mesh.
    """
    made = BONE_FACES[kind]
    bones = made.both_sides()
    rig = skeleton(scene, face, made.joints)
    rest = face.v_template.astype(np.float64)
    points = landmarks(face, face.v_template[None])[0].astype(np.float64)
    eyes = (face.joint_regressor.astype(np.float64) @ rest)[[JOINT_NAMES.index(n) for n in _EYES]]
    data = armature_of(rig)
    hanging = {name for name, between in bones.items() if not set(between) - _ON_THE_JAW}
    placed = bones | ({made.look: (36, 45)} if made.look else {})
    with edit_mode(rig):
        for number, (name, between) in enumerate(placed.items()):
            bone = data.edit_bones.new(name)
            away = 0.3 if name == made.look else 0.0
            at = points[list(between)].mean(axis=0) + np.array([0.0, 0.0, away])
            begin, end = at, at + np.array([0.0, 0.012, 0.004])
            if name.startswith(made.hinges or ("-",)):
                begin, end = eyes[0 if at[0] > 0 else 1], at
            bone.head, bone.tail = Vector(MODEL_TO_BLENDER @ begin), Vector(MODEL_TO_BLENDER @ end)
            bone.roll = 0.0 if name.startswith(made.hinges or ("-",)) else 0.3 * number
            bone.parent = data.edit_bones[
                made.joints.get("jaw", "jaw") if name in hanging else made.joints.get("head", "head")
            ]
    mesh = head_mesh(scene, face, {})
    skin(mesh, rig, face, made.joints)
    _weigh_face_bones(mesh, face, rest, {name: points[list(one)].mean(axis=0) for name, one in bones.items()})
    return rig, mesh


def _weigh_face_bones(
    mesh: bpy.types.Object, face: FaceModel, rest: Float64Array, places: Mapping[str, Float64Array]
) -> None:
    """Give each face bone its surroundings, of the lips each its own side, and take that from the joints'
    groups."""
    hangs = face.weights[:, JOINT_NAMES.index("jaw")] > 0.5
    shares = np.zeros((len(rest), len(places)))
    for column, (name, place) in enumerate(places.items()):
        lip = place[1] < _BELOW_THE_NOSE
        near = np.exp(-np.sum((rest - place) ** 2, axis=1) / (0.010 if lip else 0.012) ** 2)
        if lip and not _is_corner(name):
            near[hangs != _is_lower(name)] = 0.0
        shares[:, column] = np.where(near > 0.05, near, 0.0)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1.0)
    left = 1.0 - shares.sum(axis=1)
    for vertex in np.flatnonzero(left < 1.0):
        for member in mesh_of(mesh).vertices[int(vertex)].groups:
            member.weight *= float(left[vertex])
    for column, name in enumerate(places):
        group = mesh.vertex_groups.new(name=name)
        for vertex in np.flatnonzero(shares[:, column] > 0):
            group.add([int(vertex)], float(shares[vertex, column]), "REPLACE")


def _is_corner(name: str) -> bool:
    return name.startswith(("lips.", "c_lips_smile", "oris04"))


def _is_lower(name: str) -> bool:
    return name.startswith(("lip.B", "c_lips_bot", "oris01", "oris02", "oris06.", "oris07"))


def control_rig(
    scene: bpy.types.Scene,
    face: FaceModel,
    travel: float = 0.03,
    kind: str = "faceit",
    backwards: Collection[str] = (),
) -> tuple[bpy.types.Object, bpy.types.Object]:
    """A control rig such as Faceit's: bones of an armature that deforms nothing drive the keys of a mesh.

    Args:
        scene: the context's scene.
        face: the stand-in head.
        travel: metres of a bone that are a full movement.
        kind: whose bones they are.
        backwards: bones that go the other way than their kind's.

    Returns:
        The armature and the mesh.
    """
    channels = [one for one in preset(kind).channels if one.place == "location"]
    controls = sorted({name for one in channels for name in one.mix})
    mesh = head_mesh(scene, face, {name: {name: 1.0} for name in controls})
    data = bpy.data.armatures.new("Controls")
    rig = bpy.data.objects.new("Controls", data)
    scene.collection.objects.link(rig)
    with edit_mode(rig):
        for name in sorted({one.name for one in channels}):
            bone = data.edit_bones.new(name)
            bone.head, bone.tail = Vector((0.0, 0.0, 0.0)), Vector((0.0, 0.0, 0.01))
    blocks = shape_keys_of(mesh).key_blocks
    driven: list[bpy.types.ShapeKey] = []
    for one in channels:
        for control, sign in one.mix.items():
            if blocks[control] in driven:
                continue  # bones of both sides play it: one of them will do
            driven.append(blocks[control])
            driver = driver_on(blocks[control])
            variable = driver.variables.new()
            variable.name = "v"
            variable.type = "TRANSFORMS"
            target = variable.targets[0]
            target.id, target.bone_target = rig, one.name
            target.transform_type = ("LOC_X", "LOC_Y", "LOC_Z")[one.axis]
            target.transform_space = "LOCAL_SPACE"
            way = -1.0 if one.name in backwards else 1.0
            driver.expression = f"v * {way * sign / travel}"
    return rig, mesh


def pose_library(
    scene: bpy.types.Scene, face: FaceModel, poses: Mapping[str, Mapping[str, float]]
) -> tuple[bpy.types.Object, bpy.types.Object]:
    """An armature whose bones have names that say nothing, and an action for each mouth.

    Args:
        scene: the context's scene.
        face: the stand-in head.
        poses: action's name -> what the mouth looks like in it.

    Returns:
        The armature and the mesh.
    """
    rig, mesh = bone_face(scene, face, "rigify-old")
    places = {
        name: between for name, between in BONE_FACES["rigify-old"].both_sides().items() if "lip" in name
    }
    data = armature_of(rig)
    plain = {bone.name: f"ctl_{number:02d}" for number, bone in enumerate(data.bones) if bone.name != "head"}
    for old, new in plain.items():
        data.bones[old].name = new
    rest = landmarks(face, face.v_template[None])[0].astype(np.float64)
    for action_name, pose in poses.items():
        action = new_action(action_name)
        action.use_fake_user = True
        part = new_part(action, rig)
        moved = face.v_template[None] + pose_offsets(face, pose)[None]
        way = (landmarks(face, moved.astype(np.float32))[0] - rest) @ MODEL_TO_BLENDER.T
        for name, between in places.items():
            axes = np.array(data.bones[plain[name]].matrix_local.to_3x3())
            local = axes.T @ way[list(between)].mean(axis=0)
            for axis in range(3):
                curve = part.curves.fcurves.new(f'pose.bones["{plain[name]}"].location', index=axis)
                curve.keyframe_points.insert(1.0, float(local[axis]))
    return rig, mesh


def picture_plane(
    scene: bpy.types.Scene, names: Sequence[str], *, described: bool = False
) -> bpy.types.Object:
    """A plane with a whole-numbered property "mouth" that chooses a picture.

    Args:
        scene: where it is linked.
        names: of the pictures, from 0 on.
        described: name them in the property's description, where Blender knows no items of properties.
    """
    mesh = bpy.data.meshes.new("Mouth")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [], [(0, 1, 2, 3)])
    plane = bpy.data.objects.new("Mouth", mesh)
    scene.collection.objects.link(plane)
    holder: Any = plane
    holder["mouth"] = 0
    ui = holder.id_properties_ui("mouth")
    ui.update(min=0, max=len(names) - 1)
    if described:
        ui.update(description=", ".join(names))
    else:
        ui.update(items=[(name, name, "", "", number) for number, name in enumerate(names)])
    return plane
