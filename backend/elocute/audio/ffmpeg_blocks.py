"""Read what libsndfile cannot (m4a, aac, webm, the sound of a video) with FFmpeg, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError


@dataclass(frozen=True)
class SoundBlocks:
    """An opened sound: blocks of (frames, channels) float32 and what is known before reading.

    Attributes:
        rate: sample rate, Hz.
        channels: number of channels, at least 1.
        expected_frames: length by the header, 0 if it does not say.
        blocks: the sound from its start, to be read once.
        close: frees the decoder; call it when done.
    """

    rate: int
    channels: int
    expected_frames: int
    blocks: Iterator[NDArray[np.float32]]
    close: Callable[[], None]


def open_with_ffmpeg(stream: BinaryIO, label: str) -> SoundBlocks:
    """Open the first sound track of ``stream``.

    Raises:
        InputError: ``not_audio`` where FFmpeg finds no sound track that it can decode.
    """
    import av

    not_audio = InputError(
        f"{label} is not a sound file that can be read.",
        "Use wav, flac, ogg, mp3 or m4a.",
        code="not_audio",
    )
    try:
        container = av.open(stream, mode="r")
    except (av.FFmpegError, ValueError) as error:
        raise not_audio from error
    tracks = container.streams.audio
    if not tracks or not tracks[0].rate or not tracks[0].channels:
        container.close()
        raise not_audio
    track = tracks[0]
    length = float(track.duration * track.time_base) if track.duration and track.time_base else 0.0
    return SoundBlocks(
        rate=int(track.rate),
        channels=int(track.channels),
        expected_frames=round(length * track.rate),
        blocks=_decoded(container, track),
        close=container.close,
    )


def _decoded(container: Any, track: Any) -> Iterator[NDArray[np.float32]]:
    import av

    # The resampler only changes the sample format here: rate and layout stay the file's own.
    planar = av.AudioResampler(format="fltp", layout=track.layout.name, rate=track.rate)
    for frame in container.decode(track):
        for converted in planar.resample(frame):
            yield np.ascontiguousarray(converted.to_ndarray().T, dtype=np.float32)
    for converted in planar.resample(None):
        yield np.ascontiguousarray(converted.to_ndarray().T, dtype=np.float32)
