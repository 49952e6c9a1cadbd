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
from elocute.storage.npz import NpzKind, read_arrays

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
    arrays = read_arrays(path, _MOTION_FILE)
    try:
        exp, pose = _frames(arrays["exp"]), _frames(arrays["pose"])
        if pose.shape != (len(exp), 6):
            raise ValueError(f"pose must be ({len(exp)}, 6), not {pose.shape}")
        shape = arrays.get("shape")
        if shape is not None:
            shape = np.asarray(shape, np.float32)
            shape = shape.reshape(-1, shape.shape[-1])[0]
        return MotionClip(
            fps, basis, exp, jaw=pose[:, 3:], head=pose[:, :3], shape=shape, meta=imported_meta(path.name)
        )
    except KeyError as error:
        raise InputError(f"{path} is not a motion file: it lacks {error}.", code="bad_clip") from error
    except (ValueError, IndexError, TypeError) as error:
        raise InputError(f"{path} is damaged: {error}.", code="bad_clip") from error


def load_motion(path: Path, fps: float = FPS) -> MotionClip:
    """Read a motion file of either kind, ours or the official one (taken to be at ``fps``).

    Raises:
        InputError: it is neither.
    """
    arrays = read_arrays(path, _MOTION_FILE)
    return load_official(path, fps) if {"exp", "pose"} <= arrays.keys() else MotionClip.load(path)


def _frames(array: NDArray[Any]) -> NDArray[np.float32]:
    """(T, n), or (1, T, n) as the program holds a single take."""
    if array.ndim == 3 and len(array) == 1:
        array = array[0]
    if array.ndim != 2:
        raise ValueError(f"an array must be (T, n), not {array.shape}")
    return np.asarray(array, np.float32)
