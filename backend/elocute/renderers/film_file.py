"""A film file from images and sound: H.264 and AAC in an MP4."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from elocute.audio.sound import Audio
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.errors import InputError
from elocute.storage.atomic_write import write_atomically

_VIDEO_CODECS: Final = ("libx264", "mpeg4")
"""The first one that this build of FFmpeg has is taken."""
_QUALITY: Final = "18"
_SOUND_CODEC: Final = "aac"
_SOUND_BITS: Final = 128_000
_BLOCK: Final = 1024
_FINEST_RATE: Final = 1_000


def write_film(
    path: Path, images: Iterable[NDArray[np.uint8]], size: tuple[int, int], fps: float, sound: Audio | None
) -> int:
    """Write a film, whole or not at all.

    Args:
        path: ``.mp4`` to write.
        images: blocks (n, H, W, 3) of RGB frames.
        size: H and W, even numbers.
        fps: frames per second.
        sound: what is heard from the first frame on; None for a silent film. It ends with the frames.

    Returns:
        Number of frames.

    Raises:
        InputError: the file cannot be written.
    """
    count = 0
    with write_atomically(path) as temporary:
        try:
            with av.open(str(temporary), "w", format="mp4") as film:
                video = _video_stream(film, size, fps)
                track: Any = None
                if sound is not None:
                    track = film.add_stream(_SOUND_CODEC, rate=SAMPLE_RATE)
                    track.layout, track.bit_rate = "mono", _SOUND_BITS
                for block in images:
                    for image in block:
                        film.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
                        count += 1
                film.mux(video.encode())
                if sound is not None:
                    _write_sound(film, track, sound, count / fps)
        except av.FFmpegError as error:
            raise InputError(
                f"Cannot write {path}: {error.strerror or error}.",
                "Free some space or choose another folder.",
                code="bad_output",
            ) from error
    return count


def _video_stream(film: Any, size: tuple[int, int], fps: float) -> Any:
    codec = next(name for name in _VIDEO_CODECS if name in av.codecs_available)
    stream = film.add_stream(codec, rate=Fraction(fps).limit_denominator(_FINEST_RATE))
    stream.height, stream.width = size
    stream.pix_fmt = "yuv420p"
    if codec == _VIDEO_CODECS[0]:
        stream.options = {"crf": _QUALITY}
    return stream


def _write_sound(film: Any, track: Any, sound: Audio, seconds: float) -> None:
    samples = sound.samples[: round(seconds * SAMPLE_RATE)]
    for start in range(0, len(samples), _BLOCK):
        block = np.ascontiguousarray(samples[None, start : start + _BLOCK], np.float32)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, start
        film.mux(track.encode(frame))
    film.mux(track.encode())
