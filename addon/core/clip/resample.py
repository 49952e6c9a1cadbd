"""Resample a clip from its own frame times to the frames of a scene.

Animators expect keys on whole frames, and renders show whole frames only, so the clip is sampled
there instead of being keyed at fractional times. Two things keep what matters:

* Between clip frames the values follow a monotone cubic, which never overshoots a key, so lips that
  just touch do not cross.
* Moments of contact (lips shut, eyelids shut) are moved onto the nearest whole frame: the clip's
  time runs slightly faster or slower around them, by at most half a scene frame. Otherwise a
  closure of a single frame would be lost between two frames of a 24 fps scene. All channels share
  the same warp, so channels that only close the lips together still do.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import rotation
from .clip import Clip

Float64Array = NDArray[np.float64]

_REACH: Final = 3
"""Scene frames on either side of a contact over which the time warp fades out."""


def source_times(count: int, ratio: float, contacts: Sequence[int] = ()) -> Float64Array:
    """Clip time, in clip frames, that each of ``count`` scene frames shows.

    Args:
        count: number of scene frames, the first at clip time 0.
        ratio: scene frames per clip frame.
        contacts: clip frames whose pose must fall on a whole scene frame, the most important first.
            Where two want the same scene frame, or would swap, the earlier in this list wins.

    Returns:
        (count,) strictly increasing times.
    """
    placed: list[int] = []  # scene frames that hold a contact, sorted
    moments: list[int] = []  # the clip frames they show, sorted too
    for frame in contacts:
        target = round(frame * ratio)
        at = bisect.bisect_left(placed, target)
        taken = at < len(placed) and placed[at] == target
        if target < count and not taken and at == bisect.bisect_left(moments, frame):
            placed.insert(at, target)
            moments.insert(at, frame)
    knots = {edge: edge / ratio for edge in (-2 * _REACH, count + 2 * _REACH)}
    for before, after in itertools.pairwise([-4 * _REACH, *placed, count + 4 * _REACH]):
        # Between two contacts time returns to its own pace only where there is room for it.
        if after - before >= 2 * _REACH:
            knots |= {near: near / ratio for near in (before + _REACH, after - _REACH)}
    knots |= {target: float(frame) for target, frame in zip(placed, moments, strict=True)}
    scene = np.array(sorted(knots), np.float64)
    clip = np.array([knots[int(s)] for s in scene])
    times: Float64Array = np.interp(np.arange(count, dtype=np.float64), scene, clip)
    return np.maximum(times, 0.0)


def sample(values: ArrayLike, times: ArrayLike) -> Float64Array:
    """Monotone cubic interpolation of (T, C) values at fractional frame ``times`` (N,).

    Slopes are the harmonic means of Fritsch and Butland (1984), zero at local extremes; the result
    never leaves the range of the two values it lies between. Times outside the clip hold its ends,
    and whole times give the values themselves exactly.

    Returns:
        (N, C) float64.
    """
    y = np.asarray(values, np.float64)
    last = len(y) - 1
    t = np.clip(np.asarray(times, np.float64), 0.0, float(last))
    if last == 0:
        return np.repeat(y, len(t), axis=0)
    rise = np.diff(y, axis=0)
    slope = np.zeros_like(y)
    before, after = rise[:-1], rise[1:]
    same_way = before * after > 0
    total = np.where(same_way, before + after, 1.0)
    slope[1:-1] = np.where(same_way, 2.0 * before * after / total, 0.0)
    slope[0], slope[-1] = rise[0], rise[-1]
    index = np.minimum(t.astype(np.int64), last - 1)
    u = (t - index)[:, None]
    left, step = y[index], rise[index]
    a, b = slope[index], slope[index + 1]
    result: Float64Array = left + u * (a + u * (3 * step - 2 * a - b + u * (a + b - 2 * step)))
    whole = u[:, 0] == 1.0
    result[whole] = y[index[whole] + 1]
    return result


def resampled(clip: Clip, fps: float) -> Clip:
    """A clip at another frame rate, from its first frame to its last."""
    if fps == clip.fps:
        return clip
    count = max(1, int(np.floor((clip.frames - 1) * fps / clip.fps + 1e-6)) + 1)
    times = np.arange(count) * clip.fps / fps

    def turned(values: NDArray[np.float32]) -> NDArray[np.float32]:
        turns = rotation.continuous(rotation.quaternions(values))
        return rotation.vectors(rotation.normalized(sample(turns, times))).astype(np.float32)

    eyes = None
    if clip.eyes is not None:
        eyes = np.concatenate([turned(clip.eyes[:, :3]), turned(clip.eyes[:, 3:])], axis=1)
    return replace(
        clip,
        fps=fps,
        expression=sample(clip.expression, times).astype(np.float32),
        jaw=turned(clip.jaw),
        head=turned(clip.head),
        neck=None if clip.neck is None else turned(clip.neck),
        eyes=eyes,
    )
