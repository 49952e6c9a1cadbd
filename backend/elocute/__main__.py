"""``python -m elocute``, and the command ``elocute``.

Ctrl-C has to end with one line and 130 from the first moment on. Loading the command's modules takes up to a
second, in which an exception could come up anywhere, so until they are loaded the process just ends.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from types import FrameType
from typing import Final, NoReturn

INTERRUPTED: Final = 130
_OBJECTS: Final = 20_000
"""New objects between two searches for garbage in circles, of which the libraries' import makes hundreds of
thousands and no garbage: at Python's 700 the searches are a tenth of a short command."""


def main() -> int:
    """Run the command line; return its exit code."""
    gc.set_threshold(_OBJECTS)
    # A shell starts background jobs with the interrupt ignored: that stays.
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, _leave)
    from elocute.cli import main as run

    try:
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = run()
    except KeyboardInterrupt:
        _leave()
    if heeded:  # nothing is left that could be cleaned up
        signal.signal(signal.SIGINT, _leave)
    gc.freeze()  # the interpreter need not search at its end, too, what the system takes back at once
    return code


def _leave(_signal: int = 0, _frame: FrameType | None = None) -> NoReturn:
    with contextlib.suppress(OSError):
        os.write(2, b"elocute: Stopped.\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
