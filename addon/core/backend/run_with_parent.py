"""Run a Python module, or code, that ends when another process does, however that one ends.

Called as ``python -I run_with_parent.py PID MODULE [ARGUMENT ...]``, or with ``-c CODE`` for a module.
PID is the process that waits for the result. When it is gone, this one ends with all that it started; on
Windows what it started ends with its own work.

A closed standard input would tell the same, but on Windows a thread that waits for it blocks every process
that inherits it.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from typing import Final

_POLL_SECONDS: Final = 0.2

if sys.platform == "win32":
    import ctypes

    _SYNCHRONIZE: Final = 0x00100000
    _INFINITE: Final = 0xFFFFFFFF

    def _wait_for_end(process_id: int) -> None:
        handle = ctypes.windll.kernel32.OpenProcess(_SYNCHRONIZE, False, process_id)
        if handle:  # none: it has ended already
            ctypes.windll.kernel32.WaitForSingleObject(handle, _INFINITE)

    def _end_all() -> None:
        os._exit(1)
else:

    def _wait_for_end(process_id: int) -> None:
        parent = os.getppid()  # of a script that stands between, or the process itself
        while os.getppid() == parent and _exists(process_id):
            time.sleep(_POLL_SECONDS)

    def _exists(process_id: int) -> bool:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def _end_all() -> None:
        if os.getpgrp() == os.getpid():  # a group of our own
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os._exit(1)


def main() -> None:
    """Watch the process, and do the work."""
    process_id, module, *arguments = sys.argv[1:]
    threading.Thread(target=_watch, args=(int(process_id),), name="parent-watch", daemon=True).start()
    if module == "-c":
        exec(arguments[0], {"__name__": "__main__"})  # noqa: S102 - the environment's own check
        return
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _watch(process_id: int) -> None:
    _wait_for_end(process_id)
    _end_all()


if __name__ == "__main__":
    main()
