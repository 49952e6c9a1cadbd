"""How channels move all vertices of a character: shape keys by their data, all else on the evaluated mesh.

Vertices of all meshes one after the other, in the local axes of the object that stands for the character and
the size that it has in the scene; a mirrored object is measured unmirrored. Nothing stays changed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.channel import Channel, ChannelKind
from ...core.clip.rotation import quaternions
from ...core.clip.rotation_modes import in_mode
from ...core.retarget.bind import BoundMap, BoundTurn, Drive
from ...core.retarget.controls.vocabulary import JAW_OPEN_RADIANS
from ...core.retarget.face_axes import face_axes
from ...core.retarget.facing import facing, has_sides
from ...core.retarget.layout import layout_of
from ..context import view_layer_of
from ..data_of import mesh_of, shape_keys_of
from .character import Character
from .survey_character import keys_owner

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

Float64Array = NDArray[np.float64]

_KEEPS_VERTICES: Final = frozenset(
    {"ARMATURE", "LATTICE", "MESH_DEFORM", "SURFACE_DEFORM", "SHRINKWRAP", "CORRECTIVE_SMOOTH", "HOOK",
     "CAST", "CURVE", "DISPLACE", "LAPLACIANDEFORM", "LAPLACIANSMOOTH", "SIMPLE_DEFORM", "SMOOTH",
     "WARP", "WAVE", "WEIGHTED_NORMAL", "NORMAL_EDIT", "DATA_TRANSFER", "UV_PROJECT", "UV_WARP",
     "VERTEX_WEIGHT_EDIT", "VERTEX_WEIGHT_MIX", "VERTEX_WEIGHT_PROXIMITY"}
)  # fmt: skip
"""Modifiers after which a mesh has as many vertices as before."""
_ROUNDING: Final = 1e-5
_BONE_STEP: Final = 0.1
"""A bone is moved by this share of its length and turned by as many radians, to see where that leads."""


class Ruler:
    """Measures one character; use it within :meth:`at_rest`."""

    def __init__(
        self,
        character: Character,
        meshes: Sequence[bpy.types.Object],
        bound: BoundMap,
        owners: Mapping[str, AnimatedBlock],
    ) -> None:
        self._meshes = meshes
        self._bound = bound
        self._owners = owners
        root = character.root.matrix_world
        self._scale = np.abs(np.array(root.to_scale(), np.float64))
        self._to_root = np.array(root.inverted_safe(), np.float64)
        placed = [self._in_root(_own_points(mesh), mesh.matrix_world) for mesh in meshes]
        self.rest = np.concatenate(placed)
        ends = np.cumsum([0, *(len(points) for points in placed)])
        self._ranges = [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]
        self._keyed = {
            keys_owner(mesh): index
            for index, mesh in enumerate(meshes)
            if mesh_of(mesh).shape_keys is not None
        }
        self._known: dict[str, Float64Array] = {}
        self._base: Float64Array | None = None

    def axes(self, opening: Float64Array) -> Float64Array | None:
        """(3, 3) columns are a face's axes in those of the root: by the skeleton if it has sides, else by
        the mesh."""
        if has_sides(self._bound.survey):
            return facing(self._bound.survey)
        return face_axes(self.rest, opening)

    def bone_point(self, point: Float64Array) -> Float64Array:
        """(3,) a point of the armature at rest, as vertices are given."""
        placed: Float64Array = point * self._scale
        return placed

    def is_moved(self, moves: Float64Array) -> bool:
        """Whether (V, 3) movements are more than rounding."""
        size = float(np.ptp(self.rest, axis=0).max(initial=0.0))
        return bool(np.abs(moves).max(initial=0.0) > _ROUNDING * size)

    def moves(self, drive: Drive) -> Float64Array:
        """(V, 3) movement at 1 of a drive."""
        if drive.name not in self._known:
            by_keys = drive.channels[0].kind is ChannelKind.SHAPE_KEY
            self._known[drive.name] = self._by_keys(drive) if by_keys else self._by_evaluation(drive)
        return self._known[drive.name]

    def turned(self, turn: BoundTurn) -> Float64Array:
        """(V, 3) movement when the jaw's bone turns as far as ``jawOpen`` = 1 turns it."""
        name = f"turn {turn.bone.name}"
        if name not in self._known:
            joint = layout_of(self._bound, [turn]).rotations[0]
            vector = joint.axes @ np.array([JAW_OPEN_RADIANS * joint.share, 0.0, 0.0])
            numbers = in_mode(quaternions(vector[None]), joint.mode)[0]
            self._known[name] = self._changed(dict(zip(joint.channels, numbers.tolist(), strict=True)))
        return self._known[name]

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Hold bones and properties that are measured at rest, and modifiers that change the number of
        vertices off.

        Everything is as it was afterwards.
        """
        channels = [channel for drive in self._bound.drives for channel in drive.channels]
        channels = [channel for channel in channels if channel.kind is not ChannelKind.SHAPE_KEY]
        for turn in layout_of(self._bound).rotations:
            channels += turn.channels
        before = {channel: self._value(channel) for channel in channels}
        hidden = [
            modifier
            for mesh in (self._meshes if channels else ())
            for modifier in mesh.modifiers
            if modifier.type not in _KEEPS_VERTICES and modifier.show_viewport
        ]
        try:
            for modifier in hidden:
                modifier.show_viewport = False
            for channel in channels:
                self._set(channel, _neutral(channel))
            yield
        finally:
            for channel, value in before.items():
                self._set(channel, value)
            for modifier in hidden:
                modifier.show_viewport = True
            self._update()

    def _by_keys(self, drive: Drive) -> Float64Array:
        moved = np.zeros_like(self.rest)
        for channel in drive.channels:
            index = self._keyed[channel.owner]
            keys = shape_keys_of(self._meshes[index])
            block = keys.key_blocks[channel.name]
            offset = _block_points(block) - _block_points(block.relative_key)
            if block.vertex_group and (group := self._meshes[index].vertex_groups.get(block.vertex_group)):
                offset *= _weights(self._meshes[index], group.index)[:, None]
            frame = np.array(self._meshes[index].matrix_world, np.float64)[:3, :3]
            moved[self._ranges[index]] = (offset @ frame.T @ self._to_root[:3, :3].T) * self._scale
        return moved

    def _by_evaluation(self, drive: Drive) -> Float64Array:
        channel = drive.channels[0]
        step = 1.0
        if channel.bone:
            bone = self._bound.survey.bone(channel.bone)
            length = float(np.linalg.norm(bone.tail - bone.head)) if bone is not None else 1.0
            step = _BONE_STEP * (length if channel.kind is ChannelKind.LOCATION else 1.0)
        if drive.source.mix and all(weight < 0 for weight in drive.source.mix.values()):
            step = -step  # what it drives may have no other side
        changed = {one: _neutral(one) + step for one in drive.channels}
        return self._changed(changed) / step

    def _changed(self, values: Mapping[Channel, float]) -> Float64Array:
        """(V, 3) movement when channels get other values than at rest."""
        if self._base is None:
            self._base = self._evaluated()
        before = {channel: self._value(channel) for channel in values}
        for channel, value in values.items():
            self._set(channel, value)
        moved = self._evaluated() - self._base
        for channel, value in before.items():
            self._set(channel, value)
        return moved

    def _evaluated(self) -> Float64Array:
        self._update()
        graph = bpy.context.evaluated_depsgraph_get()
        parts = []
        for mesh, own in zip(self._meshes, self._ranges, strict=True):
            evaluated = mesh.evaluated_get(graph)
            points = _coordinates(mesh_of(evaluated).vertices)
            if len(points) != own.stop - own.start:
                points = _own_points(mesh)  # an object that cannot be measured stands still
            parts.append(self._in_root(points, evaluated.matrix_world))
        return np.concatenate(parts)

    def _update(self) -> None:
        for block in self._owners.values():
            block.update_tag()
        view_layer_of(bpy.context).update()

    def _in_root(self, points: Float64Array, matrix: object) -> Float64Array:
        frame = self._to_root @ np.array(matrix, np.float64)
        placed: Float64Array = (points @ frame[:3, :3].T + frame[:3, 3]) * self._scale
        return placed

    def _value(self, channel: Channel) -> float:
        value: Any = self._owners[channel.owner].path_resolve(channel.data_path)
        return float(value[channel.index] if hasattr(value, "__len__") else value)

    def _set(self, channel: Channel, value: float) -> None:
        block: Any = self._owners[channel.owner]
        if channel.kind is ChannelKind.CUSTOM_PROPERTY:
            whole = isinstance(block[channel.name], int)
            block[channel.name] = round(value) if whole else value
            return
        path, _, attribute = channel.data_path.rpartition(".")
        holder: Any = block.path_resolve(path) if path else block
        held: Any = getattr(holder, attribute)
        if hasattr(held, "__len__"):
            held[channel.index] = value
        else:
            setattr(holder, attribute, value)


def _neutral(channel: Channel) -> float:
    """Value of a channel at rest."""
    if channel.kind is ChannelKind.SCALE:
        return 1.0
    quaternion = channel.kind is ChannelKind.ROTATION and channel.data_path.endswith("rotation_quaternion")
    if quaternion and channel.index == 0:
        return 1.0
    axis = channel.kind is ChannelKind.ROTATION and channel.data_path.endswith("rotation_axis_angle")
    return 1.0 if axis and channel.index == 2 else 0.0


def _own_points(mesh: bpy.types.Object) -> Float64Array:
    """(V, 3) a mesh at rest: its first shape key, or its vertices."""
    keys = mesh_of(mesh).shape_keys
    if keys is not None:
        return _block_points(keys.reference_key)
    return _coordinates(mesh_of(mesh).vertices)


def _block_points(block: bpy.types.ShapeKey) -> Float64Array:
    return _coordinates(block.data)


def _coordinates(points: Any) -> Float64Array:
    flat = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)


def _weights(mesh: bpy.types.Object, group: int) -> Float64Array:
    weights = np.zeros(len(mesh_of(mesh).vertices))
    for vertex in mesh_of(mesh).vertices:
        for member in vertex.groups:
            if member.group == group:
                weights[vertex.index] = member.weight
    return weights
