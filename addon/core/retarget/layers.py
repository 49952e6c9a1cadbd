"""Which part of a performance a rig's channels belong to, for a line that plays in layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from ..rig_layout import RigLayout
from .bind import BoundMap
from .controls.vocabulary import COLUMN
from .perform import region_of

Layer = Literal["mouth", "upper_face", "eyes", "head"]
LAYERS: Final[tuple[Layer, ...]] = get_args(Layer)
TITLES: Final[Mapping[Layer, str]] = {
    "mouth": "Mouth",
    "upper_face": "Upper face",
    "eyes": "Lids and gaze",
    "head": "Head",
}
_OF_REGION: Final[Mapping[str, Layer]] = {
    "mouth": "mouth",
    "jaw": "mouth",
    "brows": "upper_face",
    "lids": "eyes",
    "gaze": "eyes",
}
_OF_JOINT: Final[Mapping[str, Layer]] = {
    "root": "head",
    "neck": "head",
    "head": "head",
    "jaw": "mouth",
    "left_eye": "eyes",
    "right_eye": "eyes",
}


def layers_of(layout: RigLayout, bound: BoundMap | None = None) -> dict[tuple[str, str, int], Layer]:
    """Channel -> its layer; what belongs nowhere else is in that of the mouth.

    Args:
        layout: the rig's channels.
        bound: the map that they follow; None where their signals are named as controls.
    """
    of_signal: dict[str, Layer] = {}
    for drive in bound.drives if bound is not None else ():
        controls = drive.source.mix or drive.source.pose or {}
        votes = dict.fromkeys(LAYERS, 0.0)
        for name, weight in controls.items():
            votes[_layer_of_control(name)] += abs(weight)
        most = max(LAYERS, key=lambda layer: votes[layer])
        of_signal[drive.name] = most if votes[most] else _by_words(drive.source.name)
    found: dict[tuple[str, str, int], Layer] = {}
    for mix in layout.mixes:
        signal = next(iter(mix.weights), "")
        found[mix.channel.key] = of_signal.get(signal) or (
            "eyes" if signal.startswith("look ") else _layer_of_control(signal)
        )
    for turned in layout.rotations:
        for channel in turned.channels:
            found[channel.key] = _OF_JOINT.get(turned.joint, "head")
    return found


def _layer_of_control(name: str) -> Layer:
    return _OF_REGION[region_of(name)] if name in COLUMN else "mouth"


def _by_words(name: str) -> Layer:
    """The layer of a bone that geometry places, from its name."""
    plain = name.lower()
    if "brow" in plain:
        return "upper_face"
    return "eyes" if any(word in plain for word in ("lid", "eye", "orbicularis")) else "mouth"
