"""Read wav, flac, ogg, mp3, aiff and the like with libsndfile, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from elocute.audio.decoding.sound_blocks import Damage, SoundBlocks

_BLOCK_SAMPLES = 1 << 17  # of all channels together
_UNKNOWN_FRAMES = 1 << 62  # what libsndfile calls a FLAC stream whose header does not tell its length


class _Forgiving:
    """A stream that stays where it is when a damaged header sends libsndfile before its start.

    What a stream raises inside libsndfile is printed to stderr and lost.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.read = stream.read
        self.tell = stream.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._stream.seek(offset, whence)
        except (OSError, ValueError):
            return self._stream.tell()


def open_with_libsndfile(stream: BinaryIO) -> SoundBlocks | None:
    """Open ``stream``, or return None where libsndfile cannot."""
    try:
        sound = soundfile.SoundFile(_Forgiving(stream))
    except (soundfile.LibsndfileError, OSError, ValueError):
        return None
    frames = int(sound.frames)
    damage = Damage()
    return SoundBlocks(
        rate=int(sound.samplerate),
        channels=int(sound.channels),
        expected_frames=frames if 0 <= frames < _UNKNOWN_FRAMES else 0,
        blocks=_read(sound, damage),
        close=sound.close,
        damage=damage,
    )


def _read(sound: Any, damage: Damage) -> Iterator[NDArray[np.float32]]:
    count = max(_BLOCK_SAMPLES // int(sound.channels), 1)
    while True:
        try:
            block = sound.read(count, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, OSError, ValueError):
            damage.ended_early = True
            return
        if not len(block):
            return
        yield block
