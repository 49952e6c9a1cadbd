"""One animatable number of a rig, named without Blender: its owner, its data path, its array index.

The constructors below write the data paths that Blender's ``path_from_id`` gives.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

RotationMode = Literal["QUATERNION", "AXIS_ANGLE", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"]
"""Blender's rotation modes. An Euler order names the axes in the order in which they are turned about."""
ROTATION_MODES: Final[tuple[RotationMode, ...]] = get_args(RotationMode)
UNLIMITED: Final = (-math.inf, math.inf)
_ROTATION_PROPERTY: Final = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
_OBJECT_GROUP: Final = "Object Transforms"  # as Blender names it
_PROPERTY_GROUP: Final = "Properties"
# Blender's bpy.utils.escape_identifier.
_ESCAPED: Final = str.maketrans(
    {"\\": r"\\", '"': r"\"", "\t": r"\t", "\n": r"\n", "\a": r"\a", "\b": r"\b", "\f": r"\f", "\r": r"\r"}
)


class ChannelKind(enum.Enum):
    """What a channel is a number of."""

    SHAPE_KEY = "shape key"
    ROTATION = "rotation"
    LOCATION = "location"
    SCALE = "scale"
    CUSTOM_PROPERTY = "custom property"
    PROPERTY = "property"


@dataclass(frozen=True)
class Channel:
    """One animatable number.

    Attributes:
        owner: which data-block holds it; only the rig's ``Target`` knows what this stands for.
        kind: what it is a number of.
        data_path: path from the data-block to the property.
        index: place in the property's array; 0 for a single number.
        name: name of the shape key, bone, object property or custom property.
        bone: the bone that it belongs to, or an empty string.
        group: title under which its F-curve is listed.
        limits: lowest and highest value that may be written; curves are cut off there.
        stepped: whether it jumps from value to value, as from picture to picture.
    """

    owner: str
    kind: ChannelKind
    data_path: str
    index: int
    name: str
    bone: str = ""
    group: str = ""
    limits: tuple[float, float] = UNLIMITED
    stepped: bool = False

    def __post_init__(self) -> None:
        if self.index < 0:
            raise ValueError(f"{self.data_path}: an array index cannot be {self.index}")
        if not self.limits[0] <= self.limits[1]:
            raise ValueError(f"{self.data_path}: the limits {self.limits} are in the wrong order")

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from all other channels of its rig."""
        return self.owner, self.data_path, self.index


@dataclass(frozen=True)
class ChannelCurve:
    """Keys of one channel.

    Attributes:
        channel: whose keys they are.
        frames: (N,) scene frames, increasing.
        values: (N,) values at them.
        slopes: (N,) of a Bezier curve at its keys, per frame, its handles a third of the way to the next key;
            None where the keys say nothing of what is between them.

    Raises:
        ValueError: the arrays differ in shape, or there are no keys.
    """

    channel: Channel
    frames: NDArray[np.float64]
    values: NDArray[np.float64]
    slopes: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.frames.ndim != 1 or self.frames.shape != self.values.shape or not len(self.frames):
            raise ValueError(f"frames and values must be (N,), not {self.frames.shape}, {self.values.shape}")
        if self.slopes is not None and self.slopes.shape != self.frames.shape:
            raise ValueError(f"slopes must be {self.frames.shape}, not {self.slopes.shape}")


def escaped(name: str) -> str:
    """A name as it stands between the quotes of a data path."""
    return name.translate(_ESCAPED)


def shape_key(
    owner: str, name: str, group: str = "Shape Keys", limits: tuple[float, float] = UNLIMITED
) -> Channel:
    """The value of a shape key; ``owner`` stands for the shape keys of one mesh."""
    path = f'key_blocks["{escaped(name)}"].value'
    return Channel(owner, ChannelKind.SHAPE_KEY, path, 0, name, group=group, limits=limits)


def rotation(owner: str, mode: RotationMode, bone: str = "") -> tuple[Channel, ...]:
    """The numbers of a rotation: w, x, y, z; angle, x, y, z; or the Euler angles about x, y, z.

    Args:
        owner: stands for an armature object, or for any object if there is no bone.
        mode: the rotation mode that the bone or object has; keys in another mode are not played.
        bone: the bone that turns, or an empty string for the object itself.
    """
    count = 4 if mode in _ROTATION_PROPERTY else 3
    name = _ROTATION_PROPERTY.get(mode, "rotation_euler")
    return tuple(_transform(owner, ChannelKind.ROTATION, name, index, bone) for index in range(count))


def location(owner: str, axis: int, bone: str = "", limits: tuple[float, float] = UNLIMITED) -> Channel:
    """One coordinate of a bone's location in its rest axes, or of an object's in its parent's."""
    return _transform(owner, ChannelKind.LOCATION, "location", axis, bone, limits)


def scale(owner: str, axis: int, bone: str = "", limits: tuple[float, float] = UNLIMITED) -> Channel:
    """The scale of a bone or an object along one of its axes."""
    return _transform(owner, ChannelKind.SCALE, "scale", axis, bone, limits)


def custom_property(
    owner: str, name: str, bone: str = "", index: int = 0, limits: tuple[float, float] = UNLIMITED
) -> Channel:
    """A custom property of a bone's pose, or of the data-block itself."""
    path = f'{_bone_path(bone)}["{escaped(name)}"]'
    group = bone or _PROPERTY_GROUP
    return Channel(owner, ChannelKind.CUSTOM_PROPERTY, path, index, name, bone, group, limits)


def object_property(
    owner: str, data_path: str, index: int = 0, limits: tuple[float, float] = UNLIMITED
) -> Channel:
    """Any other number that Blender can animate, by its path."""
    name = data_path.rpartition(".")[2]
    return Channel(owner, ChannelKind.PROPERTY, data_path, index, name, "", _PROPERTY_GROUP, limits)


def _transform(
    owner: str,
    kind: ChannelKind,
    attribute: str,
    index: int,
    bone: str,
    limits: tuple[float, float] = UNLIMITED,
) -> Channel:
    path = f"{_bone_path(bone)}.{attribute}" if bone else attribute
    return Channel(owner, kind, path, index, bone or attribute, bone, bone or _OBJECT_GROUP, limits)


def _bone_path(bone: str) -> str:
    return f'pose.bones["{escaped(bone)}"]' if bone else ""
