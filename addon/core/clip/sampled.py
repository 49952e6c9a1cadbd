"""From numbers that a rig's channels have back to a clip: the inverse of :mod:`addon.core.clip.curves`."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..channel import Channel
from ..rig_layout import JointRotation, RigLayout
from . import rotation
from .clip import FORMAT, Clip
from .join import ChannelKey
from .rotation_modes import from_mode

Float64Array = NDArray[np.float64]
Columns = Mapping[ChannelKey, Float64Array]
"""Channel -> (T,) its values."""
_LEAST_SHARE: Final = 0.05


def clip_of_values(layout: RigLayout, columns: Columns, fps: float) -> Clip:
    """The clip that a rig of a face basis plays, exactly.

    What the joint of the head does is the clip's ``head``, neck and head in one.

    Args:
        layout: each expression plays on a channel of its own.
        columns: of all its channels.
        fps: how many of their values follow in a second.

    Raises:
        ValueError: the rig plays no basis, or a channel is missing.
    """
    if layout.basis is None:
        raise ValueError("the rig plays no face basis")
    count = len(next(iter(columns.values())))
    expression = np.zeros((count, len(layout.expressions)))
    place = {name: index for index, name in enumerate(layout.expressions)}
    for mix in layout.mixes:
        for name, weight in mix.weights.items():
            expression[:, place[name]] = (_column(columns, mix.channel) - mix.offset) / weight
    turns = joint_turns(layout.rotations, columns)
    still = np.zeros((count, 3))
    eyes = [turns.get(name, still) for name in ("left_eye", "right_eye")]
    return Clip(
        fps=fps,
        basis=layout.basis,
        expression=expression.astype(np.float32),
        jaw=turns.get("jaw", still).astype(np.float32),
        head=turns.get(layout.head_joint, still).astype(np.float32),
        eyes=np.concatenate(eyes, axis=1).astype(np.float32),
    )


def joint_turns(parts: Sequence[JointRotation], columns: Columns) -> dict[str, Float64Array]:
    """Joint -> (T, 3) axis-angle in the model's axes; of several bones that divide a joint the one that takes
    most of it tells."""
    turns: dict[str, Float64Array] = {}
    for part in sorted(parts, key=lambda part: part.share):
        if part.share < _LEAST_SHARE:
            continue
        values = np.column_stack([_column(columns, channel) for channel in part.channels])
        found = rotation.in_frame(from_mode(values, part.mode), part.axes.T)
        turns[part.joint] = rotation.vectors(found) / part.share
    return turns


def clip_content(clip: Clip) -> bytes:
    """A clip as a file, as :func:`addon.core.clip.clip.read_clip` reads it."""
    content = io.BytesIO()
    optional = {name: getattr(clip, name) for name in ("neck", "eyes", "shape")}
    np.savez(
        content,
        format=np.int32(FORMAT),
        fps=np.float64(clip.fps),
        basis=np.str_(clip.basis),
        expression=clip.expression,
        jaw=clip.jaw,
        head=clip.head,
        meta=np.str_(json.dumps(dict(clip.meta), ensure_ascii=False)),
        **{name: array for name, array in optional.items() if array is not None},
    )
    return content.getvalue()


def _column(columns: Columns, channel: Channel) -> Float64Array:
    if channel.key not in columns:
        raise ValueError(f"{channel.data_path} of {channel.owner} was not looked at")
    return columns[channel.key]
