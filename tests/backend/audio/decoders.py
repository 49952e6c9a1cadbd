"""A decode process that files can end: what a recording holds decides what becomes of the process."""

from __future__ import annotations

import io
import sys
from typing import Final

import numpy as np
import soundfile

CRASH: Final = b"ELOCUTE-CRASH"
HANG: Final = b"ELOCUTE-HANG"
GROW: Final = b"ELOCUTE-GROW"
FAIL: Final = b"ELOCUTE-FAIL"

HANGS: Final = "ELOCUTE_TEST_HANGS"
"""Variable with the name of a file that is made when one begins to hang."""

FRAGILE: Final = (
    sys.executable,
    "-c",
    f"""
import ctypes, os, time
from elocute.audio.decoding import worker

real = worker.decode_sound

def decode_sound(source, *, progress, **options):
    content = source if isinstance(source, bytes) else source.read_bytes()
    progress.report("decode", 0.1)
    if {CRASH!r} in content:
        ctypes.string_at(0)
    if {HANG!r} in content:
        open(os.environ.get({HANGS!r}, os.devnull), "w").close()
        time.sleep(600)
    if {GROW!r} in content:
        bytearray(1 << 32)
    if {FAIL!r} in content:
        raise ZeroDivisionError
    return real(source, progress=progress, **options)

worker.decode_sound = decode_sound
worker.main()
""",
)


def line(mark: bytes = b"", seconds: float = 1.0) -> bytes:
    """The bytes of a wav file of a rising tone; ``mark`` lies behind its sound."""
    times = np.arange(round(16000 * seconds)) / 16000
    file = io.BytesIO()
    soundfile.write(file, 0.3 * np.sin(2 * np.pi * (200 + 50 * times) * times), 16000, format="WAV")
    return file.getvalue() + mark
