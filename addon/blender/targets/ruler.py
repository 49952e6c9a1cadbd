"""How channels move all vertices of a character: shape keys by their data, all else on the evaluated mesh.

Vertices of all meshes one after the other, in the local axes of the object that stands for the character and
the size that it has in the scene; a mirrored object is measured unmirrored. Nothing stays changed.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.channel import Channel, ChannelKind
from ...core.clip.rotation import quaternions
from ...core.clip.rotation_modes import in_mode
from ...core.errors import UserError
from ...core.retarget.bind import BoundMap, BoundTurn, Drive
from ...core.retarget.controls.vocabulary import JAW_OPEN_RADIANS
from ...core.retarget.layout import layout_of
from ...core.retarget.measured_face import Movements
from ...core.steps import Steps
from ..context import view_layer_of
from ..data_of import mesh_of, shape_keys_of
from .channel_value import set_value, value_of
from .character import Character
from .survey_character import keys_owner
from .vertex_order import own_vertices

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

Float64Array = NDArray[np.float64]

_BONE_STEP: Final = 0.1
"""A bone is moved by this share of its length and turned by as many radians, to see where that leads."""
_SECONDS_AT_REST: Final = 0.02
"""No other channel is measured after so long in one step."""


class Ruler:
    """Measures one character."""

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
        self._root = character.root
        self._scale = np.abs(np.array(self._root.matrix_world.to_scale(), np.float64))
        self._to_root = np.array(self._root.matrix_world.inverted_safe(), np.float64)
        placed = [self._in_root(_own_points(mesh), mesh.matrix_world) for mesh in meshes]
        self._rest = np.concatenate(placed)
        ends = np.cumsum([0, *(len(points) for points in placed)])
        self._ranges = [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]
        self._keyed = {
            keys_owner(mesh): index
            for index, mesh in enumerate(meshes)
            if mesh_of(mesh).shape_keys is not None
        }
        held = [channel for drive in bound.drives for channel in drive.channels if not _is_key(drive)]
        held += [channel for turn in layout_of(bound).rotations for channel in turn.channels]
        self._held: Final = tuple(held)
        self._base = self._rest
        self._backwards: set[str] = set()

    def measure(self) -> Steps[Movements]:
        """Measure all drives and the jaw's turn, a few of them a step.

        Raises:
            UserError: a mesh was changed between two steps.
        """
        jaw = next((turn for turn in self._bound.turns if turn.source.joint == "jaw"), None)
        drives = self._bound.drives
        moves: list[Float64Array | None] = [None] * (len(drives) + 1)
        evaluated = [index for index, drive in enumerate(drives) if not _is_key(drive)]
        for index in (index for index, drive in enumerate(drives) if _is_key(drive)):
            self._look_again()
            moves[index] = self._by_keys(drives[index])
            yield index / len(moves)
        left = [*evaluated, *([len(drives)] if jaw is not None else [])]
        while left:
            self._look_again()
            with self._at_rest():
                self._base = self._evaluated()
                end = time.perf_counter() + _SECONDS_AT_REST
                while left and time.perf_counter() < end:
                    index = left.pop(0)
                    if jaw is not None and index == len(drives):
                        moves[index] = self._turned(jaw)
                    else:
                        moves[index] = self._by_evaluation(drives[index])
            yield 1.0 - len(left) / len(moves)
        if self._held:
            self._update()
        found = tuple(moved for moved in moves[:-1] if moved is not None)
        return Movements(self._rest, found, moves[-1], self._scale, frozenset(self._backwards))

    def _look_again(self) -> None:
        """Take over where the character is now; it may walk while it is measured.

        Raises:
            UserError: it is no longer the same.
        """
        self._to_root = np.array(self._root.matrix_world.inverted_safe(), np.float64)
        counts = [len(mesh_of(mesh).vertices) for mesh in self._meshes]
        names = {channel.name for drive in self._bound.drives for channel in drive.channels if _is_key(drive)}
        kept = {block.name for index in self._keyed.values() for block in self._keys(index).key_blocks}
        if counts != [own.stop - own.start for own in self._ranges] or not names <= kept:
            raise UserError(
                f"{self._bound.survey.name} was changed while its face was measured, so nothing was keyed.",
                "Generate again.",
            )

    def _keys(self, index: int) -> bpy.types.Key:
        return shape_keys_of(self._meshes[index])

    def vertex(self, mesh: str, index: int) -> int | None:
        """A vertex of a mesh object among all; None where there is no such mesh or vertex."""
        for thing, own in zip(self._meshes, self._ranges, strict=True):
            if thing.name == mesh and 0 <= index < own.stop - own.start:
                return own.start + index
        return None

    @contextmanager
    def _at_rest(self) -> Iterator[None]:
        """Hold bones and properties that are measured at rest, and modifiers that change the number of
        vertices off.

        Everything is as it was afterwards, but for the evaluated meshes: Blender sees to them when it draws.
        """
        channels = self._held
        before = {channel: self._value(channel) for channel in channels}
        try:
            with own_vertices(self._meshes if channels else ()):
                for channel in channels:
                    self._set(channel, _neutral(channel))
                yield
        finally:
            for channel, value in before.items():
                self._set(channel, value)
            self._tag()

    def _turned(self, turn: BoundTurn) -> Float64Array:
        """(V, 3) movement when the jaw's bone turns as far as ``jawOpen`` = 1 turns it."""
        joint = layout_of(self._bound, [turn]).rotations[0]
        vector = joint.axes @ np.array([JAW_OPEN_RADIANS * joint.share, 0.0, 0.0])
        numbers = in_mode(quaternions(vector[None]), joint.mode)[0]
        return self._changed(dict(zip(joint.channels, numbers.tolist(), strict=True)))

    def _by_keys(self, drive: Drive) -> Float64Array:
        moved = np.zeros_like(self._rest)
        for channel in drive.channels:
            index = self._keyed[channel.owner]
            block = self._keys(index).key_blocks[channel.name]
            offset = _block_points(block) - _block_points(block.relative_key)
            if block.vertex_group and (group := self._meshes[index].vertex_groups.get(block.vertex_group)):
                offset *= _weights(self._meshes[index], group.index)[:, None]
            frame = np.array(self._meshes[index].matrix_world, np.float64)[:3, :3]
            moved[self._ranges[index]] = (offset @ frame.T @ self._to_root[:3, :3].T) * self._scale
        return moved

    def _by_evaluation(self, drive: Drive) -> Float64Array:
        channel = drive.channels[0]
        step = 1.0
        if channel.bone and not drive.parts:
            bone = self._bound.survey.bone(channel.bone)
            length = float(np.linalg.norm(bone.tail - bone.head)) if bone is not None else 1.0
            step = _BONE_STEP * (length if channel.kind is ChannelKind.LOCATION else 1.0)
        if drive.source.mix and all(weight < 0 for weight in drive.source.mix.values()):
            step = -step  # what it drives may have no other side
        moved = self._at(drive, step)
        if not np.any(moved) and drive.source.mix:
            step = -step  # or no side but the other: it goes the other way than its name says
            moved = self._at(drive, step)
            if np.any(moved):
                self._backwards.add(drive.name)
        return moved / step

    def _at(self, drive: Drive, step: float) -> Float64Array:
        """(V, 3) movement when all channels of a drive are ``step`` away from their rest."""
        if drive.parts:
            return self._changed({part.channel: part.value for part in drive.parts})
        return self._changed({one: _neutral(one) + step for one in drive.channels})

    def _changed(self, values: Mapping[Channel, float]) -> Float64Array:
        """(V, 3) movement when channels get other values than at rest, where they are now."""
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

    def _tag(self) -> None:
        for block in self._owners.values():
            block.update_tag()

    def _update(self) -> None:
        self._tag()
        view_layer_of(bpy.context).update()

    def _in_root(self, points: Float64Array, matrix: object) -> Float64Array:
        frame = self._to_root @ np.array(matrix, np.float64)
        placed: Float64Array = (points @ frame[:3, :3].T + frame[:3, 3]) * self._scale
        return placed

    def _value(self, channel: Channel) -> float:
        return value_of(self._owners[channel.owner], channel)

    def _set(self, channel: Channel, value: float) -> None:
        set_value(self._owners[channel.owner], channel, value)


def _is_key(drive: Drive) -> bool:
    return drive.channels[0].kind is ChannelKind.SHAPE_KEY


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
    return _coordinates(block.points)


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
