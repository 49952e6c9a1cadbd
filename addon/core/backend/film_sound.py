"""The sound of a film, decoded by a Blender of its own and passed on while it arrives.

Blender brings FFmpeg with it, the small installation's service does not. Blender's Python decodes a sound
in one call that holds Python's lock, so another process does it. It writes the samples to a pipe: no file
is made, and this process never holds more than a few pieces of them.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from ..errors import UserError
from ..job import JobControl
from .built_in import child_variables

MARK: Final = b"ELOCUTE-SOUND "
"""What the line begins with in which the child tells what it has decoded; samples follow at once."""
PIECE_BYTES: Final = 256 * 1024
_PIECES: Final = 8
_POLL_SECONDS: Final = 0.1
_DECODE_SECONDS: Final = 300.0
_SILENT_SECONDS: Final = 60.0
_MOST_CHATTER: Final = 1024 * 1024
_SAMPLE_BYTES: Final = 4
_MOST_CHANNELS: Final = 64
_HEADER_BYTES: Final = 58
_LARGEST_SOUND: Final = 2**32 - 1 - (_HEADER_BYTES - 8)
"""Bytes of samples whose number fits the head of a WAV file, whatever a service accepts."""
_ADVICE: Final = "Convert the recording to WAV or FLAC, or press Set up in the add-on's preferences."


@dataclass(frozen=True)
class FilmDecoder:
    """How a Blender is started that decodes sound.

    Attributes:
        command: its words; the file's path and the most bytes of samples follow.
        temporary: folder for what that Blender keeps while it runs; goes with this one's end.
    """

    command: tuple[str, ...]
    temporary: Path | None = None


class FilmSound:
    """The sound of a film as a WAV file (32-bit float, the film's own rate and channels) of known size.

    Entering waits until it is decoded; :meth:`pieces` yields the file once. Leaving ends the child.

    Args:
        decoder: how the child is started.
        film: the file.
        most_bytes: the largest sound accepted; a WAV file holds 4 GB.
        control: ends the work when cancelled.
        track: the sound track that is meant, counted from 1.

    Attributes:
        size: bytes of the WAV file, known once entered.
        notes: sentences for the user, known once entered.

    Raises:
        UserError: when entered: the film has no sound that can be decoded, has too much of it, or the child
            could not be started or stopped; by ``pieces``: it stopped while it sent.
        Cancelled: the user stopped it.
    """

    def __init__(
        self, decoder: FilmDecoder, film: Path, most_bytes: int, control: JobControl, track: int = 1
    ) -> None:
        self.notes: tuple[str, ...] = ()
        self._track = track
        self._decoder = decoder
        self._film = film
        self._most_bytes = min(most_bytes, _LARGEST_SOUND)
        self._control = control
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._arriving: queue.Queue[bytes] = queue.Queue(_PIECES)
        self._left = threading.Event()
        self._header = b""
        self._begin = b""
        self._sample_bytes = 0

    @property
    def size(self) -> int:
        """Bytes of the WAV file."""
        return len(self._header) + self._sample_bytes

    def __enter__(self) -> FilmSound:
        """Start the child and wait until it has decoded."""
        try:
            self._start()
            self._read_head()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child, however far it is."""
        self._end()

    def pieces(self) -> Iterator[bytes]:
        """Yield the WAV file in pieces, once."""
        yield self._header
        missing = self._sample_bytes - len(self._begin)
        yield self._begin
        deadline = time.monotonic() + _SILENT_SECONDS
        while missing > 0:
            piece = self._next(deadline)
            if not piece:
                raise self._failed("stopped while it was read")
            deadline = time.monotonic() + _SILENT_SECONDS
            yield piece[:missing]
            missing -= len(piece)

    def _start(self) -> None:
        try:
            # Blender makes a folder of its own there, and a Blender that is ended leaves it.
            self._folder = tempfile.TemporaryDirectory(
                prefix="elocute-", dir=self._decoder.temporary, ignore_cleanup_errors=True
            )
            own = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), self._folder.name)
            self._process = subprocess.Popen(  # noqa: S603 - Blender itself and our own script
                [*self._decoder.command, str(self._film), str(self._most_bytes), str(self._track - 1)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=child_variables(os.environ, own),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise UserError(
                f"Blender cannot be started to read the sound of {self._film.name}: "
                f"{error.strerror or error}.",
                _ADVICE,
            ) from error
        if self._process.stdout is None:
            raise AssertionError("started with a pipe")
        threading.Thread(
            target=self._forward, args=(self._process.stdout,), name="elocute-film-sound", daemon=True
        ).start()

    def _forward(self, stream: IO[bytes]) -> None:
        """Put what arrives into the queue; an empty piece is the end."""
        while not self._left.is_set():
            try:
                piece = stream.read1(PIECE_BYTES)  # type: ignore[attr-defined]
            except (OSError, ValueError):  # closed by _end()
                piece = b""
            while not self._left.is_set():
                try:
                    self._arriving.put(piece, timeout=_POLL_SECONDS)
                    break
                except queue.Full:
                    continue
            if not piece:
                return

    def _next(self, deadline: float) -> bytes:
        while True:
            self._control.check()
            try:
                return self._arriving.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if time.monotonic() > deadline:
                    raise self._failed("takes too long to read") from None

    def _read_head(self) -> None:
        """Skip what Blender says when it starts, and read the line that tells what was decoded."""
        said, deadline = b"", time.monotonic() + _DECODE_SECONDS
        while True:
            place = said.find(MARK)
            end = said.find(b"\n", place) if place >= 0 else -1
            if end >= 0:
                break
            piece = self._next(deadline)
            if not piece or len(said) > _MOST_CHATTER:
                raise self._failed("cannot be read by Blender")
            said += piece
        self._understand(said[place + len(MARK) : end])
        self._begin = said[end + 1 :]

    def _understand(self, line: bytes) -> None:
        told = json.loads(line)
        if told.get("error") == "too_large":
            minutes = told["seconds"] / 60.0
            raise UserError(
                f"The sound of {self._film.name} is longer than {minutes:.3g} minutes, more than the service "
                f"accepts ({self._most_bytes / 1e6:.0f} MB).",
                "Use a shorter recording, or one with fewer channels.",
            )
        if "error" in told:
            raise self._failed("cannot be read by Blender: it is damaged, or a film without sound")
        tracks = int(told.get("tracks", 1))
        if self._track > tracks:
            count = "one sound track" if tracks == 1 else f"{tracks} sound tracks"
            raise UserError(
                f"{self._film.name} has {count}, so there is no track {self._track}.",
                "Choose one that it has, counted from 1, or leave the track out.",
            )
        if tracks > self._track == 1:  # whoever names another knows of them
            self.notes = (
                f"{self._film.name} has {tracks} sound tracks; the first is used. Another is chosen with the "
                "part of the recording, /2 for example (--segment /2).",
            )
        rate, channels, frames = (int(told[name]) for name in ("rate", "channels", "frames"))
        if not (0 < rate < 2**31 and 0 < channels <= _MOST_CHANNELS and frames > 0):
            raise self._failed("has no samples")
        self._sample_bytes = frames * channels * _SAMPLE_BYTES
        self._header = wave_header(rate, channels, frames)

    def _failed(self, why: str) -> UserError:
        return UserError(f"The sound of {self._film.name} {why}.", _ADVICE)

    def _end(self) -> None:
        self._left.set()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if self._folder is not None:
            self._folder.cleanup()


def no_decoder(film: Path) -> UserError:
    """The error of a film that neither the service nor this Blender can read."""
    return UserError(
        f"{film.name} is a film, or sound in a film's format. The service that comes with Elocute cannot "
        "read it, and neither can Python in this Blender.",
        _ADVICE,
    )


def wave_header(rate: int, channels: int, frames: int) -> bytes:
    """The head of a WAV file of 32-bit floats.

    Args:
        rate: samples a second.
        channels: samples a frame.
        frames: frames that follow.
    """
    frame = channels * _SAMPLE_BYTES
    samples = frames * frame
    return b"".join(
        (
            struct.pack("<4sI4s", b"RIFF", _HEADER_BYTES - 8 + samples, b"WAVE"),
            struct.pack("<4sIHHIIHHH", b"fmt ", 18, 3, channels, rate, rate * frame, frame, 32, 0),
            struct.pack("<4sII", b"fact", 4, frames),
            struct.pack("<4sI", b"data", samples),
        )
    )
