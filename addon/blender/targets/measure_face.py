"""How a character's channels move its face: what is to be measured, in steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from ...core.retarget.bind import BoundMap
from ...core.retarget.measured_face import MeasuredFace, face_of
from ...core.steps import Steps, aside, part_of
from ..data_of import mesh_of
from .character import Character
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
        UserError: the character was changed between two steps.
    """
    meshes = [mesh for mesh in character.meshes if len(mesh_of(mesh).vertices)]
    if not meshes:
        return f"{character.root.name} has no mesh to be measured"
    scale = np.abs(np.array(character.root.matrix_world.to_scale(), np.float64))
    if scale.min() <= _NOTHING * scale.max():
        return f"{character.root.name} is scaled to nothing along an axis"
    movements = yield from part_of(Ruler(character, meshes, bound, owners).measure(), 0.0, 0.8)
    return (yield from part_of(aside(lambda: face_of(movements, bound)), 0.8, 1.0))
