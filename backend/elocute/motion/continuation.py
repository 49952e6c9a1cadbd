"""Motion that goes on from earlier motion: in value, speed and acceleration.

What is new is not changed but for its first frames. With s frames since the last old one, L frames of
transition and u = s / L, each number gets d_0 h_0(u) + L d_1 h_1(u) + L^2 d_2 h_2(u) added, where d_0, d_1
and d_2 are value, speed and acceleration of the old motion there minus those of the new one, and h the
quintic Hermite polynomials that carry them to 0:

    h_0 = 1 - 10 u^3 + 15 u^4 - 6 u^5
    h_1 = u - 6 u^3 + 8 u^4 - 3 u^5
    h_2 = (u^2 - 3 u^3 + 3 u^4 - u^5) / 2

The old motion's are those of its last three frames, the new one's of the parabola through its first three,
carried back by one frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip, joined_frames

FloatArray = NDArray[np.float64]

LARGEST: Final = 8 * 2**20
"""Bytes of a clip that a performance goes on from."""
_SECONDS: Final = 0.6
_EYE_SECONDS: Final = 0.2
"""Eyes are quick; carried on for longer, they would leave what they look at."""
_LOOKED_AT: Final = 3
_MOST_KEPT: Final = 4096
"""Frames of it that count: more than any model is shown, and no more than fit memory at any rate."""
_ROUNDING: Final = 1e-6


def earlier_motion(content: bytes, basis: str, fps: float) -> MotionClip:
    """The end of the clip that a performance goes on from, at the performance's frame rate.

    Its last frame stays.

    Args:
        content: of a clip's ``.npz``.
        basis: of the performance.
        fps: of the performance.

    Raises:
        InputError: it is no clip, is too large, has no frame, or is of another basis.
    """
    if len(content) > LARGEST:
        raise InputError(
            f"The motion to go on from is larger than {LARGEST // 2**20} MB.",
            "Give its last few seconds.",
            code="bad_clip",
        )
    clip = MotionClip.load(content)
    if not clip.frames:
        raise InputError("The motion to go on from has no frame.", code="bad_clip")
    if clip.basis != basis:
        raise InputError(
            f"The motion to go on from is in the basis {clip.basis}, the model's in {basis}.",
            "Convert it with elocute transfer.",
            code="wrong_basis",
        )
    return _at_rate(clip.part(max(clip.frames - _MOST_KEPT, 0), clip.frames), fps)


def _at_rate(clip: MotionClip, fps: float) -> MotionClip:
    if clip.fps == fps:
        return clip
    old = np.arange(clip.frames) / clip.fps
    count = min(int(old[-1] * fps + _ROUNDING) + 1, _MOST_KEPT)
    times = old[-1] - np.arange(count)[::-1] / fps
    tracks: dict[str, Any] = {}
    for name in ("expression", "jaw", "head", "neck", "eyes"):
        track = getattr(clip, name)
        if track is not None:
            columns = [np.interp(times, old, column) for column in track.T]
            tracks[name] = np.stack(columns, axis=1).astype(np.float32) if columns else track[:count]
    return replace(clip, fps=fps, **tracks)


@dataclass(frozen=True)
class Transition:
    """What is added to the first frames of new motion.

    Attributes:
        tracks: name of a track -> (L - 1, width) differences, from the first new frame on.
        neck: whether the new motion needs a neck that it does not have.
    """

    tracks: Mapping[str, FloatArray]
    neck: bool

    @classmethod
    def between(cls, before: MotionClip, begun: MotionClip) -> Transition:
        """From the end of one clip to the beginning of another of the same basis and frame rate.

        Args:
            before: one frame or more.
            begun: its first three frames, or fewer if there are no more.
        """
        neck = before.neck is not None and begun.neck is None and bool(before.neck[-_LOOKED_AT:].any())
        tracks = {}
        for name in ("expression", "jaw", "head", "neck", "eyes"):
            new = np.zeros((begun.frames, 3)) if name == "neck" and neck else getattr(begun, name)
            if new is None:
                continue
            old, seconds = getattr(before, name), _EYE_SECONDS if name == "eyes" else _SECONDS
            seen = _fitting(None if old is None else old[-_LOOKED_AT:], new.shape[1])
            tracks[name] = carried(seen, new[:_LOOKED_AT].astype(np.float64), round(seconds * begun.fps))
        return cls(tracks, neck)

    def added(self, clip: MotionClip, first: int) -> MotionClip:
        """Frames of the new motion, from frame ``first`` on, with what is added and within their bounds."""
        if self.neck:
            clip = replace(clip, neck=np.zeros_like(clip.head))
        changed: dict[str, Any] = {}
        for name, differences in self.tracks.items():
            own = differences[first : first + clip.frames]
            if len(own):
                track = getattr(clip, name).astype(np.float64)
                track[: len(own)] += own
                changed[name] = track.astype(np.float32)
        if not changed:
            return clip
        basis = basis_of(clip.basis)
        changed["expression"] = np.clip(changed["expression"], basis.lowest, basis.highest)
        changed["jaw"] = np.maximum(changed["jaw"], [[basis.jaw_shut, -np.inf, -np.inf]]).astype(np.float32)
        return replace(clip, **changed)


class JoinedClip:
    """A clip that comes window by window and goes on from an earlier one.

    Args:
        before: of the same basis and frame rate.
    """

    def __init__(self, before: MotionClip) -> None:
        self._before = before
        self._waiting: MotionClip | None = None
        self._transition: Transition | None = None
        self._done = 0

    def add(self, clip: MotionClip) -> MotionClip | None:
        """Take frames; return those that are known now: nothing until the first three are there."""
        whole = clip if self._waiting is None else joined_frames([self._waiting, clip])
        if self._transition is None and whole.frames < _LOOKED_AT:
            self._waiting = whole
            return None
        self._waiting = None
        return self._added(whole)

    def end(self) -> MotionClip | None:
        """Frames that are still waiting, or None."""
        return None if self._waiting is None else self._added(self._waiting)

    def _added(self, clip: MotionClip) -> MotionClip:
        if self._transition is None:
            self._transition = Transition.between(self._before, clip.part(0, _LOOKED_AT))
        changed = self._transition.added(clip, self._done)
        self._done += clip.frames
        return changed


def carried(old: FloatArray, new: FloatArray, frames: int) -> FloatArray:
    """(L - 1, D) what is added to frames 1 .. L - 1 behind the last old one.

    Args:
        old: (1 to 3, D) last old frames.
        new: (1 to 3, D) first new frames.
        frames: L, at least 2.
    """
    value, speed, acceleration = (a - b for a, b in zip(_end(old), _beginning(new), strict=True))
    u = (np.arange(1, max(frames, 2)) / max(frames, 2))[:, None]
    h_0 = 1 - 10 * u**3 + 15 * u**4 - 6 * u**5
    h_1 = u - 6 * u**3 + 8 * u**4 - 3 * u**5
    h_2 = (u**2 - 3 * u**3 + 3 * u**4 - u**5) / 2
    added: FloatArray = h_0 * value + frames * h_1 * speed + frames**2 * h_2 * acceleration
    return added


def _end(rows: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Value, speed and acceleration a frame at the last row, of the parabola through the last three."""
    zero = np.zeros_like(rows[-1])
    speed = rows[-1] - rows[-2] if len(rows) > 1 else zero
    bend = rows[-1] - 2 * rows[-2] + rows[-3] if len(rows) > 2 else zero
    return rows[-1], speed + 0.5 * bend, bend


def _beginning(rows: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same one frame before the first row."""
    zero = np.zeros_like(rows[0])
    speed = rows[1] - rows[0] if len(rows) > 1 else zero
    bend = rows[2] - 2 * rows[1] + rows[0] if len(rows) > 2 else zero
    # Of y(k) = y_0 + speed k + bend k (k - 1) / 2 at k = -1.
    return rows[0] - speed + bend, speed - 1.5 * bend, bend


def _fitting(track: NDArray[np.float32] | None, width: int) -> FloatArray:
    """The track with so many columns: those that it lacks are at rest."""
    if track is None:
        return np.zeros((1, width))
    seen = np.zeros((len(track), width))
    shared = min(width, track.shape[1])
    seen[:, :shared] = track[:, :shared]
    return seen
