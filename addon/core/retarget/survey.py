"""What a rig has, as plain facts: its shape keys, properties and bones. Blender's side collects them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..channel import Channel, RotationMode

Float64Array = NDArray[np.float64]

DRIVEN: Final = "has a driver"
"""Why a driven channel cannot be keyed."""
PINNED: Final = "cannot be moved along one of its axes"
"""Why a bone's location cannot be keyed."""


@dataclass(frozen=True)
class Part:
    """What a pose does to one channel.

    Attributes:
        channel: the channel.
        rest: its value without the pose.
        value: its value in the pose.
    """

    channel: Channel
    rest: float
    value: float


@dataclass(frozen=True)
class Slider:
    """A shape key, a custom property, or a pose of several channels that is played as if it were a key.

    Attributes:
        owner: id of the data-block that holds it.
        name: as the rig spells it.
        lowest: of its range.
        highest: of its range.
        blocked: why it cannot be keyed (``is muted``), or an empty string.
        path: data path, or an empty string for a shape key or a custom property of the owner itself.
        parts: what a pose is made of; empty for a number of its own.
    """

    owner: str
    name: str
    lowest: float = 0.0
    highest: float = 1.0
    blocked: str = ""
    path: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Bone:
    """A bone at rest, in the axes of its armature.

    Attributes:
        owner: id of the armature object.
        name: as the rig spells it.
        parent: name of its parent, or an empty string.
        head: (3,) where it begins.
        tail: (3,) where it ends.
        axes: (3, 3) columns are its own axes.
        mode: rotation mode.
        blocked: why it cannot be turned, or an empty string.
        pinned: for each axis, whether it cannot be moved along it.
        tracks: name of the bone that a constraint turns it to, the owner's id of an object, or an empty
            string.
    """

    owner: str
    name: str
    parent: str
    head: Float64Array
    tail: Float64Array
    axes: Float64Array
    mode: RotationMode = "QUATERNION"
    blocked: str = ""
    pinned: tuple[bool, ...] = (False, False, False)
    tracks: str = ""


@dataclass(frozen=True)
class Aim:
    """An object that bones are turned to, in the axes of their armature.

    Attributes:
        owner: id of the object.
        name: of the object.
        parent: name of the bone on which it hangs, or an empty string.
        place: (3,) where it is now.
        origin: (3,) where it is at location 0.
        axes: (3, 3) columns are the ways that a location of 1 goes along each axis.
        blocked: why it cannot be moved, or an empty string.
    """

    owner: str
    name: str
    parent: str
    place: Float64Array
    origin: Float64Array
    axes: Float64Array
    blocked: str = ""


@dataclass(frozen=True)
class Survey:
    """What there is to animate on a character.

    Attributes:
        name: of the character.
        keys: shape keys of all its meshes; those of several meshes may have the same name.
        properties: custom and other properties.
        bones: of its armature.
        aims: objects that its bones are turned to.
    """

    name: str
    keys: tuple[Slider, ...] = ()
    properties: tuple[Slider, ...] = ()
    bones: tuple[Bone, ...] = ()
    aims: tuple[Aim, ...] = ()

    def bone(self, name: str) -> Bone | None:
        """The bone of that name, or None."""
        return self._by_name.get(name)

    def aim(self, name: str) -> Aim | None:
        """The object of that name, or of that owner's id, that bones are turned to, or None."""
        return next((aim for aim in self.aims if name in (aim.owner, aim.name)), None)

    @functools.cached_property
    def _by_name(self) -> dict[str, Bone]:
        return {bone.name: bone for bone in self.bones}
