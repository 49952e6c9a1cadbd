"""The body of a job request: settings and sound as multipart, piece by piece."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ..errors import Cancelled, UserError
from .messages import JobSettings, to_json

CHUNK_BYTES: Final = 256 * 1024


class Upload:
    """A request body that is read while it is sent, so that no copy of the sound is made.

    Args:
        audio: the file, or its bytes.
        settings: what to make of it.

    Attributes:
        audio_bytes: size of the sound.
        size: size of the whole body.
        content_type: value of the header of that name.

    Raises:
        UserError: the file is not there or is a folder.
    """

    def __init__(self, audio: Path | bytes, settings: JobSettings) -> None:
        boundary = f"elocute-{secrets.token_hex(16)}"
        self._audio = audio
        self._head, self._tail = _multipart_frame(boundary, settings)
        self.audio_bytes = len(audio) if isinstance(audio, bytes) else _file_size(audio)
        self.size = len(self._head) + self.audio_bytes + len(self._tail)
        self.content_type = f"multipart/form-data; boundary={boundary}"

    def pieces(
        self, on_sent: Callable[[float], None] | None, cancelled: threading.Event | None
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
        if isinstance(self._audio, bytes):
            view = memoryview(self._audio)
            for start in range(0, len(view), CHUNK_BYTES):
                yield bytes(view[start : start + CHUNK_BYTES])
        else:
            yield from _file_pieces(self._audio, self.audio_bytes)
        yield self._tail


def _file_pieces(path: Path, size: int) -> Iterator[bytes]:
    left = size
    try:
        with path.open("rb") as stream:
            while left > 0 and (piece := stream.read(min(CHUNK_BYTES, left))):
                left -= len(piece)
                yield piece
    except OSError as error:
        raise UserError(f"{path} cannot be read.", "Choose another sound file.") from error
    if left:
        raise UserError(f"{path} became shorter while it was sent.", "Try again.")


def _file_size(path: Path) -> int:
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder.", "Choose a sound file.")
        return path.stat().st_size
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.", "Choose a sound file.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read.", "Choose another sound file.") from error


def _multipart_frame(boundary: str, settings: JobSettings) -> tuple[bytes, bytes]:
    """Return what stands before and after the audio."""
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="settings"\r\n'
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{to_json(settings)}\r\n"
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="audio"; filename="audio"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()
