"""Phones that were found before: finding them takes most of the time until there is motion.

Kept by content: the samples, the transcript, the language, the mode and the version of the front end decide,
not the file's name. In memory for as long as the process lives, and in a folder for later ones. A file there
is JSON with its checksum, written at once or not at all; one that is damaged is as good as none.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from elocute.audio.decode import Audio
from elocute.audio.phones.engines import engines_installed
from elocute.audio.phones.finder import PhoneResult, PhoneSettings, find_phones
from elocute.audio.phones.result_file import dump_result, load_result
from elocute.audio.phones.version import FRONT_END_VERSION
from elocute.errors import InputError
from elocute.progress import Progress
from elocute.storage.atomic_write import write_atomically
from elocute.storage.cache_folder import cache_folder

_log = logging.getLogger(__name__)

MIB: Final = 1024 * 1024
_SUFFIX: Final = ".json"
_LARGEST_ENTRY: Final = 8 * MIB


@dataclass(frozen=True)
class CacheLimits:
    """How much is kept; what was not used for longest goes first.

    Attributes:
        entries: results at most.
        size: bytes at most.
    """

    entries: int
    size: int


IN_MEMORY: Final = CacheLimits(entries=64, size=16 * MIB)
ON_DISK: Final = CacheLimits(entries=1000, size=128 * MIB)


class AnalysisCache:
    """Finds phones, or knows them. Safe to use from several threads, and its folder by several processes.

    Args:
        folder: where results are kept for other processes, made when needed; None keeps them in memory only.
        memory: what is kept in memory.
        disk: what is kept in ``folder``.
    """

    def __init__(
        self, folder: Path | None = None, memory: CacheLimits = IN_MEMORY, disk: CacheLimits = ON_DISK
    ) -> None:
        self._folder = folder
        self._memory = memory
        self._disk = disk
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, audio: Audio, settings: PhoneSettings, progress: Progress) -> PhoneResult:
        """Return what :func:`find_phones` returns, and keep it unless it is none or makeshift.

        Raises:
            Cancelled: ``progress`` was cancelled.
        """
        if settings.mode == "off":
            return find_phones(audio, settings, progress)
        key = entry_key(audio, settings)
        known = self._recall(key)
        if known is not None:
            progress.report("phones", 1.0)
            return known
        found = find_phones(audio, settings, progress)
        if found.phones is not None and not found.makeshift:
            self._keep(key, found)
        return found

    def knows(self, audio: Audio, settings: PhoneSettings) -> bool:
        """Whether phones need not be looked for."""
        return settings.mode != "off" and self._recall(entry_key(audio, settings)) is not None

    def _recall(self, key: str) -> PhoneResult | None:
        with self._lock:
            content = self._kept.get(key)
            if content is not None:
                self._kept.move_to_end(key)
        if content is not None:
            return load_result(content)
        content = self._read(key)
        if content is None:
            return None
        try:
            found = load_result(content)
        except ValueError as error:
            _log.warning("a kept analysis is of another form and is made again: %s", error)
            return None
        self._remember(key, content)
        return found

    def _keep(self, key: str, found: PhoneResult) -> None:
        content = dump_result(found)
        self._remember(key, content)
        if self._folder is None or len(content) > _LARGEST_ENTRY:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with write_atomically(self._folder / (key + _SUFFIX)) as temporary:
                temporary.chmod(0o600)  # it holds what is said in somebody's recording
                temporary.write_bytes(_digest(content) + b"\n" + content)
            self._prune(self._folder)
        except (OSError, InputError) as error:
            _log.warning("an analysis cannot be kept for the next time: %s", error)

    def _remember(self, key: str, content: bytes) -> None:
        with self._lock:
            self._kept[key] = content
            self._kept.move_to_end(key)
            size = sum(map(len, self._kept.values()))
            while size > self._memory.size or len(self._kept) > self._memory.entries:
                _, dropped = self._kept.popitem(last=False)
                size -= len(dropped)

    def _read(self, key: str) -> bytes | None:
        if self._folder is None:
            return None
        path = self._folder / (key + _SUFFIX)
        try:
            if path.stat().st_size > _LARGEST_ENTRY + MIB:
                _log.warning("a kept analysis is too large and is made again: %s", path)
                return None
            digest, _, content = path.read_bytes().partition(b"\n")
            os.utime(path)  # used now
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("a kept analysis cannot be read and is made again: %s", error)
            return None
        if digest != _digest(content):
            _log.warning("a kept analysis is damaged and is made again: %s", path)
            return None
        return content

    def _prune(self, folder: Path) -> None:
        """Remove what was not used for longest; also what an interrupted process left half-written."""
        files: list[tuple[float, int, Path]] = []
        for path in folder.glob(f"*{_SUFFIX}"):
            try:
                status = path.stat()
            except FileNotFoundError:  # another process removed it
                continue
            files.append((status.st_mtime, status.st_size, path))
        files.sort()
        size = sum(one for _, one, _ in files)
        while files and (len(files) > self._disk.entries or size > self._disk.size):
            _, one, path = files.pop(0)
            path.unlink(missing_ok=True)
            size -= one


def entry_key(audio: Audio, settings: PhoneSettings) -> str:
    """Return the name of the result for this sound and these settings: a hex digest."""
    digest = hashlib.sha256()
    for part in (
        str(FRONT_END_VERSION),
        settings.mode,
        settings.words,
        " ".join(engines_installed()),
        settings.language.lower(),
        "" if settings.known_text is None else f"text {settings.known_text}",
        repr(audio.seconds),
    ):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    digest.update(np.ascontiguousarray(audio.samples).data)
    return digest.hexdigest()


def standard_cache() -> AnalysisCache:
    """Return the cache of this computer's user; see :func:`elocute.storage.cache_folder.cache_folder`."""
    folder = cache_folder()
    return AnalysisCache(None if folder is None else folder / "analysis")


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode("ascii")
