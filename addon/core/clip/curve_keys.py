"""All keys of a curve as arrays, and a key put between two without the curve changing.

Handles as Blender evaluates them: where both of a segment are longer together than it, they are shortened to
meet. A cubic is divided with de Casteljau's construction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]

FLOATS: Final = ("co", "handle_left", "handle_right")
WORDS: Final = ("interpolation", "handle_left_type", "handle_right_type", "easing")
CONSTANT: Final = 0
LINEAR: Final = 1
BEZIER: Final = 2
FREE: Final = 0
VECTOR: Final = 2
ALIGNED: Final = 3
_HELD: Final = {1: ALIGNED, 4: ALIGNED, VECTOR: FREE}
"""Handles that Blender places itself would not stay as they are beside another neighbour -> those that do."""
_SAME: Final = 1e-4
_HALVINGS: Final = 60


@dataclass(frozen=True)
class CurveKeys:
    """N keys, in order of time.

    Attributes:
        numbers: of :data:`FLOATS` -> (N, 2) frame and value.
        words: of :data:`WORDS` -> (N,) Blender's number for it.
    """

    numbers: dict[str, Array]
    words: dict[str, Array]

    @property
    def frames(self) -> NDArray[np.float64]:
        """(N,) where the keys stand."""
        return self.numbers["co"][:, 0].astype(np.float64)

    def with_key_at(self, frame: float) -> CurveKeys:
        """The same curve with a key at a frame, whatever becomes of the keys on one side of it.

        No key is added where one stands there, where the frame is not between two keys, or where an easing
        leads from one to the other. Handles there that Blender places itself stay as they are.
        """
        frames = self.frames
        after = int(np.searchsorted(frames, frame - _SAME))
        if after < len(frames) and frames[after] < frame + _SAME:
            return self._held(after)
        if not 0 < after < len(frames):
            return self
        before, kind = after - 1, int(self.words["interpolation"][after - 1])
        held = self._held(before, after)
        if kind not in (CONSTANT, LINEAR, BEZIER):
            return held
        corners = self._corners(before)
        numbers = {name: np.insert(own, after, 0.0, axis=0) for name, own in held.numbers.items()}
        words = {name: np.insert(own, after, own[before]) for name, own in held.words.items()}
        divided = _divided(corners, frame) if kind == BEZIER else _on_a_line(corners, frame, kind)
        numbers["handle_right"][before] = divided[1]
        numbers["handle_left"][after], numbers["co"][after] = divided[2], divided[3]
        numbers["handle_right"][after], numbers["handle_left"][after + 1] = divided[4], divided[5]
        if kind == BEZIER:
            words["handle_left_type"][after] = words["handle_right_type"][after] = ALIGNED
        return replace(self, numbers=numbers, words=words)

    def _held(self, *keys: int) -> CurveKeys:
        """With handles of keys that do not follow their neighbours."""
        words = dict(self.words)
        for side in ("handle_left_type", "handle_right_type"):
            own = words[side].copy()
            for key in keys:
                own[key] = _HELD.get(int(own[key]), own[key])
            words[side] = own
        return replace(self, words=words)

    def _corners(self, before: int) -> NDArray[np.float64]:
        """(4, 2) of the segment behind a key."""
        begin, end = self.numbers["co"][before], self.numbers["co"][before + 1]
        leaves, arrives = self.numbers["handle_right"][before], self.numbers["handle_left"][before + 1]
        corners = np.stack([begin, leaves, arrives, end]).astype(np.float64)
        one, other = corners[1] - corners[0], corners[3] - corners[2]
        length, both = corners[3, 0] - corners[0, 0], abs(one[0]) + abs(other[0])
        if both > length:
            corners[1], corners[2] = corners[0] + one * length / both, corners[3] - other * length / both
        return corners


def _divided(corners: NDArray[np.float64], frame: float) -> NDArray[np.float64]:
    """(7, 2) corners of both cubics that one is divided into at a frame."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        at_frame = _casteljau(corners, middle)[3, 0]
        low, high = (middle, high) if at_frame < frame else (low, middle)
    return _casteljau(corners, 0.5 * (low + high))


def _casteljau(corners: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    a = corners[:-1] + share * np.diff(corners, axis=0)
    b = a[:-1] + share * np.diff(a, axis=0)
    c = b[0] + share * (b[1] - b[0])
    return np.stack([corners[0], a[0], b[0], c, b[1], a[2], corners[3]])


def _on_a_line(corners: NDArray[np.float64], frame: float, kind: int) -> NDArray[np.float64]:
    begin, leaves, arrives, end = corners
    share = 0.0 if kind == CONSTANT else (frame - begin[0]) / (end[0] - begin[0])
    at = np.array([frame, begin[1] + share * (end[1] - begin[1])])
    third = np.array([1.0 / 3.0, 0.0])
    return np.stack([begin, leaves, at - third, at, at + third, arrives, end])
