"""A head that Elocute built: how to find it in a scene and what can be animated on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.axes import MODEL_TO_BLENDER
from ...core.channel import Channel, ChannelKind, RotationMode, rotation, shape_key
from ...core.clip.contacts import ContactProbe, probe_landmarks
from ...core.clip.face_model import JOINT_NAMES
from ...core.clip.joint_motion import deform_bone
from ...core.errors import UserError
from ...core.rig_layout import ChannelMix, JointRotation, RigLayout
from ..data_of import armature_of, mesh_of, pose_of
from ..version_compat import action_blocker
from .played_channel import plays, widen_slider
from .rest_axes import rest_axes

BASIS_KEY: Final = "elocute_basis"
HEAD_JOINT_KEY: Final = "elocute_head_joint"
EXPRESSIONS_KEY: Final = "elocute_expressions"
LANDMARK_CORNERS_KEY: Final = "elocute_landmark_corners"
LANDMARK_WEIGHTS_KEY: Final = "elocute_landmark_weights"
JOINT_CONSTRAINT: Final = "Elocute joint"
"""Name of the constraint that moves a bone with its joint."""
_SEPARATOR: Final = "\n"

KEYS: Final = "keys"
"""Owner id of the shape keys."""
HEAD: Final = "head"
"""Owner id of the armature object."""
EXPRESSIONS_GROUP: Final = "Expressions"
_MODE: Final[RotationMode] = "QUATERNION"


@dataclass(frozen=True)
class HeadRig:
    """A head in a Blender file, Elocute's own or one made of a FLAME file; a ``Target``.

    Attributes:
        armature: the armature object; carries the rig's facts as custom properties.
        mesh: the mesh object with the shape keys.
    """

    armature: bpy.types.Object
    mesh: bpy.types.Object

    @property
    def name(self) -> str:
        """Name of the armature object."""
        return self.armature.name

    @property
    def basis(self) -> str:
        """Face basis of the expressions."""
        return str(self.armature[BASIS_KEY])

    @property
    def expressions(self) -> tuple[str, ...]:
        """Names of the expression shape keys, in the basis' order."""
        return tuple(str(self.armature[EXPRESSIONS_KEY]).split(_SEPARATOR))

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
                "Undo the change, or add a new head.",
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
                    "Undo the change, or add a new head.",
                )
            axes[name] = rest_axes(bone, MODEL_TO_BLENDER)
        return axes

    def layout(self) -> RigLayout:
        """What can be animated: every expression and every joint, with each bone's rest axes as they are now.

        Raises:
            UserError: a bone or shape key of the head is gone.
        """
        axes = self.bone_axes()
        _ = self.keys
        mixes = tuple(
            ChannelMix(shape_key(KEYS, name, EXPRESSIONS_GROUP), {name: 1.0}) for name in self.expressions
        )
        rotations = tuple(
            JointRotation(name, _MODE, rotation(HEAD, _MODE, name), axes[name]) for name in JOINT_NAMES
        )
        head = JOINT_NAMES[int(self.armature[HEAD_JOINT_KEY])]
        return RigLayout(self.basis, self.expressions, head, mixes, rotations)

    def channels(self) -> tuple[Channel, ...]:
        """Every channel that a motion writes."""
        return self.layout().channels()

    def writable(self) -> str:
        """Why the head cannot be keyed now, in one sentence, or an empty string."""
        try:
            blocks = (self.keys, self.armature)
            self.bone_axes()
        except UserError as error:
            return str(error)
        return next((reason for block in blocks if (reason := action_blocker(block))), "")

    def prepare(self) -> None:
        """Give every bone the rotation mode that the layout says."""
        for name in JOINT_NAMES:
            pose_of(self.armature).bones[name].rotation_mode = _MODE

    def resolve(self, owner: str) -> bpy.types.Key | bpy.types.Object:
        """The shape keys or the armature object."""
        blocks: dict[str, bpy.types.Key | bpy.types.Object] = {KEYS: self.keys, HEAD: self.armature}
        return blocks[owner]

    def contact_probe(self) -> ContactProbe:
        """Measures lip and eyelid contact of clips on this head, from the mesh as it is now."""
        points = probe_landmarks()
        corners = np.array(self.mesh[LANDMARK_CORNERS_KEY], np.int64).reshape(-1, 4)[points]
        weights = np.array(self.mesh[LANDMARK_WEIGHTS_KEY], np.float64).reshape(-1, 4)[points]
        blocks = self.keys.key_blocks
        rest = _key_points(blocks[0])[corners] @ MODEL_TO_BLENDER
        directions = np.stack(
            [_key_points(blocks[name])[corners] @ MODEL_TO_BLENDER - rest for name in self.expressions],
            axis=-1,
        )
        groups = self.mesh.vertex_groups
        group = (groups.get(deform_bone("jaw")) or groups["jaw"]).index
        vertices = mesh_of(self.mesh).vertices
        jaw = np.array(
            [[_group_weight(vertices[int(c)], group) for c in corner] for corner in corners], np.float32
        )
        joint = np.array(armature_of(self.armature).bones["jaw"].head_local) @ MODEL_TO_BLENDER
        return ContactProbe.from_corners(rest, directions, jaw, weights, joint)

    def allow_range(self, channel: Channel, lowest: float, highest: float) -> bool:
        """Widen a shape key's slider so that Blender does not clamp these values.

        Returns:
            Whether the slider (at most -10..10 in Blender) now holds the whole range; True for bones.
        """
        if channel.kind is ChannelKind.SHAPE_KEY:
            widen_slider(self.keys.key_blocks[channel.name], lowest, highest)
        return plays(self.resolve(channel.owner), channel, lowest, highest)


def mark(rig: HeadRig, basis: str, head_joint: int, expressions: tuple[str, ...]) -> None:
    """Write the facts that :func:`head_of` and :class:`HeadRig` read."""
    rig.armature[BASIS_KEY] = basis
    rig.armature[HEAD_JOINT_KEY] = head_joint
    rig.armature[EXPRESSIONS_KEY] = _SEPARATOR.join(expressions)


def head_of(thing: bpy.types.Object | None) -> HeadRig | None:
    """The head that an object belongs to: its armature, its mesh, or something parented to them."""
    while thing is not None:
        if thing.get(BASIS_KEY) is not None and thing.type == "ARMATURE":
            mesh = next((c for c in thing.children if c.type == "MESH" and c.get(LANDMARK_CORNERS_KEY)), None)
            return HeadRig(thing, mesh) if mesh is not None else None
        thing = thing.parent
    return None


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
