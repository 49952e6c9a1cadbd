"""Images of a face, and the files of landmarks in them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from elocute.errors import InputError, missing_file, one_line
from elocute.motion.landmark_sets import LANDMARKS
from elocute.motion.track_files import is_track, load_track

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP")
ENDINGS: Final = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
_LARGEST_SIDE: Final = 8_192
_SMALLEST_SIDE: Final = 64
_LARGEST_TEXT: Final = 64_000
_CODE: Final = "bad_image"
_BOMBS: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def read_image(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) of an image file.

    Raises:
        InputError: it is missing, no image, damaged, too small or too large.
    """
    if not path.exists():
        raise missing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as image:
                if not _SMALLEST_SIDE <= min(image.size) <= max(image.size) <= _LARGEST_SIDE:
                    raise InputError(
                        f"{path} is an image of {image.width} x {image.height} pixels.",
                        f"Give one of {_SMALLEST_SIDE} to {_LARGEST_SIDE} pixels on each side.",
                        code=_CODE,
                    )
                return np.asarray(image.convert("RGB"), np.uint8).copy()
    except (OSError, SyntaxError, ValueError, *_BOMBS) as error:
        raise InputError(
            f"{path} cannot be read as an image ({one_line(str(error), 120)}).",
            "Give a PNG, JPEG, WebP or BMP file.",
            code=_CODE,
        ) from error


def read_image_points(path: Path, height: int) -> NDArray[np.float64]:
    """(68, 2) landmarks of an image in pixels, y downwards.

    Args:
        path: a text file of 68 lines ``x y`` or ``x,y`` (the ``.pts`` files of the 300-W data, with their
            ``version``, ``n_points`` and braces, too), or the first frame of a landmark track in pixels.
        height: of the image.

    Raises:
        InputError: it is missing, damaged, or not 68 points in pixels.
    """
    if path.suffix.lower() == ".npz" or is_track(path):
        track = load_track(path)
        if track.unit != "pixel":
            raise InputError(
                f"{path} holds landmarks in {track.unit}, not in pixels of the image.", code="bad_landmarks"
            )
        points = track.points[0, :, :2].astype(np.float64)
        return np.stack([points[:, 0], height - points[:, 1]], axis=1)
    if not path.exists():
        raise missing_file(path)
    try:
        with path.open("rb") as stream:
            text = stream.read(_LARGEST_TEXT).decode("utf-8-sig")
        rows = [line.replace(",", " ").replace(";", " ").split() for line in text.splitlines()]
        numbers = [row for row in rows if row and not _is_frame(row)]
        found = np.array([[float(value) for value in row] for row in numbers], np.float64)
    except (OSError, ValueError) as error:
        raise _bad_points(path, "it holds something other than numbers") from error
    if found.shape != (LANDMARKS, 2) or not np.isfinite(found).all():
        raise _bad_points(path, f"it holds {len(numbers)} lines of numbers")
    return found


def _is_frame(row: list[str]) -> bool:
    """Lines around the points: braces, ``version: 1``, ``n_points: 68``, ``x y``."""
    first = row[0].casefold()
    return first in {"{", "}", "x"} or first.startswith(("version", "n_points"))


def _bad_points(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} is not a file of 68 landmarks: {reason}.",
        "Give 68 lines with x and y in pixels, in iBUG order.",
        code="bad_landmarks",
    )
