"""LandmarkTrack: the 68 facial landmarks of a moving face, and its file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError, one_line
from elocute.motion.clip import HIGHEST_FPS, LOWEST_FPS
from elocute.motion.landmark_sets import LANDMARKS
from elocute.storage.atomic_write import write_atomically
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays

FORMAT: Final = 1

METRES: Final[Mapping[str, float]] = {"metre": 1.0, "decimetre": 0.1, "centimetre": 0.01, "millimetre": 0.001}
"""Units of length, in metres."""

UNITS: Final[tuple[str, ...]] = (*METRES, "pixel", "normalised")
"""Units that a track may have. ``pixel`` is of a picture; ``normalised`` has no fixed size."""

_TRACK_FILE: Final = NpzKind(
    "{path} is not a landmark track.", "bad_landmarks", "Choose an .npz of landmarks that Elocute wrote."
)

Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class LandmarkTrack:
    """68 landmarks in iBUG order over T frames.

    Axes are those of the face models: x to the character's left (to the right in a picture of a face that
    looks at the camera), y up, z towards the viewer. Pictures count y downwards; see :meth:`from_picture`.

    Attributes:
        points: (T, 68, 2) or (T, 68, 3) float32.
        fps: frames a second.
        unit: one of ``UNITS``.
        posed: whether the head's own movement is in the points; False for points made frontal.
        meta: JSON-compatible facts: how the points were found, model, seed, version...

    Raises:
        ValueError: a wrong shape, no frames, NaN or infinity, an unknown unit.
    """

    points: Float32Array
    fps: float
    unit: str
    posed: bool = True
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = np.shape(self.points)
        if len(shape) != 3 or shape[1] != LANDMARKS or shape[2] not in (2, 3):
            raise ValueError(f"points must be (frames, 68, 2) or (frames, 68, 3), not {shape}")
        if not shape[0]:
            raise ValueError("there are no frames")
        if not LOWEST_FPS <= self.fps <= HIGHEST_FPS:
            raise ValueError(f"fps must be {LOWEST_FPS:g} to {HIGHEST_FPS:g}, not {self.fps:g}")
        if self.unit not in UNITS:
            raise ValueError(f"the unit must be one of {', '.join(UNITS)}, not {one_line(self.unit, 40)}")
        points = np.ascontiguousarray(self.points, np.float32)
        if not np.isfinite(points).all():
            raise ValueError("points holds NaN or infinity")
        object.__setattr__(self, "points", points)

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.points)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps

    @property
    def dimensions(self) -> int:
        """2 or 3."""
        return int(self.points.shape[2])

    @property
    def metric(self) -> bool:
        """Whether the unit is a length."""
        return self.unit in METRES

    def in_unit(self, unit: str) -> LandmarkTrack:
        """The same track in another unit of length.

        Raises:
            ValueError: one of the units is no length.
        """
        if unit == self.unit:
            return self
        if not self.metric or unit not in METRES:
            raise ValueError(f"a track in the unit {self.unit} cannot be given in {unit}")
        factor = METRES[self.unit] / METRES[unit]
        return replace(self, points=(self.points.astype(np.float64) * factor).astype(np.float32), unit=unit)

    @classmethod
    def from_picture(
        cls, points: NDArray[Any], height: float, fps: float, meta: Mapping[str, Any] | None = None
    ) -> LandmarkTrack:
        """A track of landmarks found in pictures, whose y counts downwards from the upper edge.

        Args:
            points: (T, 68, 2) or (T, 68, 3) pixels; a third coordinate counts towards the viewer.
            height: of the pictures, in pixels.
            fps: frames a second.
            meta: see the class.
        """
        turned = np.array(points, np.float32)
        turned[..., 1] = height - turned[..., 1]
        return cls(turned, fps, "pixel", meta=meta or {})

    def save(self, path: Path) -> None:
        """Write the track as one ``.npz`` without pickled objects.

        Raises:
            InputError: the file cannot be written.
        """
        with write_atomically(path) as temporary, temporary.open("wb") as stream:
            self.write(stream)

    def write(self, stream: BinaryIO) -> None:
        """Write the ``.npz`` to an open stream."""
        arrays: dict[str, Any] = {
            "landmark_format": np.int32(FORMAT),
            "points": self.points,
            "fps": np.float64(self.fps),
            "unit": np.str_(self.unit),
            "posed": np.bool_(self.posed),
            "meta": np.str_(json.dumps(dict(self.meta), ensure_ascii=False)),
        }
        np.savez_compressed(stream, **arrays)

    @classmethod
    def load(cls, source: Path | bytes) -> LandmarkTrack:
        """Read a track written by :meth:`save`, from its path or from the bytes of the file.

        Raises:
            InputError: the file is missing, damaged, too large, or not a track of a known format.
        """
        name = "The track" if isinstance(source, bytes) else str(source)
        arrays = read_arrays(source, _TRACK_FILE, name=name)
        needed = {"landmark_format", "points", "fps", "unit", "posed"}
        if missing := needed - arrays.keys():
            raise InputError(
                f"{name} is not a landmark track: it lacks {', '.join(sorted(missing))}.",
                "Choose an .npz of landmarks that Elocute wrote.",
                code="bad_landmarks",
            )
        with guarded(
            lambda reason: InputError(f"{name} is damaged: {reason}.", "Make it again.", code="bad_landmarks")
        ):
            fields = Fields(arrays)
            if (found := fields.whole("landmark_format")) != FORMAT:
                raise InputError(
                    f"{name} has landmark format {found}; this version reads {FORMAT}.",
                    "Update Elocute.",
                    code="bad_landmarks",
                )
            return cls(
                points=fields.floats("points"),
                fps=fields.number("fps"),
                unit=fields.text("unit"),
                posed=fields.flag("posed"),
                meta=fields.json("meta") if "meta" in fields else {},
            )
