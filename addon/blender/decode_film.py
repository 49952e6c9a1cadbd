"""Decodes the sound of a film; run by a Blender of its own (``core/backend/film_sound.py``).

Called with a path, the most bytes of samples and the number of the sound track, from 0. Writes one line,
``ELOCUTE-SOUND`` and JSON, to standard output: the rate, channels, frames and sound tracks, or an error; then
the samples, 32-bit floats, frame by frame. Imports nothing of the add-on's.
"""

from __future__ import annotations

import json
import os
import sys
from typing import IO, Any, Final

_MARK: Final = b"\nELOCUTE-SOUND "
_SAMPLE_BYTES: Final = 4
_PIECE_BYTES: Final = 1 << 20
_MOST_TRACKS: Final = 32


def main() -> None:
    """Decode the file that the last three arguments name."""
    film, most_bytes, track = sys.argv[-3], int(sys.argv[-2]), int(sys.argv[-1])
    with _own_output() as output:
        import bpy  # noqa: F401 - where Blender is a module, this starts it

        try:
            decode(film, most_bytes, output, track)
        except BrokenPipeError:  # nobody waits for it any more
            output.detach()  # type: ignore[attr-defined]


def decode(film: str, most_bytes: int, output: IO[bytes], track: int = 0) -> None:
    """Write the sound of ``film``, one of its tracks, to ``output``."""
    import aud

    sounds: Any = aud  # its stubs know neither what makes a sound nor that its error is one
    try:
        tracks = _tracks(sounds, film)
        sound = sounds.Sound(film, min(track, tracks - 1))
        rate, channels = (int(number) for number in sound.specs)
        seconds = most_bytes / (rate * channels * _SAMPLE_BYTES)
        # From the beginning only: Blender finds other places by seeking, which is not exact.
        samples = sound.limit(0.0, seconds + 1.0).data()
    except (sounds.error, ValueError, ZeroDivisionError):
        _tell(output, {"error": "unreadable"})
        return
    if samples.nbytes > most_bytes:
        _tell(output, {"error": "too_large", "seconds": seconds})
        return
    told = {"rate": rate, "channels": channels, "frames": samples.size // channels, "tracks": tracks}
    _tell(output, told)
    content = memoryview(samples.reshape(-1)).cast("B")
    for begin in range(0, len(content), _PIECE_BYTES):
        output.write(content[begin : begin + _PIECE_BYTES])
    output.flush()


def _tracks(sounds: Any, film: str) -> int:
    """How many sound tracks a film has, as far as they are counted."""
    for number in range(1, _MOST_TRACKS):
        try:
            if not sounds.Sound(film, number).specs[0]:
                return number
        except sounds.error:
            return number
    return _MOST_TRACKS


def _tell(output: IO[bytes], message: dict[str, object]) -> None:
    output.write(_MARK + json.dumps(message).encode() + b"\n")
    output.flush()


def _own_output() -> IO[bytes]:
    """Standard output for this program alone: what Blender prints from now on goes nowhere."""
    own = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(own, os.O_BINARY)
    return os.fdopen(own, "wb")


if __name__ == "__main__":
    main()
