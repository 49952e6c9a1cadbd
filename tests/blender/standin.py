"""The stand-in head as the backend reads it, once for all tests of a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from elocute.face.model import FaceModel

HEAD = Path(__file__).parents[2] / "flame_assets" / "elocute-head-1.npz"


@cache
def standin_head() -> FaceModel:
    """The head of the extension. All made-up characters are built of this one, so that what its keys look
    like is computed once (:func:`scripts.bench.made_up_characters.pose_offsets`)."""
    return FaceModel.load(HEAD)


@cache
def bare_face() -> tuple[int, ...]:
    """All but hair and shirt, two vertices in three: for files that take long to write."""
    parts = standin_head().meta["parts"]
    return tuple(range(parts["hair"][0]))
