"""Digests of contents: SHA-256, in hex."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from elocute.errors import unreadable_file

_BLOCK: Final = 1 << 20


def content_digest(content: bytes) -> str:
    """Digest of ``content``."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """Digest of a file's content.

    Raises:
        InputError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise unreadable_file(path, error, code="unreadable_file") from error
    return digest.hexdigest()


def folder_digest(folder: Path) -> str:
    """Digest of the names and contents of all files in ``folder`` and below; hidden ones do not count.

    Raises:
        InputError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in name.split("/")):
            digest.update(f"{name}\0{file_digest(path)}\n".encode())
    return digest.hexdigest()
