"""Materials of a head, for Cycles, EEVEE and the solid view."""

from __future__ import annotations

from typing import Any, Final, cast

import bpy
import numpy as np

from ...core.clip.face_model import FaceModel
from ..version_compat import node_tree

COLOR_ATTRIBUTE: Final = "Color"

_INSIDE_GLOW: Final = 0.12
"""The inside of an open mouth renders black without a little light of its own."""
_GLOWING: Final = ("teeth", "tongue", "gum", "mouth", "bag")
_GLOSSY: Final = {"eye": 0.08, "cornea": 0.03, "teeth": 0.25, "tongue": 0.3, "lip": 0.35, "hair": 0.8}
_SKIN_ROUGHNESS: Final = 0.5


def make_materials(face: FaceModel) -> list[bpy.types.Material]:
    """One new material for each of the face's material ids, in their order."""
    return [
        _material(face, index, name, face.material_colors[index].tolist())
        for index, name in enumerate(face.material_names)
    ]


def _material(face: FaceModel, index: int, name: str, color: list[float]) -> bpy.types.Material:
    material = bpy.data.materials.new(f"Elocute {name}")
    shown = _mean_vertex_color(face, index) or color
    material.diffuse_color = shown
    lower = name.lower()
    roughness = next((value for part, value in _GLOSSY.items() if part in lower), _SKIN_ROUGHNESS)
    material.roughness = roughness
    tree = node_tree(material)
    nodes, links = tree.nodes, tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    _set_input(shader, "Base Color", color)
    _set_input(shader, "Roughness", roughness)
    painted: bpy.types.NodeSocket | None = None
    if face.vertex_colors is not None:
        source = cast(bpy.types.ShaderNodeVertexColor, nodes.new("ShaderNodeVertexColor"))
        source.layer_name = COLOR_ATTRIBUTE
        source.location = (shader.location.x - 300, shader.location.y)
        painted = cast(bpy.types.Node, source).outputs["Color"]
        links.new(painted, shader.inputs["Base Color"])
    if any(part in lower for part in _GLOWING):
        _set_input(shader, "Emission Color", color)
        _set_input(shader, "Emission Strength", _INSIDE_GLOW)
        if painted is not None:
            links.new(painted, shader.inputs["Emission Color"])
    return material


def _set_input(node: bpy.types.Node, name: str, value: float | list[float]) -> None:
    socket: Any = node.inputs[name]  # the kinds of socket that have a value are a dozen types
    socket.default_value = value


def _mean_vertex_color(face: FaceModel, index: int) -> list[float] | None:
    """Average colour of the vertices of one material, for views that show one colour each."""
    if face.vertex_colors is None:
        return None
    corners = face.faces[face.material_ids == index]
    if not len(corners):
        return None
    used = np.unique(corners[corners >= 0])
    mean: list[float] = face.vertex_colors[used].mean(axis=0).tolist()
    return mean
