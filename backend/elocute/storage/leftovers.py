"""Temporary files whose names tell who uses them, so that those of killed processes can be removed.

A process that is killed cannot clean up. The next write into the same folder does it, for files whose process
is gone. Own code: the system cleans its own folder of temporary files at best, and none of the user's.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = ".elocute-tmp-"
_NAME: Final = re.compile(re.escape(_PREFIX) + r"(?P<host>[0-9a-f]{8})-(?P<pid>\d{1,10})-")
_OLD_SECONDS: Final = 7 * 24 * 3600
"""Age from which a temporary file is stale whatever its owner: process numbers are used again."""
_LONGEST_LABEL: Final = 40


def temporary_prefix(label: str = "") -> str:
    """How the names of this process' temporary files begin: they tell who is using them.

    Args:
        label: what the file is for, for people who find one.
    """
    return f"{_PREFIX}{_host()}-{os.getpid()}-{label[:_LONGEST_LABEL]}-"


def remove_stale(folder: Path) -> None:
    """Remove temporary files and folders in ``folder`` that processes left behind when they were killed.

    Stale is what belongs to a process of this computer that has ended, or is a week old. What cannot be
    removed stays: it is somebody else's.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        stale = [entry for entry in entries if entry.name.startswith(_PREFIX) and _is_stale(entry)]
        for entry in stale:
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    Path(entry.path).unlink()


def remove_stale_of_system() -> None:
    """:func:`remove_stale` for the system's folder of temporary files; for programs that begin."""
    remove_stale(Path(tempfile.gettempdir()))


@contextmanager
def temporary_folder(parent: Path | None = None, label: str = "") -> Iterator[Path]:
    """A new folder that is removed after the block, and by the next of its kind if this process is killed.

    Args:
        parent: where; None for the system's folder of temporary files.
        label: what it is for.

    Raises:
        OSError: it cannot be made.
    """
    place = Path(tempfile.gettempdir()) if parent is None else parent
    remove_stale(place)
    with tempfile.TemporaryDirectory(
        prefix=temporary_prefix(label), dir=place, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


def _is_stale(entry: os.DirEntry[str]) -> bool:
    match = _NAME.match(entry.name)
    if match is None:
        return False
    with contextlib.suppress(OSError):
        if time.time() - entry.stat(follow_symlinks=False).st_mtime > _OLD_SECONDS:
            return True
    return match["host"] == _host() and not _is_running(int(match["pid"]))


def _host() -> str:
    """Tells computers apart that share a folder: a process number means something on one of them only."""
    return hashlib.sha256(socket.gethostname().encode("utf-8", "replace")).hexdigest()[:8]


def _is_running(pid: int) -> bool:
    if sys.platform == "win32":
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # of another user
    return True


if sys.platform == "win32":

    def _is_running_on_windows(pid: int) -> bool:
        # os.kill would end the process there.
        import ctypes

        query_limited_information, still_active, access_denied = 0x1000, 259, 5
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        handle = kernel.OpenProcess(query_limited_information, False, pid)
        if not handle:
            return ctypes.get_last_error() == access_denied
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == still_active
