"""The points of a head in the scene as bytes, for programs that tell the controls of its clips.

Read by ``elocute/exchange/head_points.py``.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np

from .controls.points import FacePoints

_VERSION: Final = 1


def pack_head_points(basis: str, points: FacePoints) -> bytes:
    """An ``.npz`` of the points, without pickled objects.

    Args:
        basis: face basis of the head.
        points: how its landmarks move.
    """
    stream = io.BytesIO()
    np.savez(
        stream,
        format=np.int32(_VERSION),
        basis=np.str_(basis),
        regions=np.array(points.regions, dtype=np.str_),
        rest=points.rest.astype(np.float32),
        directions=points.directions.astype(np.float32),
        jaw_share=points.jaw_share.astype(np.float32),
        pivot=points.pivot.astype(np.float32),
        pivot_moves=points.pivot_moves.astype(np.float32),
        correctives=points.correctives.astype(np.float32),
    )
    return stream.getvalue()
