"""Ends a process with the one that started it, also where that one is killed and can tell nobody.

Two ways that complete each other: Linux sends a signal, which ends the process wherever it is. Everywhere, a
thread reads the input and ends the process when that ends; where a decoder computes, which holds the
interpreter's lock, the thread waits for the end of that computation.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from typing import BinaryIO, Final

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_BLOCK_BYTES: Final = 1 << 16


def end_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies; other systems are not asked.

    The signal comes when the *thread* that started the process ends, so that thread has to stay for as long
    as the process is wanted.
    """
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0):
        sys.stderr.write("This system cannot end a process together with its parent.\n")


def watched(source: int) -> BinaryIO:
    """Return what comes from the file descriptor ``source``; when that ends, so does this process, at once.

    Whoever writes to ``source`` has to wait for a reply before the next request: what lies unread in the
    returned stream keeps the thread from seeing the end.
    """
    ours, theirs = os.pipe()

    def carry() -> None:
        try:
            while block := os.read(source, _BLOCK_BYTES):
                view = memoryview(block)
                while view:
                    view = view[os.write(theirs, view) :]
        finally:
            os._exit(0)  # nobody is left who could use what is being computed

    threading.Thread(target=carry, name="lifeline", daemon=True).start()
    return os.fdopen(ours, "rb")
