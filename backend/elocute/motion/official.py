"""Motion files of the official DiffPoseTalk program: ``exp``, ``pose`` (head then jaw), ``shape``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.motion.basis import OFFICIAL, basis_of
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import imported_meta
from elocute.storage.atomic_write import write_atomically
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.npz import Arrays, NpzKind, read_arrays

FPS: Final = 25.0
SHAPE_SIZE: Final = 100
_MOTION_FILE: Final = NpzKind("{path} is not a motion file.", "bad_clip", "Choose an .npz file.")


def require_official_basis(basis: str) -> None:
    """Refuse clips that these files cannot hold.

    Raises:
        InputError: it is not a FLAME basis.
    """
    if not basis_of(basis).official_files:
        raise InputError(
            f"A clip in basis {basis} has no official form.", "Only FLAME clips have one.", code="bad_clip"
        )


def save_official(clip: MotionClip, path: Path) -> None:
    """Write ``exp`` (T, E), ``pose`` (T, 6) and ``shape`` (T, S); a clip without shape gives zeros.

    Raises:
        InputError: the clip is not in a FLAME basis, or the file cannot be written.
    """
    require_official_basis(clip.basis)
    shape = np.zeros(SHAPE_SIZE, np.float32) if clip.shape is None else clip.shape
    arrays: dict[str, Any] = {
        "exp": clip.expression,
        "pose": np.concatenate([clip.head, clip.jaw], axis=1),
        "shape": np.tile(shape, (clip.frames, 1)),
    }
    with write_atomically(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def load_official(path: Path, fps: float = FPS, basis: str = OFFICIAL.name) -> MotionClip:
    """Read an official motion file; the identity is that of the first frame.

    Raises:
        InputError: the file is missing, damaged, lacks ``exp`` or ``pose``, or holds NaN.
    """
    return _official(read_arrays(path, _MOTION_FILE), path, fps, basis)


def load_motion(path: Path, fps: float = FPS) -> MotionClip:
    """Read a motion file of either kind, ours or the official one (taken to be at ``fps``).

    Raises:
        InputError: it is neither.
    """
    arrays = read_arrays(path, _MOTION_FILE)
    official = {"exp", "pose"} <= arrays.keys()
    return _official(arrays, path, fps, OFFICIAL.name) if official else MotionClip.load(path)


def _official(arrays: Arrays, path: Path, fps: float, basis: str) -> MotionClip:
    missing = [name for name in ("exp", "pose") if name not in arrays]
    if missing:
        raise InputError(f"{path} is not a motion file: it lacks {missing[0]!r}.", code="bad_clip")
    with guarded(lambda reason: InputError(f"{path} is damaged: {reason}.", code="bad_clip")):
        fields = Fields(arrays)
        exp, pose = _frames(fields.floats("exp")), _frames(fields.floats("pose"))
        if pose.shape != (len(exp), 6):
            raise ValueError(f"pose must be ({len(exp)}, 6), not {pose.shape}")
        shape = fields.floats("shape") if "shape" in fields else None
        if shape is not None:
            if not shape.ndim or not shape.size:
                raise ValueError("shape holds no coefficients")
            shape = shape.reshape(-1, shape.shape[-1])[0]
        return MotionClip(
            fps, basis, exp, jaw=pose[:, 3:], head=pose[:, :3], shape=shape, meta=imported_meta(path.name)
        )


def _frames(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T, n), or (1, T, n) as the program holds a single take."""
    if array.ndim == 3 and len(array) == 1:
        array = array[0]
    if array.ndim != 2:
        raise ValueError(f"an array must be (T, n), not {array.shape}")
    return array
