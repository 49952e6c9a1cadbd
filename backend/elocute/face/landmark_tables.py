"""Landmark embeddings beyond the 68 fixed points: the jaw contour that follows the view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elocute.storage.fields import Fields

CONTOUR_ROWS: Final = 79
CONTOUR_POINTS: Final = 17
_LARGEST_YAW: Final = 39
_LAST_ROW: Final = 78


@dataclass(frozen=True)
class LandmarkTables:
    """FLAME's landmark embeddings. Faces are triangles of the model.

    Attributes:
        contour_faces: (79, 17) int32 triangle of each contour point, one row for each whole degree of
            yaw: 0 to 39, then -1 to -39 (yaw as of ``yaw_sign``).
        contour_weights: (79, 17, 3) float32 weights of its corners.
        full_faces: (68,) int32 triangles of the landmarks that never move on the surface, or None.
        full_weights: (68, 3) float32, or None.
        yaw_sign: 1 if positive yaw is a positive turn about y, as programs read
            ``landmark_embedding.npy``; -1 as smplx reads ``flame_dynamic_embedding.npy``.

    Raises:
        ValueError: an array has the wrong shape.
    """

    contour_faces: NDArray[np.int32]
    contour_weights: NDArray[np.float32]
    full_faces: NDArray[np.int32] | None = None
    full_weights: NDArray[np.float32] | None = None
    yaw_sign: int = 1

    def __post_init__(self) -> None:
        expected: dict[str, tuple[int, ...]] = {
            "contour_faces": (CONTOUR_ROWS, CONTOUR_POINTS),
            "contour_weights": (CONTOUR_ROWS, CONTOUR_POINTS, 3),
        }
        if (self.full_faces is None) != (self.full_weights is None):
            raise ValueError("full_faces and full_weights belong together")
        if self.full_faces is not None:
            expected |= {"full_faces": (68,), "full_weights": (68, 3)}
        for name, shape in expected.items():
            if (actual := getattr(self, name).shape) != shape:
                raise ValueError(f"{name} must be {shape}, not {actual}")
        if self.yaw_sign not in (1, -1):
            raise ValueError("yaw_sign must be 1 or -1")

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays that are there, by name."""
        names = ("contour_faces", "contour_weights", "full_faces", "full_weights")
        found = {name: array for name in names if (array := getattr(self, name)) is not None}
        return {**found, "yaw_sign": np.array(self.yaw_sign, np.int32)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> LandmarkTables | None:
        """The inverse of :meth:`arrays`; None without a contour.

        Raises:
            ValueError: an array is something else.
        """
        if "contour_faces" not in arrays:
            return None
        fields = Fields(dict(arrays))
        full = "full_faces" in fields
        return cls(
            fields.indices("contour_faces", axes=2),
            fields.floats("contour_weights", axes=3),
            fields.indices("full_faces") if full else None,
            fields.floats("full_weights", axes=2) if full else None,
            fields.whole("yaw_sign"),
        )

    def check_faces(self, faces: int) -> None:
        """Compare with the mesh.

        Raises:
            ValueError: a face does not exist.
        """
        for numbers in (self.contour_faces, self.full_faces):
            if numbers is not None and (numbers.min() < 0 or numbers.max() >= faces):
                raise ValueError("landmark_tables name faces that do not exist")


def contour_rows(head_rotation: ArrayLike, yaw_sign: int = 1) -> NDArray[np.int64]:
    """Row of the contour table for each orientation of the head.

    Args:
        head_rotation: (..., 3, 3) rotation of the head in the world: the root's times the neck's.
        yaw_sign: of the table.

    Returns:
        (...) row numbers. Yaw is rounded to whole degrees and held within -39 and 39.
    """
    matrices = np.asarray(head_rotation, np.float64)
    yaw = np.arctan2(-matrices[..., 2, 0], np.hypot(matrices[..., 0, 0], matrices[..., 1, 0]))
    degrees = np.rint(np.minimum(yaw_sign * np.degrees(yaw), _LARGEST_YAW)).astype(np.int64)
    negative = np.where(degrees < -_LARGEST_YAW, _LAST_ROW, _LARGEST_YAW - degrees)
    rows: NDArray[np.int64] = np.where(degrees < 0, negative, degrees)
    return rows
