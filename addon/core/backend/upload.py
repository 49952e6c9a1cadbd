"""The body of a request that carries a file: settings, smaller files and the file as multipart, in pieces."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from ..errors import Cancelled, UserError
from .messages import (
    LARGEST_BASE,
    LARGEST_BEFORE,
    LARGEST_PHONES,
    LARGEST_STYLE_FILE,
    MOST_STYLE_FILES,
    STYLE_FILE_NAME,
    to_json,
)

CHUNK_BYTES: Final = 256 * 1024
ATTACHED: Final[Mapping[str, tuple[str, int, str]]] = {
    "before": ("The motion to go on from", LARGEST_BEFORE, "Give its last few seconds."),
    "base": ("The clip to change", LARGEST_BASE, "Cut the recording into lines."),
    "given_phones": ("The list of phones", LARGEST_PHONES, "Cut the recording into lines."),
}
"""Parts of further files: what each is called in a sentence, most bytes, what to do about more."""


class Streamed(Protocol):
    """A file that is made while it is sent, once."""

    @property
    def size(self) -> int:
        """Its bytes."""

    def pieces(self) -> Iterator[bytes]:
        """Yield it."""


class Upload:
    """A request body that is read while it is sent, so that no copy of the file is made.

    Args:
        part: name of the file's part, as the service knows it.
        file: the file, its bytes, or what yields them.
        settings: the message that says what to make of it.
        styles: contents of style files by the names that the settings' style uses.
        attached: contents of further files by the names of their parts, see :data:`ATTACHED`.

    Attributes:
        file_bytes: size of the file.
        size: size of the whole body.
        content_type: value of the header of that name.

    Raises:
        UserError: the file is not there or is a folder; a style file is too large, or badly named, or there
            are too many of them; or another file is too large.
    """

    def __init__(
        self,
        part: str,
        file: Path | bytes | Streamed,
        settings: object,
        styles: Mapping[str, bytes] | None = None,
        attached: Mapping[str, bytes] | None = None,
    ) -> None:
        _check_styles(styles or {})
        for name, content in (attached or {}).items():
            what, most, advice = ATTACHED[name]
            if len(content) > most:
                raise UserError(f"{what} is larger than {most // 1024**2} MB.", advice)
        boundary = f"elocute-{secrets.token_hex(16)}"
        self._file = file
        self._head = _head(boundary, part, settings, styles or {}, attached or {})
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.file_bytes = _size(file)
        self.size = len(self._head) + self.file_bytes + len(self._tail)
        self.content_type = f"multipart/form-data; boundary={boundary}"

    def pieces(
        self,
        on_sent: Callable[[float], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Iterator[bytes]:
        """Yield the body; after each piece tell the share that is sent, 0..1.

        Raises:
            UserError: the file cannot be read, or became shorter.
            Cancelled: ``cancelled`` was set.
        """
        sent = 0
        for piece in self._all_pieces():
            if cancelled is not None and cancelled.is_set():
                raise Cancelled
            yield piece
            sent += len(piece)
            if on_sent is not None:
                on_sent(min(sent / self.size, 1.0))

    def _all_pieces(self) -> Iterator[bytes]:
        yield self._head
        if isinstance(self._file, bytes):
            view = memoryview(self._file)
            for start in range(0, len(view), CHUNK_BYTES):
                yield bytes(view[start : start + CHUNK_BYTES])
        elif isinstance(self._file, Path):
            yield from _file_pieces(self._file, self.file_bytes)
        else:
            yield from self._file.pieces()
        yield self._tail


def _check_styles(styles: Mapping[str, bytes]) -> None:
    if len(styles) > MOST_STYLE_FILES:
        raise UserError(
            f"{len(styles)} style files are too many.", f"Use at most {MOST_STYLE_FILES} per style."
        )
    for name, content in styles.items():
        if re.fullmatch(STYLE_FILE_NAME, name) is None:
            raise UserError(
                f"The name of the style file {name!r} is not allowed.",
                "Use at most 64 letters, digits, dots, hyphens and underscores.",
            )
        if len(content) > LARGEST_STYLE_FILE:
            raise UserError(
                f"The style file {name} is larger than {LARGEST_STYLE_FILE // 1024**2} MB.",
                "Choose a style file that Elocute wrote.",
            )


def _file_pieces(path: Path, size: int) -> Iterator[bytes]:
    left = size
    try:
        with path.open("rb") as stream:
            while left > 0 and (piece := stream.read(min(CHUNK_BYTES, left))):
                left -= len(piece)
                yield piece
    except OSError as error:
        raise UserError(f"{path} cannot be read.", "Choose another file.") from error
    if left:
        raise UserError(f"{path} was truncated while it was being sent.", "Try again.")


def _size(file: Path | bytes | Streamed) -> int:
    if isinstance(file, bytes):
        return len(file)
    return _file_size(file) if isinstance(file, Path) else file.size


def _file_size(path: Path) -> int:
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder.", "Choose a file.")
        return path.stat().st_size
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.", "Check the path.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read.", "Choose another file.") from error


def _head(
    boundary: str, part: str, settings: object, styles: Mapping[str, bytes], attached: Mapping[str, bytes]
) -> bytes:
    """Return what stands before the file."""
    pieces = [
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="settings"\r\n'
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{to_json(settings)}\r\n".encode()
    ]
    for name, content in styles.items():
        pieces += [_file_head(boundary, "style", name), content, b"\r\n"]
    for name, content in attached.items():
        pieces += [_file_head(boundary, name, name), content, b"\r\n"]
    return b"".join([*pieces, _file_head(boundary, part, part)])


def _file_head(boundary: str, part: str, filename: str) -> bytes:
    return (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{part}"; filename="{filename}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
