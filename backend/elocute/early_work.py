"""What takes long is begun on a thread while the main one waits for something else, or does it."""

from __future__ import annotations

import importlib
import logging
import sys
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


def begin_import(name: str) -> None:
    """Begin to import a module, if it is not there; does not wait.

    Whoever needs the module imports it as always: Python waits there for an import that is under way, and an
    import that failed here fails there again, with its error.
    """
    if name not in sys.modules:
        begin(lambda: importlib.import_module(name), f"import of {name}")


def begin(work: Callable[[], object], name: str) -> None:
    """Begin something that is done again, or waited for, where it is needed; does not wait.

    What fails here is only logged, for it fails there again; so is that no thread is to be had. A process
    does not end before the thread has.

    Args:
        work: what to do.
        name: of the thread.
    """

    def try_it() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whoever needs it meets the same
            _log.debug("the %s failed ahead: %s", name, error)

    try:
        threading.Thread(target=try_it, name=name).start()
    except RuntimeError as error:  # the system gives this user no more threads
        _log.debug("the %s is not begun ahead: %s", name, error)
