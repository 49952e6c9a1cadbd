"""A map filled in by what is known and what is measured: the kind's own, put right by the face's geometry.

Keys whose names say nothing are taken for what they look like.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from .bind import BoundMap
from .controls.pattern import read_pattern
from .controls.vocabulary import CONTROLS, TONGUE
from .geometry_fit import checked
from .looks_like import features_of_poses, mixtures
from .map_editing import own_map
from .measured_face import MeasuredFace
from .rig_map import MapChannel, RigMap
from .survey import Survey

KIND: Final = "by-shape"
_EXPLAINED: Final = 0.25
_LEAST_SHARE: Final = 0.15
_SEEN: Final = 0.02


def shapes_map(survey: Survey) -> RigMap | None:
    """A map of all free keys whose names say nothing yet; None where there are none."""
    names = dict.fromkeys(slider.name for slider in survey.keys if not slider.blocked)
    if not names:
        return None
    return RigMap(KIND, "Keys by their shapes", tuple(MapChannel("key", name) for name in names))


def filled_map(bound: BoundMap, face: MeasuredFace | None) -> tuple[RigMap, tuple[str, ...]]:
    """The rig's own map with what its geometry says, and sentences on what was put right or left out."""
    if face is None:
        return own_map(bound), bound.notes
    if bound.rig_map.kind == KIND:
        return _by_shape(bound, face)
    landmarks = face.landmarks
    drives, notes = checked(bound.drives, landmarks.response(), landmarks.weights(), read_pattern())
    return own_map(replace(bound, drives=tuple(drives))), (*bound.notes, *notes)


def _by_shape(bound: BoundMap, face: MeasuredFace) -> tuple[RigMap, tuple[str, ...]]:
    """What each key looks like: a mixture of controls that explains its features."""
    controls = [name for name in CONTROLS if name not in TONGUE]
    plans = features_of_poses(read_pattern(), [{name: 1.0} for name in controls])
    weight = face.landmarks.weights()
    response = face.landmarks.response().T[: len(bound.drives)]
    shares = mixtures(response, plans, weight, most=1.5)
    channels, unknown = [], []
    for drive, own, mixed in zip(bound.drives, response, shares, strict=True):
        size = float(weight @ own**2)
        left = float(weight @ (own - mixed @ plans) ** 2)
        pose = {
            name: round(float(share), 3)
            for name, share in zip(controls, mixed, strict=True)
            if share > _LEAST_SHARE * mixed.max()
        }
        if np.abs(own).max() > _SEEN and pose and left < _EXPLAINED * size:
            channels.append(replace(drive.source, pose=pose))
        else:
            unknown.append(drive.source.name)
    filled = own_map(replace(bound, drives=()))
    notes = list(bound.notes)
    if unknown:
        others = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        notes.append(f"{unknown[0]}{others}: nothing that is known of a mouth moves so; left out.")
    return replace(filled, channels=tuple(channels)), tuple(notes)
