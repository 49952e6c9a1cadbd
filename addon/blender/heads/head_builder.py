"""Build a rigged head from a face model: mesh, shape keys, bones, weights, materials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.axes import MODEL_TO_BLENDER
from ...core.clip.face_model import JOINT_NAMES, FaceModel
from ...core.steps import Steps, aside, part_of, run
from ..data_of import armature_of, pose_of, shape_keys_of
from ..removal import remove_objects
from ..targets import head_rig as rig_module
from ..targets.head_rig import HeadRig
from .edit_mode import edit_mode
from .head_materials import COLOR_ATTRIBUTE, make_materials
from .identity_keys import add_identity_keys
from .joint_motion import add_joint_motion_in_steps
from .pose_correctives import add_pose_correctives

FloatArray = NDArray[np.float32]

ARKIT_RANGE: Final = (-1.0, 2.0)
WIDE_RANGE: Final = (-10.0, 10.0)
_ARKIT_MARKS: Final = frozenset({"mouthPucker", "mouthClose", "eyeBlinkLeft"})
_SMALLEST_BONE: Final = 0.005
_LEAN: Final = 0.05
"""Of the root's length, by which its tail lies before the neck: importers of FBX join a bone to a parent
whose tail touches it, and what is joined cannot move, as FLAME's neck does with the face."""
_FORWARD: Final = np.array([0.0, -1.0, 0.0])
_UP: Final = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class HeadOptions:
    """How to build a head.

    Attributes:
        name: name of the objects.
        shape: (S,) identity coefficients, or None for the model's own face.
        live_identity: keep the identity as shape keys with these values, instead of baking it in.
        hidden_in_renders: renders are without it until :func:`show_in_renders`.
    """

    name: str = "Elocute head"
    shape: FloatArray | None = None
    live_identity: bool = False
    hidden_in_renders: bool = False


def build_head(scene: bpy.types.Scene, face: FaceModel, options: HeadOptions | None = None) -> HeadRig:
    """Build the head at once: :func:`build_head_in_steps`."""
    return run(build_head_in_steps(scene, face, options))


def build_head_in_steps(
    scene: bpy.types.Scene, face: FaceModel, options: HeadOptions | None = None
) -> Steps[HeadRig]:
    """Build the head in the scene's own collection in steps, standing at the origin and facing -y.

    The mesh is a child of the armature, which is its only modifier: FBX's exporter drops the shape keys of a
    mesh that has others. Nothing else in the file is changed, nothing gets selected.

    The user may look at another scene meanwhile. Renders are without the head until it is whole.

    Args:
        scene: where it is built.
        face: the model.
        options: how to build it.

    Raises:
        UserError: the identity has more coefficients than the model.
    """
    options = options or HeadOptions()
    rest, joints = yield from aside(lambda: _placed(face, options))
    mesh_object = yield from part_of(_mesh_object(scene, face, rest, options.name), 0.0, 0.2)
    try:
        yield 0.2
        armature = _armature_object(scene, face, joints, _to_blender(rest), options.name)
    except BaseException:
        remove_objects([mesh_object])
        raise
    try:
        yield 0.4
        yield from _complete(scene, face, rest, mesh_object, armature, options)
    except BaseException:
        remove_objects([mesh_object, armature])
        raise
    rig = HeadRig(armature, mesh_object)
    if not options.hidden_in_renders:
        show_in_renders(rig)
    return rig


def hide_from_renders(rig: HeadRig) -> tuple[bool, bool]:
    """Let renders be without a head; whether bones and mesh were hidden from them."""
    hidden = rig.armature.hide_render, rig.mesh.hide_render
    rig.armature.hide_render = rig.mesh.hide_render = True
    return hidden


def show_in_renders(rig: HeadRig, hidden: tuple[bool, bool] = (False, False)) -> None:
    """Let renders be with a head, but for what :func:`hide_from_renders` found hidden."""
    rig.armature.hide_render, rig.mesh.hide_render = hidden


def _placed(face: FaceModel, options: HeadOptions) -> tuple[FloatArray, NDArray[np.float64]]:
    """Where vertices are in the model's axes, and joints in Blender's."""
    shape = None if options.live_identity else options.shape
    face.rest_positions(options.shape)  # an identity that does not fit is refused, live or not
    return face.rest_positions(shape), face.joints(shape) @ MODEL_TO_BLENDER.T


def _complete(
    scene: bpy.types.Scene,
    face: FaceModel,
    rest: FloatArray,
    mesh_object: bpy.types.Object,
    armature: bpy.types.Object,
    options: HeadOptions,
) -> Steps[None]:
    """Make a rig of a mesh and its bones."""
    for done in _add_expressions(mesh_object, face, rest):
        yield 0.4 + 0.2 * done
    _add_weights(mesh_object, face)
    yield 0.7
    mesh_object.parent = armature
    deform = cast(bpy.types.ArmatureModifier, mesh_object.modifiers.new("Armature", "ARMATURE"))
    deform.object = armature
    deform.use_deform_preserve_volume = False
    rig = HeadRig(armature, mesh_object)
    rig_module.mark(rig, face.basis, face.head_joint, face.expression_names)
    moving = {name: face.expression_dirs[..., i] for i, name in enumerate(face.expression_names)}
    if options.live_identity:
        moving |= add_identity_keys(rig, face, options.shape)
    yield 0.8
    add_pose_correctives(rig, face, rest)
    yield from part_of(add_joint_motion_in_steps(scene, rig, face, moving), 0.85, 1.0)
    corners = np.maximum(face.faces[face.landmark_faces], 0)
    mesh_object[rig_module.LANDMARK_CORNERS_KEY] = corners.ravel().tolist()
    mesh_object[rig_module.LANDMARK_WEIGHTS_KEY] = face.landmark_weights.astype(float).ravel().tolist()


def _to_blender(points: NDArray[np.floating]) -> FloatArray:
    """(..., 3) model coordinates to Blender's: (x, y, z) becomes (x, -z, y)."""
    turned = np.empty(points.shape, np.float32)
    turned[..., 0], turned[..., 1], turned[..., 2] = points[..., 0], -points[..., 2], points[..., 1]
    return turned


def _mesh_object(
    scene: bpy.types.Scene, face: FaceModel, rest: FloatArray, name: str
) -> Steps[bpy.types.Object]:
    mesh = bpy.data.meshes.new(name)
    mesh.use_fake_user = True  # an object shows it when it is whole; a purge until then must leave it
    try:
        yield from _fill_mesh(mesh, face, rest)
        for material in make_materials(face):
            mesh.materials.append(material)
        mesh.use_fake_user = False
        return _linked(scene, name, mesh)
    except BaseException:
        materials = [material for material in mesh.materials if material is not None]
        bpy.data.meshes.remove(mesh)
        for material in materials:
            if not material.users:
                bpy.data.materials.remove(material)
        raise


def _linked(scene: bpy.types.Scene, name: str, data: bpy.types.Mesh | bpy.types.Armature) -> bpy.types.Object:
    """A new object in the scene's own collection, which renders are without; ReferenceError, and no object,
    where the scene is gone."""
    home = scene.collection
    thing = bpy.data.objects.new(name, data)
    try:
        thing.hide_render = True
        home.objects.link(thing)
    except BaseException:
        bpy.data.objects.remove(thing)
        raise
    return thing


def _fill_mesh(mesh: bpy.types.Mesh, face: FaceModel, rest: FloatArray) -> Steps[None]:
    sides = np.where(face.faces[:, 3] < 0, 3, 4)
    used = np.arange(4)[None, :] < sides[:, None]  # (F, 4): the corners that exist
    starts = np.concatenate([[0], np.cumsum(sides)[:-1]])
    mesh.vertices.add(face.vertices)
    mesh.vertices.foreach_set("co", _to_blender(rest).ravel())
    yield 0.1
    mesh.loops.add(int(sides.sum()))
    mesh.loops.foreach_set("vertex_index", face.faces[used].astype(np.int32))
    yield 0.2
    mesh.polygons.add(len(sides))
    mesh.polygons.foreach_set("loop_start", starts.astype(np.int32))
    mesh.polygons.foreach_set("material_index", face.material_ids.astype(np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(sides), bool))
    yield 0.3
    mesh.update(calc_edges=True)
    yield 0.6
    if face.uv is not None:
        layer = mesh.uv_layers.new(name="UVMap")
        layer.uv.foreach_set("vector", face.uv[used].astype(np.float32).ravel())
    if face.vertex_colors is not None:
        colors = cast(
            bpy.types.FloatColorAttribute,
            mesh.color_attributes.new(COLOR_ATTRIBUTE, "FLOAT_COLOR", "POINT"),
        )
        colors.data.foreach_set("color", face.vertex_colors.astype(np.float32).ravel())
        mesh.color_attributes.active_color = colors
        mesh.color_attributes.render_color_index = mesh.color_attributes.find(COLOR_ATTRIBUTE)
    yield 0.8


def _add_expressions(thing: bpy.types.Object, face: FaceModel, rest: FloatArray) -> Steps[None]:
    thing.shape_key_add(name="Basis", from_mix=False)
    named_after_arkit = _ARKIT_MARKS <= set(face.expression_names)
    lowest, highest = ARKIT_RANGE if named_after_arkit else WIDE_RANGE
    for column, name in enumerate(face.expression_names):
        block = thing.shape_key_add(name=name, from_mix=False)
        block.points.foreach_set("co", _to_blender(rest + face.expression_dirs[..., column]).ravel())
        block.slider_min, block.slider_max = lowest, highest
        block.value = 0.0
        yield (column + 1) / len(face.expression_names)
    shape_keys_of(thing).name = f"{thing.name} expressions"


def _add_weights(thing: bpy.types.Object, face: FaceModel) -> None:
    for joint, name in enumerate(JOINT_NAMES):
        group = thing.vertex_groups.new(name=name)
        column = face.weights[:, joint]
        order = np.argsort(column, kind="stable")
        values, first = np.unique(column[order], return_index=True)
        # Blender takes one weight for many vertices: one call for each distinct weight.
        for value, members in zip(values.tolist(), np.split(order, first[1:]), strict=True):
            if value > 0:
                group.add(members.tolist(), value, "REPLACE")


def _armature_object(
    scene: bpy.types.Scene, face: FaceModel, joints: NDArray[np.float64], vertices: FloatArray, name: str
) -> bpy.types.Object:
    data = bpy.data.armatures.new(name)
    try:
        data.display_type = "STICK"
        thing = _linked(scene, f"{name} rig", data)
    except BaseException:
        bpy.data.armatures.remove(data)
        raise
    try:
        _add_bones(scene, thing, face, joints, _bone_tails(joints, vertices))
    except BaseException:
        remove_objects([thing])
        raise
    return thing


def _add_bones(
    scene: bpy.types.Scene,
    thing: bpy.types.Object,
    face: FaceModel,
    joints: NDArray[np.float64],
    tails: NDArray[np.float64],
) -> None:
    bones = armature_of(thing).edit_bones
    with edit_mode(thing, scene):
        for joint, bone_name in enumerate(JOINT_NAMES):
            bone = bones.new(bone_name)
            bone.head = joints[joint]
            bone.tail = tails[joint]
            parent = int(face.parents[joint])
            if parent >= 0:
                bone.parent = bones[JOINT_NAMES[parent]]
            bone.use_connect = False
    for posed in pose_of(thing).bones:
        posed.rotation_mode = "QUATERNION"
        posed.lock_location = (True, True, True)
        posed.lock_scale = (True, True, True)


def _bone_tails(joints: NDArray[np.float64], vertices: FloatArray) -> NDArray[np.float64]:
    """Where each bone ends, all inside of the face: near the neck, up in the skull, near chin and pupils."""
    lowest, highest = vertices.min(axis=0), vertices.max(axis=0)
    size = float(np.max(highest - lowest))
    root, neck, jaw, left, right = joints
    below = neck + _LEAN * float(np.linalg.norm(neck - root)) * _FORWARD
    front = float(vertices[:, 1].min())
    chin = np.array([0.0, 0.8 * front + 0.2 * jaw[1], jaw[2] - 0.22 * size])
    gaze = max(0.02 * size, 1.5 * _SMALLEST_BONE) * _FORWARD
    ends = np.stack([below, neck + 0.35 * size * _UP, chin, left + gaze, right + gaze])
    lengths = np.linalg.norm(ends - joints, axis=1)
    ends[lengths < _SMALLEST_BONE] = joints[lengths < _SMALLEST_BONE] + 0.1 * size * _UP
    return ends
