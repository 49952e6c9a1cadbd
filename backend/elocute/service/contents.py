"""Contents that are kept under their digest, in memory or as files, for as long as somebody holds them."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import Final

from elocute.errors import InputError
from elocute.storage.atomic_write import write_atomically
from elocute.storage.digest import content_digest
from elocute.storage.leftovers import remove_stale

_log = logging.getLogger(__name__)

_FAN: Final = 2
"""Characters of a digest that name the folder of its file."""


class ContentLostError(Exception):
    """A content that should be there is not, or is another."""


class Contents(ABC):
    """Contents by digest. Who puts one in holds it; one that nobody holds any more is removed.

    Equal contents are kept once. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders: Counter[str] = Counter()

    def hold(self, content: bytes) -> str:
        """Keep ``content`` until it is released as often as it was held; return its digest.

        Raises:
            InputError: it cannot be written.
        """
        digest = content_digest(content)
        with self._lock:
            self._holders[digest] += 1  # from here on nobody removes it
        try:
            # Two who put it in at once may both write it: were one to wait, all others would wait too.
            if not self._exists(digest):
                self._write(digest, content)
        except BaseException:
            self.release(digest)
            raise
        return digest

    def adopt(self, *digests: str) -> bool:
        """Hold contents that an earlier process wrote; False, and none held, where one is not there."""
        with self._lock:
            if not all(map(self._exists, digests)):
                return False
            self._holders.update(digests)
        return True

    def release(self, *digests: str) -> None:
        """Give contents up that were held."""
        with self._lock:
            for digest in digests:
                self._holders[digest] -= 1
                if self._holders[digest] <= 0:
                    del self._holders[digest]
                    self._remove(digest)

    def read(self, digest: str) -> bytes:
        """Return a content.

        Raises:
            ContentLostError: it is not there, or its file was changed.
        """
        content = self._read(digest)
        if content is None:
            raise ContentLostError(f"the content {digest} cannot be read")
        return content

    @abstractmethod
    def remove_strays(self) -> None:
        """Remove what nobody holds: an earlier process was ended before it could."""

    @abstractmethod
    def _write(self, digest: str, content: bytes) -> None: ...

    @abstractmethod
    def _read(self, digest: str) -> bytes | None: ...

    @abstractmethod
    def _exists(self, digest: str) -> bool: ...

    @abstractmethod
    def _remove(self, digest: str) -> None: ...


class ContentsInMemory(Contents):
    """They are gone when the process ends, and no file is ever written."""

    def __init__(self) -> None:
        super().__init__()
        self._contents: dict[str, bytes] = {}

    def remove_strays(self) -> None:
        """There are none: no earlier process has written here."""

    def _write(self, digest: str, content: bytes) -> None:
        self._contents[digest] = content

    def _read(self, digest: str) -> bytes | None:
        return self._contents.get(digest)

    def _exists(self, digest: str) -> bool:
        return digest in self._contents

    def _remove(self, digest: str) -> None:
        self._contents.pop(digest, None)


class ContentsInFolder(Contents):
    """One file each, readable by this user alone, on the disk when :meth:`hold` returns.

    Args:
        folder: where; made where it is missing. Nobody else writes into it.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def remove_strays(self) -> None:
        """Remove files that nobody holds, and half-written ones of processes that were killed."""
        with self._lock:
            for fan in self._folder.iterdir():
                remove_stale(fan)
                for path in fan.glob("*") if fan.is_dir() else ():
                    if path.name not in self._holders:
                        self._unlink(path)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:_FAN] / digest

    def _write(self, digest: str, content: bytes) -> None:
        path = self._path(digest)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise InputError(f"Cannot write {path}: {error.strerror}.", code="bad_output") from error
        with write_atomically(path) as temporary:
            temporary.chmod(0o600)
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        _settle(path.parent)

    def _read(self, digest: str) -> bytes | None:
        try:
            content = self._path(digest).read_bytes()
        except OSError as error:
            _log.warning("a kept file cannot be read: %s", error)
            return None
        if content_digest(content) != digest:
            _log.warning("a kept file is damaged: %s", self._path(digest))
            return None
        return content

    def _exists(self, digest: str) -> bool:
        return self._path(digest).is_file()

    def _remove(self, digest: str) -> None:
        self._unlink(self._path(digest))

    def _unlink(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("a file that is not needed any more cannot be removed: %s", error)


def _settle(folder: Path) -> None:
    """Make a renamed file survive a loss of power, where the system lets a folder be synchronised."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
