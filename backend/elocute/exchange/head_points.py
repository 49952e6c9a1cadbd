"""What a head's clips need for their controls: points, which Blender reads off a head in a scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from numpy.typing import ArrayLike

from elocute.controls.points import LANDMARKS, REGIONS, FacePoints
from elocute.face.model import FaceModel
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays

_VERSION: Final = 1
_KIND: Final = NpzKind("{path}: these are not the points of a head ({reason}).", "bad_face", largest=2**26)


@dataclass(frozen=True)
class HeadPoints:
    """Points of a head, and what its clips have.

    Attributes:
        basis: face basis of the head.
        expressions: number of expression coefficients that it knows.
        points: how its landmarks move.
    """

    basis: str
    expressions: int
    points: FacePoints

    @classmethod
    def of_face(cls, face: FaceModel, shape: ArrayLike | None = None) -> HeadPoints:
        """Those of a face model.

        Raises:
            ValueError: the head has no landmarks, or ``shape`` has more coefficients than it.
        """
        return cls(face.basis, len(face.expression_names), FacePoints.of_face(face, shape))


def read_head_points(content: bytes) -> HeadPoints:
    """The points that the add-on has packed (``addon/core/retarget/head_points.py``).

    Raises:
        InputError: it is something else.
    """
    fields = Fields(read_arrays(content, _KIND, name="The head"))
    with guarded(lambda reason: _KIND.error("The head", reason)):
        if fields.whole("format") != _VERSION:
            raise ValueError("of another version")
        regions = fields.texts("regions")
        if not set(regions) <= set(REGIONS):
            raise ValueError("unknown regions")
        count = len(LANDMARKS) + len(regions)
        directions = fields.floats("directions", axes=4)
        expressions = directions.shape[3]
        points = FacePoints(
            regions,
            fields.floats("rest", axes=3).astype(float),
            directions.astype(float),
            fields.floats("jaw_share", axes=1).astype(float),
            fields.floats("pivot", axes=1).astype(float),
            fields.floats("pivot_moves", axes=2).astype(float),
            fields.floats("correctives", axes=4).astype(float),
        )
        wanted = {
            "rest": (2, count, 3),
            "directions": (2, count, 3, expressions),
            "jaw_share": (count,),
            "pivot": (3,),
            "pivot_moves": (3, expressions),
            "correctives": (2, count, 3, 9),
        }
        for name, shape in wanted.items():
            if getattr(points, name).shape != shape:
                raise ValueError(f"{name} has another shape")
        return HeadPoints(fields.text("basis"), expressions, points)
