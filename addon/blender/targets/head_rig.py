"""A head that Elocute built: how to find it in a scene and what can be animated on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.axes import MODEL_TO_BLENDER
from ...core.channel import Channel, ChannelKind, rotation, shape_key
from ...core.clip.clip import Clip
from ...core.clip.contacts import ContactProbe, probe_landmarks
from ...core.clip.curves import Performance, Signals, clip_signals
from ...core.clip.face_model import JOINT_NAMES
from ...core.clip.join import ChannelKey
from ...core.clip.joint_motion import deform_bone
from ...core.clip.sampled import Columns, clip_of_values
from ...core.errors import UserError
from ...core.retarget.controls.points import LANDMARKS, FacePoints
from ...core.retarget.face_measures import HeadMeasure
from ...core.retarget.layers import Layer, layers_of
from ...core.retarget.perform import Strength
from ...core.retarget.strengthened import strengthened_clip
from ...core.rig_layout import ChannelMix, JointRotation, RigLayout
from ...core.steps import Steps, aside
from ..data_of import armature_of, mesh_of, pose_of
from ..version_compat import action_blocker
from .played_channel import plays, widen_slider
from .rest_axes import rest_axes

BASIS_KEY: Final = "elocute_basis"
HEAD_JOINT_KEY: Final = "elocute_head_joint"
EXPRESSIONS_KEY: Final = "elocute_expressions"
LANDMARK_CORNERS_KEY: Final = "elocute_landmark_corners"
LANDMARK_WEIGHTS_KEY: Final = "elocute_landmark_weights"
VERTICES_KEY: Final = "elocute_vertices"
"""How many vertices the mesh had when its landmarks were written."""
JOINT_CONSTRAINT: Final = "Elocute joint"
"""Name of the constraint that moves a bone with its joint."""
_SEPARATOR: Final = "\n"

KEYS: Final = "keys"
"""Owner id of the shape keys."""
HEAD: Final = "head"
"""Owner id of the armature object."""
EXPRESSIONS_GROUP: Final = "Expressions"
_UNDO: Final = "Undo the change, or add a new head."


_Array: TypeAlias = NDArray[np.float64]
_Corners: TypeAlias = tuple[_Array, _Array, _Array, _Array, _Array]


@dataclass(frozen=True)
class HeadRig:
    """A head in a Blender file, Elocute's own or one made of a FLAME file; a ``Target``.

    Attributes:
        armature: the armature object; carries the rig's facts as custom properties.
        mesh: the mesh object with the shape keys.
        strength: how strongly each part of a performance is played.
    """

    armature: bpy.types.Object
    mesh: bpy.types.Object
    strength: Strength = field(default_factory=Strength)

    @property
    def name(self) -> str:
        """Name of the armature object."""
        return self.armature.name

    @property
    def basis(self) -> str:
        """Face basis of the expressions.

        Raises:
            UserError: the custom property that names it was changed.
        """
        return self._text(BASIS_KEY)

    @property
    def expressions(self) -> tuple[str, ...]:
        """Names of the expression shape keys, in the basis' order.

        Raises:
            UserError: the custom property that lists them was changed.
        """
        names = tuple(self._text(EXPRESSIONS_KEY).split(_SEPARATOR))
        if len(set(names)) < len(names):
            raise self._damaged(EXPRESSIONS_KEY)
        return names

    @property
    def head_joint(self) -> str:
        """The joint that a clip's head rotation turns.

        Raises:
            UserError: the custom property that says which was changed.
        """
        index: Any = self.armature.get(HEAD_JOINT_KEY)
        if not isinstance(index, int) or not 0 <= index < len(JOINT_NAMES):
            raise self._damaged(HEAD_JOINT_KEY)
        return JOINT_NAMES[index]

    @property
    def keys(self) -> bpy.types.Key:
        """The mesh's shape key data-block, the one its expression curves animate.

        Raises:
            UserError: a shape key of the basis is gone.
        """
        keys = mesh_of(self.mesh).shape_keys
        present = set() if keys is None else set(keys.key_blocks.keys())
        missing = [name for name in self.expressions if name not in present]
        if keys is None or missing:
            raise UserError(
                f"The head {self.armature.name} lacks the shape key {missing[0]}"
                + (f" and {len(missing) - 1} more." if len(missing) > 1 else "."),
                _UNDO,
            )
        return keys

    def bone_axes(self) -> dict[str, NDArray[np.float64]]:
        """Joint -> (3, 3) matrix from the model's axes to its bone's rest axes, as they are now.

        Raises:
            UserError: a bone of the head is gone.
        """
        axes: dict[str, NDArray[np.float64]] = {}
        for name in JOINT_NAMES:
            bone = armature_of(self.armature).bones.get(name)
            if bone is None:
                raise UserError(
                    f"The head {self.armature.name} lacks the bone {name}.",
                    _UNDO,
                )
            axes[name] = rest_axes(bone, MODEL_TO_BLENDER)
        return axes

    def layout(self) -> RigLayout:
        """What can be animated: every expression and every joint, in its bone's present mode and rest axes.

        Raises:
            UserError: a part of the head is gone, or what its custom properties say.
        """
        axes = self.bone_axes()
        _ = self.keys
        self._jaw_group()
        mixes = tuple(
            ChannelMix(shape_key(KEYS, name, EXPRESSIONS_GROUP), {name: 1.0}) for name in self.expressions
        )
        bones = pose_of(self.armature).bones
        modes = {name: bones[name].rotation_mode for name in JOINT_NAMES}
        rotations = tuple(
            JointRotation(name, modes[name], rotation(HEAD, modes[name], name), axes[name])
            for name in JOINT_NAMES
        )
        return RigLayout(self.basis, self.expressions, self.head_joint, mixes, rotations)

    def perform_in_steps(self, clip: Clip) -> Steps[Performance]:
        """The clip's expressions and joints as they are, or as strongly as they are to be played.

        Raises:
            UserError: the clip is of another basis, or a part of the rig is gone.
        """
        layout = self.layout()

        def played() -> tuple[Signals, tuple[str, ...]]:
            whole, notes = strengthened_clip(clip, self.strength, layout.expressions)
            return clip_signals(whole.padded(len(layout.expressions)), layout), notes

        signals, notes = yield from aside(played)

        def measure() -> HeadMeasure | None:
            return HeadMeasure.of(layout, self.face_points())

        return Performance(layout, signals, notes=notes, measure=measure)

    def clip_of(self, columns: Columns, fps: float) -> Clip:
        """The clip that its channels play, exactly.

        Raises:
            UserError: a part of the rig is gone.
        """
        return clip_of_values(self.layout(), columns, fps)

    def clip_played_in_steps(self, columns: Columns, fps: float) -> Steps[Clip | None]:
        """The same: it is exact."""
        yield 1.0
        return self.clip_of(columns, fps)

    def channels(self) -> tuple[Channel, ...]:
        """Every channel that a motion writes."""
        return self.layout().channels()

    def layers(self) -> Mapping[ChannelKey, Layer]:
        """Which part of a performance each channel belongs to."""
        return layers_of(self.layout())

    def writable(self) -> str:
        """Why the head cannot be keyed now, in one sentence, or an empty string."""
        try:
            self.layout()
            blocks: tuple[bpy.types.Key | bpy.types.Object, ...] = (self.keys, self.armature)
        except UserError as error:
            return str(error)
        return next((reason for block in blocks if (reason := action_blocker(block))), "")

    def resolve(self, owner: str) -> bpy.types.Key | bpy.types.Object:
        """The shape keys or the armature object."""
        if owner == KEYS:
            return self.keys
        return {HEAD: self.armature}[owner]

    def contact_probe(self) -> ContactProbe:
        """Measures lip and eyelid contact of clips on this head, from the mesh as it is now.

        Raises:
            UserError: the mesh has other vertices than those that its landmarks name.
        """
        return ContactProbe.from_corners(*self._corners(probe_landmarks()))

    def face_points(self) -> FacePoints:
        """How its landmarks move, for the controls of clips of its basis; pose correctives are left out.

        Raises:
            UserError: the mesh has other vertices than those that its landmarks name.
        """
        return FacePoints.of_corners(*self._corners(np.array(LANDMARKS)))

    def _corners(self, points: NDArray[np.int64]) -> _Corners:
        """Corners of landmarks: positions, directions, jaw weights, barycentric weights, and the jaw's
        joint."""
        found = self._landmarks()
        corners, weights = found[0][points], found[1][points]
        blocks = self.keys.key_blocks
        rest = _key_points(blocks[0])[corners] @ MODEL_TO_BLENDER
        directions = np.stack(
            [_key_points(blocks[name])[corners] @ MODEL_TO_BLENDER - rest for name in self.expressions],
            axis=-1,
        )
        group = self._jaw_group().index
        vertices = mesh_of(self.mesh).vertices
        jaw = np.array(
            [[_group_weight(vertices[int(c)], group) for c in corner] for corner in corners], np.float64
        )
        joint = np.array(armature_of(self.armature).bones["jaw"].head_local) @ MODEL_TO_BLENDER
        return rest, directions, jaw, weights, joint

    def allow_range(self, channel: Channel, lowest: float, highest: float) -> bool:
        """Widen a shape key's slider so that Blender does not clamp these values.

        Returns:
            Whether the slider (at most -10..10 in Blender) now holds the whole range; True for bones.
        """
        if channel.kind is ChannelKind.SHAPE_KEY:
            widen_slider(self.keys.key_blocks[channel.name], lowest, highest)
        return plays(self.resolve(channel.owner), channel, lowest, highest)

    def _text(self, key: str) -> str:
        value: Any = self.armature.get(key)
        if not isinstance(value, str) or not value:
            raise self._damaged(key)
        return value

    def _damaged(self, key: str) -> UserError:
        return UserError(f"The custom property {key} of the head {self.armature.name} was changed.", _UNDO)

    def _jaw_group(self) -> bpy.types.VertexGroup:
        groups = self.mesh.vertex_groups
        group = groups.get(deform_bone("jaw")) or groups.get("jaw")
        if group is None:
            raise UserError(f"The head {self.armature.name} lacks the vertex group jaw.", _UNDO)
        return group

    def _landmarks(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(68, 4) vertices of the landmarks, and their weights."""
        count = len(mesh_of(self.mesh).vertices)
        stored: Any = self.mesh.get(LANDMARK_CORNERS_KEY), self.mesh.get(LANDMARK_WEIGHTS_KEY)
        try:
            corners = np.array(stored[0], np.int64).reshape(-1, 4)
            weights = np.array(stored[1], np.float64).reshape(-1, 4)
            usable = corners.shape == weights.shape and len(corners) > max(probe_landmarks())
        except (TypeError, ValueError):
            usable = False
        if (
            not usable
            or corners.min() < 0
            or corners.max() >= count
            or self.mesh.get(VERTICES_KEY, count) != count
        ):
            raise UserError(
                f"The vertices of {self.mesh.name} were changed, so it cannot be measured where the lips "
                "touch; closed lips may fall between two frames."
            )
        return corners, weights


def mark(rig: HeadRig, basis: str, head_joint: int, expressions: tuple[str, ...]) -> None:
    """Write the facts that :func:`head_of` and :class:`HeadRig` read."""
    rig.mesh[VERTICES_KEY] = len(mesh_of(rig.mesh).vertices)
    rig.armature[BASIS_KEY] = basis
    rig.armature[HEAD_JOINT_KEY] = head_joint
    rig.armature[EXPRESSIONS_KEY] = _SEPARATOR.join(expressions)


def head_of(thing: bpy.types.Object | None) -> HeadRig | None:
    """The head that an object belongs to: its armature, its mesh, or something parented to them."""
    seen = set()
    while thing is not None and thing not in seen:
        seen.add(thing)
        if thing.get(BASIS_KEY) is not None and thing.type == "ARMATURE":
            mesh = _mesh_of_head(thing)
            return HeadRig(thing, mesh) if mesh is not None else None
        thing = thing.parent or _deforming_armature(thing)
    return None


def _mesh_of_head(armature: bpy.types.Object) -> bpy.types.Object | None:
    """The head's mesh: a child of the armature, or one that was unparented and is still deformed by it."""
    child = next((thing for thing in armature.children if _is_face(thing)), None)
    if child is not None:
        return child
    others = (thing for thing in bpy.data.objects if _is_face(thing))
    return next((thing for thing in others if _deforming_armature(thing) == armature), None)


def _is_face(thing: bpy.types.Object) -> bool:
    return thing.type == "MESH" and thing.get(LANDMARK_CORNERS_KEY) is not None


def _deforming_armature(thing: bpy.types.Object) -> bpy.types.Object | None:
    """The armature that deforms a head's mesh, or None for any other object."""
    if not _is_face(thing):
        return None
    deforming = (m.object for m in thing.modifiers if isinstance(m, bpy.types.ArmatureModifier))
    return next((found for found in deforming if found is not None), None)


def is_head_part(thing: bpy.types.Object | None) -> bool:
    """Whether an object is, or hangs on, what Elocute built as a head, even if a part of that is gone."""
    seen = set()
    while thing is not None and thing not in seen:
        seen.add(thing)
        if thing.get(BASIS_KEY) is not None or _is_face(thing):
            return True
        thing = thing.parent
    return False


def heads_in(scene: bpy.types.Scene) -> list[HeadRig]:
    """All heads of a scene, by name."""
    found = (head_of(thing) for thing in scene.objects if thing.get(BASIS_KEY) is not None)
    return sorted((rig for rig in found if rig is not None), key=lambda rig: rig.armature.name)


def _key_points(block: bpy.types.ShapeKey) -> NDArray[np.float64]:
    flat = np.empty(len(block.points) * 3, np.float32)
    block.points.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)


def _group_weight(vertex: bpy.types.MeshVertex, group: int) -> float:
    return next((float(g.weight) for g in vertex.groups if g.group == group), 0.0)
