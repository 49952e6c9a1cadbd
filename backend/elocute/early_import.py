"""Large libraries are imported on a thread while the main one waits for something else."""

from __future__ import annotations

import importlib
import logging
import sys
import threading

_log = logging.getLogger(__name__)


def begin_import(name: str) -> None:
    """Begin to import a module, if it is not there; does not wait.

    Whoever needs the module imports it as always: Python waits there for an import that is under way, and an
    import that failed here fails there again, with its error. A process does not end before the thread has.
    """
    if name not in sys.modules:
        threading.Thread(target=_import, args=(name,), name=f"import of {name}").start()


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except (ImportError, OSError) as error:
        _log.debug("%s could not be imported ahead: %s", name, error)
