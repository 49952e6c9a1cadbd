"""A map solved from a rig that its user has posed: what a few shapes of the face set its channels to.

Each control is taken for a mixture of the recorded shapes by what it does to the stand-in head (least
squares); so much of each shape's channels it plays then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..channel import RotationMode
from ..errors import UserError
from .bind import BoundTurn
from .controls.pattern import read_pattern
from .controls.vocabulary import CONTROLS, TONGUE, mirrored
from .looks_like import features_of_poses, mixtures
from .names import canonical
from .rig_map import Address, MapChannel, RigMap
from .survey import Survey
from .test_poses import TEST_POSES

Float64Array = NDArray[np.float64]
Shape = Mapping[Address, float]
"""What a shape sets channels to."""

REST: Final = "rest"
KIND: Final = "calibrated"
_MOVED: Final = 1e-5
_LEAST_SHARE: Final = 0.03
_FLAT: Final = 1e-3
_MIDDLE: Final = 0.02
"""A bone is on a side if it lies farther from the middle than this share of all bones' width."""
_ASIDE: Final = ("jawLeft", "jawRight", "mouthLeft", "mouthRight", "cheekPuff")
"""No recorded shape shows these."""


def quaternion_parts(w: float, x: float, y: float, z: float) -> tuple[float, float, float]:
    """What a map's rotation channels hold of a quaternion: its vector while its first number is 1."""
    if abs(w) < _FLAT:
        raise UserError("A bone is turned by half a turn.", "Turn it less and record the shape again.")
    return x / w, y / w, z / w


def rotation_numbers(mode: RotationMode, values: tuple[float, ...], bone: str) -> tuple[float, float, float]:
    """A bone's rotation as a map's three rotation channels, from its own numbers.

    Raises:
        UserError: a map cannot say such a rotation.
    """
    if mode == "AXIS_ANGLE":
        raise UserError(
            f"The bone {bone} turns by axis and angle, which a map cannot say.",
            "Set its rotation mode to quaternion or XYZ Euler.",
        )
    if mode == "QUATERNION":
        w, x, y, z = values
        return quaternion_parts(w, x, y, z)
    x, y, z = values
    return x, y, z


def solved_map(shapes: Mapping[str, Shape], survey: Survey, turns: tuple[BoundTurn, ...] = ()) -> RigMap:
    """The map of recorded shapes.

    Args:
        shapes: names of ``TEST_POSES`` -> what they set channels to; without a rest, that is where nothing
            is moved.
        survey: the rig.
        turns: bones that turn with head and eyes; those whose rotation was recorded are left out.

    Raises:
        UserError: too little was recorded to tell anything.
    """
    names = [name for name in shapes if name != REST]
    if "open" not in names or len(names) < 2:
        raise UserError(
            "A map needs the shape Open and one more at least.", "Pose the rig, and record these shapes."
        )
    rest = shapes.get(REST, {})
    addresses = list(dict.fromkeys(address for shape in shapes.values() for address in shape))
    moved: dict[Address, Float64Array] = {}
    for address in addresses:
        at_rest = rest.get(address, _neutral(address))
        change = np.array([shapes[name].get(address, at_rest) - at_rest for name in names])
        if np.abs(change).max() > _MOVED:
            moved[address] = change
    still = [name for index, name in enumerate(names) if not any(change[index] for change in moved.values())]
    if still:
        raise UserError(
            f"The shape {TEST_POSES[still[0]].label} is the same as the rig at rest.",
            "Pose the rig and record it again.",
        )
    shares = _shares(names)
    middle, width = _middle(survey)
    channels = []
    for address, change in moved.items():
        side = _side(address, survey, middle, width)
        weights = {control: float(share @ change) for control, share in shares.items()}
        mix = _mix(weights, side)
        if mix:
            at_rest = rest.get(address, _neutral(address))
            channels.append(MapChannel(*address, mix, offset=at_rest, exact=True))
    turned = {name for place, name, _ in moved if place == "rotation"}
    kept = tuple(turn.source for turn in turns if turn.source.joint != "jaw" and turn.bone.name not in turned)
    return RigMap(KIND, "Calibrated by its poses", tuple(channels), kept, complete=True)


def _neutral(address: Address) -> float:
    return 1.0 if address[0] == "scale" else 0.0


def _shares(names: list[str]) -> dict[str, Float64Array]:
    """Control of the left or the middle -> (J,) how much of each shape it is, both sides together."""
    pattern = read_pattern()
    left = [
        name
        for name in CONTROLS
        if not name.endswith("Right") and name not in TONGUE and not name.startswith((*_ASIDE, "eyeLook"))
    ]
    wanted = features_of_poses(pattern, [{name: 1.0, mirrored(name): 1.0} for name in left])
    made_of = features_of_poses(pattern, [TEST_POSES[name].controls for name in names])
    lowest = np.array([-1.0 if name == "open" else 0.0 for name in names])
    found = mixtures(wanted, made_of, lowest=lowest)
    shares = dict(zip(left, found, strict=True))
    for row, name in enumerate(names):
        # A shape's own controls are known and need not be guessed.
        own = TEST_POSES[name].controls
        norm = sum(value**2 for control, value in own.items() if control in shares)
        for control, value in own.items():
            if control in shares:
                shares[control] = np.zeros(len(names))
                shares[control][row] = value / norm
    return shares


def _mix(weights: Mapping[str, float], side: str) -> dict[str, float]:
    """A channel's controls, of its own side, or of both by halves."""
    most = max((abs(weight) for weight in weights.values()), default=0.0)
    mix: dict[str, float] = {}
    for control, weight in weights.items():
        if abs(weight) <= _LEAST_SHARE * most or not math.isfinite(weight):
            continue
        other = mirrored(control)
        if other == control:
            mix[control] = weight
        elif side:
            mix[control if side == "l" else other] = weight
        else:
            mix[control] = mix[other] = 0.5 * weight
    return mix


def _middle(survey: Survey) -> tuple[float, float]:
    """x between the bones named left and those named right, and how wide all of them are."""
    across = [float(bone.head[0]) for bone in survey.bones]
    sided = {side: [float(b.head[0]) for b in survey.bones if _named_side(b.name) == side] for side in "lr"}
    if sided["l"] and sided["r"]:
        return 0.5 * (float(np.mean(sided["l"])) + float(np.mean(sided["r"]))), max(across) - min(across)
    return 0.0, max(across, default=0.0) - min(across, default=0.0)


def _named_side(name: str) -> str:
    return canonical(name).partition("|")[2]


def _side(address: Address, survey: Survey, middle: float, width: float) -> str:
    """``l``, ``r`` or neither: by the name, else by where the bone lies among those whose names say it."""
    if side := _named_side(address[1]):
        return side
    bone = survey.bone(address[1])
    if bone is None or address[0] in ("key", "property"):
        return ""
    left = [float(one.head[0]) for one in survey.bones if _named_side(one.name) == "l"]
    away = float(bone.head[0]) - middle
    if not left or abs(away) <= _MIDDLE * width:
        return ""
    return "l" if away * (float(np.mean(left)) - middle) > 0 else "r"
