"""How a character's channels move its face: what is to be measured, in steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from ...core.errors import UserError
from ...core.retarget.bind import BoundMap
from ...core.retarget.measured_face import MarkedMouth, MeasuredFace, face_of, moves_anything
from ...core.steps import Steps, aside, part_of
from ..data_of import mesh_of
from .character import Character
from .rig_state import held_points
from .ruler import Ruler

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

_NOTHING: Final = 1e-6


def measure_face_in_steps(
    character: Character, bound: BoundMap, owners: Mapping[str, AnimatedBlock]
) -> Steps[MeasuredFace | str]:
    """Measure a character's face; a sentence where that cannot be done.

    Between two steps everything is as it was.

    Args:
        character: its meshes.
        bound: its map.
        owners: owner id -> data-block.

    Raises:
        UserError: the character was changed between two steps, points that were marked are gone, or none of
            its channels moves anything.
    """
    meshes = [mesh for mesh in character.meshes if len(mesh_of(mesh).vertices)]
    if not meshes:
        return f"{character.root.name} has no mesh to be measured"
    scale = np.abs(np.array(character.root.matrix_world.to_scale(), np.float64))
    if scale.min() <= _NOTHING * scale.max():
        return f"{character.root.name} is scaled to nothing along an axis"
    ruler = Ruler(character, meshes, bound, owners)
    mouth = _mouth(ruler, character)
    movements = yield from part_of(ruler.measure(), 0.0, 0.8)
    if not moves_anything(movements, bound):
        raise UserError(
            f"None of the channels of {bound.rig_map.title} moves anything on {bound.survey.name}, "
            "so nothing was keyed.",
            "Give its shape keys their shapes, or bind its mesh to the rig.",
        )
    return (yield from part_of(aside(lambda: face_of(movements, bound, mouth)), 0.8, 1.0))


def _mouth(ruler: Ruler, character: Character) -> MarkedMouth | None:
    """Where the user has marked the mouth."""
    held = held_points(character.root)
    if held is None:
        return None
    vertices: dict[int, int] = {}
    for landmark, (mesh, index) in held.vertices.items():
        vertex = ruler.vertex(mesh, index)
        if vertex is None:
            raise UserError(
                f"The points that are marked on {mesh} are no longer there.",
                "Mark the four points of the mouth again, or forget them.",
            )
        vertices[landmark] = vertex
    return MarkedMouth(vertices, np.array(held.up))
