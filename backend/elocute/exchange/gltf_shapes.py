"""Characters in binary glTF files whose shape keys have ARKit's names: how a keyed scene is read.

Khronos Group, glTF 2.0 Specification, "Morph Targets" and "Animations". The names of a mesh's shapes stand in
its ``extras`` as ``targetNames``, which Blender and others write. Models face +z, x to their left, as
Elocute's axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.controls.vocabulary import COLUMN, CONTROLS
from elocute.exchange.control_names import ENOUGH, control_named, lacking
from elocute.exchange.glb import MAGIC, WEIGHTS, Animation, described, read_animation
from elocute.exchange.glb_motion import head_turn, moments
from elocute.exchange.import_format import Capture, Document, ImportFormat
from elocute.exchange.vrma import EXTENSION

Float64Array = NDArray[np.float64]

_BONES: Final = ("neck", "head")
"""What the bones that turn the head are called, the lowest first."""


def _recognises(document: Document) -> bool:
    if not document.data.startswith(MAGIC):
        return False
    told = described(document.data).get("extensions")
    return not (isinstance(told, dict) and EXTENSION in told)


def _read(document: Document) -> Capture:
    animation = read_animation(document.data, WEIGHTS)
    fps, times = moments(animation)
    shapes = _shapes(animation)
    if len(shapes) < ENOUGH:
        raise ValueError(
            f"it is a glTF file that moves only {len(shapes)} shape keys with ARKit's names, "
            "and no VRM animation"
        )
    values = np.zeros((len(times), len(CONTROLS)))
    moved = {node: animation.curves[node, WEIGHTS].at(times) for node, _ in set(shapes.values())}
    for control, (node, column) in shapes.items():
        values[:, COLUMN[control]] = moved[node][:, column]
    head = head_turn(animation, _bones(animation), times)
    return Capture(times, values, head, fps=fps, notes=lacking({name: 0 for name in shapes}))


def _shapes(animation: Animation) -> dict[str, tuple[int, int]]:
    """Control -> node and column of its weights. Of several meshes that have it, the one with most counts:
    lashes and teeth repeat some of a face's."""
    found: list[dict[str, tuple[int, int]]] = []
    for (node, path), curve in animation.curves.items():
        if path != WEIGHTS:
            continue
        names = _names(animation.document, node)
        own: dict[str, tuple[int, int]] = {}
        for column, name in enumerate(names[: curve.values.shape[-1]]):
            if (control := control_named(name)) is not None:
                own.setdefault(control, (node, column))
        found.append(own)
    together: dict[str, tuple[int, int]] = {}
    for own in sorted(found, key=len):
        together |= own
    return together


def _names(document: Mapping[str, Any], node: int) -> list[str]:
    """Names of the shapes of a node's mesh."""
    meshes, place = document.get("meshes"), document["nodes"][node].get("mesh")
    if not isinstance(meshes, list) or not isinstance(place, int) or not 0 <= place < len(meshes):
        return []
    mesh = meshes[place]
    extras = mesh.get("extras") if isinstance(mesh, dict) else None
    names = extras.get("targetNames") if isinstance(extras, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return []
    return names


def _bones(animation: Animation) -> list[int]:
    """Nodes that turn and are called neck and head, as far as there are any; the first of each name."""
    nodes = animation.document["nodes"]
    named: dict[str, int] = {}
    for node, path in animation.curves:
        name = str(nodes[node].get("name", "")).strip().lower().rpartition(":")[2]
        if path == "rotation" and name in _BONES:
            named.setdefault(name, node)
    return [named[name] for name in _BONES if name in named]


READER: Final = ImportFormat(
    "gltf", "a keyed character with ARKit's shape keys, as binary glTF (.glb)", _recognises, _read
)
