"""Decode processes that are kept from one file to the next."""

from __future__ import annotations

import atexit
import os
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Final

from elocute.audio.decoding.messages import Request
from elocute.audio.decoding.process import COMMAND, SILENCE_SECONDS, DecodeProcess, DecoderEnded
from elocute.audio.sound import Audio
from elocute.errors import InputError
from elocute.progress import Progress

NO_DECODER: Final = "no_decoder"
DECODER_ENDED: Final = "decoder_ended"
"""Codes of errors that may be gone a little later: a process that was killed, or could not be started."""
_KEPT: Final = 1
"""Processes kept for the next file; files that come at the same time get one each."""


class DecodePool:
    """Decode processes, started when needed.

    Args:
        command: what to start, for tests.
        silence_seconds: longest time without a sign of life.
    """

    def __init__(self, command: Sequence[str] = COMMAND, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._command = tuple(command)
        self._silence_seconds = silence_seconds
        self._lock = Lock()
        self._idle: list[DecodeProcess] = []
        self._busy: list[DecodeProcess] = []

    @property
    def process_ids(self) -> list[int]:
        """Ids of the processes that run now."""
        with self._lock:
            kept = [*self._idle, *self._busy]
        return [number for process in kept if (number := process.process_id) is not None]

    def start(self) -> None:
        """Have a process ready for the next file; does not wait for it."""
        with self._lock:
            if not any(process.usable for process in self._idle):
                self._idle.append(DecodeProcess(self._command, self._silence_seconds))

    def decode(self, request: Request, content: bytes, progress: Progress) -> Audio:
        """Have a file decoded.

        Args:
            request: what to decode.
            content: the file's bytes, where the request names no path.
            progress: told the share that is done; cancelling ends the process.

        Raises:
            InputError: the file cannot be used, or the process ended on it (:data:`DECODER_ENDED`).
            Cancelled: ``progress`` was cancelled.
        """
        try:
            try:
                return self._ask(request, content, progress)
            except DecoderEnded as error:
                if error.begun:
                    raise
                return self._ask(request, content, progress)  # it had ended before this file came
        except DecoderEnded as error:
            raise _refusal(request.name or "The sound", error) from error

    def close(self) -> None:
        """End every process; what they are doing is refused."""
        with self._lock:
            ending = [*self._idle, *self._busy]
            self._idle.clear()
        for process in ending:
            process.end()

    def _ask(self, request: Request, content: bytes, progress: Progress) -> Audio:
        process = self._take()
        try:
            return process.ask(request, content, progress)
        finally:
            self._give_back(process)

    def _take(self) -> DecodeProcess:
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.usable:
                    break
                process.end()
            else:
                process = DecodeProcess(self._command, self._silence_seconds)
            self._busy.append(process)
        return process

    def _give_back(self, process: DecodeProcess) -> None:
        with self._lock:
            self._busy.remove(process)
            keep = process.usable and len(self._idle) < _KEPT
            if keep:
                self._idle.append(process)
        if not keep:
            process.end()


def shared_pool() -> DecodePool:
    """The processes of this program, which end with it."""
    return _pool_of(os.getpid())


@lru_cache(maxsize=1)
def _pool_of(_program: int) -> DecodePool:
    """A program that was forked from another has pipes of its own."""
    pool = DecodePool()
    atexit.register(pool.close)
    return pool


def _refusal(label: str, error: DecoderEnded) -> InputError:
    if not error.begun:
        return InputError(
            f"{label} cannot be read: the decoder does not start.",
            "Set Elocute up again; its packages numpy, soundfile, soxr and av are needed.",
            code=NO_DECODER,
        )
    ended = "hung" if error.hung else "ended"
    return InputError(
        f"{label} cannot be read: the decoder {ended} while reading it.",
        "Try again; if it happens every time, convert the recording to wav or flac.",
        code=DECODER_ENDED,
    )
