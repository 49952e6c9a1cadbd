"""A head that Elocute built: how to find it in a scene and what can be animated on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...core.clip.contacts import ContactProbe, probe_landmarks
from ...core.clip.curves import RigLayout
from ...core.clip.face_model import JOINT_NAMES
from ...core.clip.joint_motion import deform_bone
from ...core.errors import UserError

BASIS_KEY: Final = "elocute_basis"
HEAD_JOINT_KEY: Final = "elocute_head_joint"
EXPRESSIONS_KEY: Final = "elocute_expressions"
LANDMARK_CORNERS_KEY: Final = "elocute_landmark_corners"
LANDMARK_WEIGHTS_KEY: Final = "elocute_landmark_weights"
JOINT_CONSTRAINT: Final = "Elocute joint"
"""Name of the constraint that moves a bone with its joint."""
_SEPARATOR: Final = "\n"

MODEL_TO_BLENDER: Final[NDArray[np.float64]] = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Models are y up and look along +z; Blender's characters are z up and look along -y."""


@dataclass(frozen=True)
class HeadRig:
    """A head in a Blender file.

    Attributes:
        armature: the armature object; carries the rig's facts as custom properties.
        mesh: the mesh object with the shape keys.
    """

    armature: Any
    mesh: Any

    @property
    def basis(self) -> str:
        """Face basis of the expressions."""
        return str(self.armature[BASIS_KEY])

    @property
    def expressions(self) -> tuple[str, ...]:
        """Names of the expression shape keys, in the basis' order."""
        return tuple(str(self.armature[EXPRESSIONS_KEY]).split(_SEPARATOR))

    @property
    def keys(self) -> Any:
        """The mesh's shape key data-block, the one its expression curves animate.

        Raises:
            UserError: a shape key of the basis is gone.
        """
        keys = self.mesh.data.shape_keys
        present = set() if keys is None else set(keys.key_blocks.keys())
        if missing := [name for name in self.expressions if name not in present]:
            raise UserError(
                f"The head {self.armature.name} lacks the shape key {missing[0]}"
                + (f" and {len(missing) - 1} more." if len(missing) > 1 else "."),
                "Undo the change, or add a new head.",
            )
        return keys

    def layout(self) -> RigLayout:
        """What can be animated, with each bone's rest axes as they are now.

        Raises:
            UserError: a bone or shape key of the head is gone.
        """
        bones = {}
        for name in JOINT_NAMES:
            bone = self.armature.data.bones.get(name)
            if bone is None:
                raise UserError(
                    f"The head {self.armature.name} lacks the bone {name}.",
                    "Undo the change, or add a new head.",
                )
            rest = np.array(bone.matrix_local.to_3x3(), np.float64)
            bones[name] = rest.T @ MODEL_TO_BLENDER
        _ = self.keys
        head = JOINT_NAMES[int(self.armature[HEAD_JOINT_KEY])]
        return RigLayout(self.basis, self.expressions, bones, head)

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
        vertices = self.mesh.data.vertices
        jaw = np.array(
            [[_group_weight(vertices[int(c)], group) for c in corner] for corner in corners], np.float32
        )
        joint = np.array(self.armature.data.bones["jaw"].head_local) @ MODEL_TO_BLENDER
        return ContactProbe.from_corners(rest, directions, jaw, weights, joint)

    def allow_range(self, name: str, lowest: float, highest: float) -> bool:
        """Widen a shape key's slider so that Blender does not clamp these values.

        Returns:
            Whether the slider (at most -10..10 in Blender) now holds the whole range.
        """
        block = self.keys.key_blocks[name]
        block.slider_min = min(block.slider_min, lowest)
        block.slider_max = max(block.slider_max, highest)
        return bool(block.slider_min <= lowest + 1e-6 and block.slider_max >= highest - 1e-6)


def mark(rig: HeadRig, basis: str, head_joint: int, expressions: tuple[str, ...]) -> None:
    """Write the facts that :func:`head_of` and :class:`HeadRig` read."""
    rig.armature[BASIS_KEY] = basis
    rig.armature[HEAD_JOINT_KEY] = head_joint
    rig.armature[EXPRESSIONS_KEY] = _SEPARATOR.join(expressions)


def head_of(thing: Any) -> HeadRig | None:
    """The head that an object belongs to: its armature, its mesh, or something parented to them."""
    while thing is not None:
        if BASIS_KEY in thing and thing.type == "ARMATURE":
            mesh = next((c for c in thing.children if c.type == "MESH" and LANDMARK_CORNERS_KEY in c), None)
            return HeadRig(thing, mesh) if mesh is not None else None
        thing = thing.parent
    return None


def heads_in(scene: Any) -> list[HeadRig]:
    """All heads of a scene, by name."""
    found = (head_of(thing) for thing in scene.objects if BASIS_KEY in thing)
    return sorted((rig for rig in found if rig is not None), key=lambda rig: rig.armature.name)


def _key_points(block: Any) -> NDArray[np.float64]:
    flat = np.empty(len(block.points) * 3, np.float32)
    block.points.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)


def _group_weight(vertex: Any, group: int) -> float:
    return next((float(g.weight) for g in vertex.groups if g.group == group), 0.0)
