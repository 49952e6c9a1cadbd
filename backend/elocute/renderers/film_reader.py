"""Frames of a film file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError, missing_file, one_line

MOST_FRAMES: Final = 15_000
"""Ten minutes at 25 frames a second."""
_SMALLEST_SIDE: Final = 16
_LARGEST_SIDE: Final = 4_096
_MOST_BYTES: Final = 4 * 2**30
_CODE: Final = "bad_film"


@dataclass(frozen=True)
class Film:
    """A film without its sound.

    Attributes:
        images: (T, H, W, 3) uint8 RGB.
        fps: frames per second.
        whole: False if only its beginning was read.
    """

    images: NDArray[np.uint8]
    fps: float
    whole: bool = True

    @property
    def frames(self) -> int:
        """Length T."""
        return len(self.images)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps


def read_film(path: Path, most_frames: int = MOST_FRAMES, seconds: float | None = None) -> Film:
    """The frames of the first video stream.

    Args:
        path: any film that FFmpeg reads.
        most_frames: longest film.
        seconds: read no more than so much of its beginning; None reads all.

    Raises:
        InputError: it is missing, damaged, no film, too long, or of a size that is too small or too large.
    """
    if not path.is_file():
        raise missing_file(path)
    images: list[NDArray[np.uint8]] = []
    whole = True
    try:
        # Opened as a stream: a playlist in the file must not name other files.
        with path.open("rb") as stream, av.open(stream, "r") as container:
            if not container.streams.video:
                raise InputError(f"{path} has no pictures.", "Give a film.", code=_CODE)
            video = container.streams.video[0]
            fps = float(video.average_rate or 0)
            _check_size(path, video.codec_context.height, video.codec_context.width)
            enough = math.inf if seconds is None else math.ceil(seconds * fps)
            for frame in container.decode(video):
                if len(images) >= enough:
                    whole = False
                    break
                if len(images) == most_frames or len(images) * frame.height * frame.width * 3 > _MOST_BYTES:
                    raise InputError(
                        f"{path} has more than {len(images)} frames, which is too long.",
                        "Cut it into parts.",
                        code="too_long",
                    )
                images.append(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
    except (av.FFmpegError, ValueError, OSError) as error:
        raise InputError(
            f"{path} cannot be read as a film ({one_line(str(error), 120)}).",
            "Give an MP4 or another film that FFmpeg reads.",
            code=_CODE,
        ) from error
    if not images or not 1 <= fps <= 240 or len({image.shape for image in images}) != 1:
        raise InputError(
            f"{path} is not a film of one size and frame rate.", "Export it again as MP4.", code=_CODE
        )
    return Film(np.stack(images), fps, whole)


def _check_size(path: Path, height: int, width: int) -> None:
    if not _SMALLEST_SIDE <= min(height, width) <= max(height, width) <= _LARGEST_SIDE:
        raise InputError(
            f"{path} is a film of {width} x {height} pixels.",
            f"Give one of {_SMALLEST_SIDE} to {_LARGEST_SIDE} pixels on each side.",
            code=_CODE,
        )
