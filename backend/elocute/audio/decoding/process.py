"""One decode process as its parent sees it: it is started, asked, watched and ended."""

from __future__ import annotations

import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.child_process import start_child
from elocute.audio.decoding import messages
from elocute.audio.sound import Audio
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.errors import InputError
from elocute.progress import Progress

COMMAND: Final = (sys.executable, "-m", "elocute.audio.decoding.worker")
SILENCE_SECONDS: Final = 60.0
"""Longest time without a sign of life; finding out what a file is takes at most a third of it."""

_CANCEL_POLL_SECONDS: Final = 0.05
_BLOCK_BYTES: Final = 1 << 20
_SPARE_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


class DecoderEnded(Exception):
    """The process ended without an answer, or was ended because it gave none.

    Attributes:
        begun: it had begun to read the file.
        hung: it was ended because it showed no sign of life.
    """

    def __init__(self, *, begun: bool, hung: bool = False) -> None:
        super().__init__()
        self.begun = begun
        self.hung = hung


@dataclass(frozen=True)
class _Asked:
    """A request on its way, and where its answers go: the last is a sound, an error or ``DecoderEnded``."""

    request: messages.Request
    content: bytes
    answers: queue.SimpleQueue[float | Audio | InputError | DecoderEnded] = field(
        default_factory=queue.SimpleQueue
    )


class DecodeProcess:
    """A process, and the thread that starts it and speaks with it.

    Linux ends a process with the thread that started it, so the thread lives as long as the process.

    Args:
        command: what to start.
        silence_seconds: longest time without a sign of life.
    """

    def __init__(self, command: Sequence[str] = COMMAND, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._command = tuple(command)
        self._silence_seconds = silence_seconds
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._ended = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="decoder", daemon=True)
        self._thread.start()

    @property
    def process_id(self) -> int | None:
        """Id of the process while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def usable(self) -> bool:
        """False once the process has ended."""
        process = self._process
        running = process is None or process.poll() is None
        return running and not self._ended and self._thread.is_alive()

    def ask(self, request: messages.Request, content: bytes, progress: Progress) -> Audio:
        """Have a file decoded; one at a time.

        Raises:
            InputError: the file cannot be used.
            DecoderEnded: the process ended, or hung and was ended.
            Cancelled: ``progress`` was cancelled; the process is ended.
        """
        asked = _Asked(request, content)
        self._asked.put(asked)
        begun = False
        heard = time.monotonic()
        try:
            while True:
                progress.check()
                try:
                    answer = asked.answers.get(timeout=_CANCEL_POLL_SECONDS)
                except queue.Empty:
                    if time.monotonic() - heard > self._silence_seconds:
                        raise DecoderEnded(begun=True, hung=True) from None
                    if not self._thread.is_alive() and asked.answers.empty():
                        raise DecoderEnded(begun=begun) from None
                    continue
                heard = time.monotonic()
                if isinstance(answer, Audio):
                    return answer
                if isinstance(answer, InputError | DecoderEnded):
                    progress.check()  # whoever cancels may have ended the process too
                    raise answer
                begun = True
                progress.report("decode", answer)
        except InputError:
            raise
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Kill the process; it holds nothing worth saving."""
        with self._starting:  # it may not start once it is being ended
            self._ended = True
            process = self._process
        if process is not None:
            process.kill()
        self._asked.put(None)
        self._thread.join()

    def _keep(self) -> None:
        with self._starting:
            if self._ended:
                return
            try:
                process = self._process = start_child(self._command)
            except OSError as error:
                _log.warning("the decoder cannot be started: %s", error)
                return
        try:
            while not self._ended and (asked := self._asked.get()) is not None:
                usable = self._speak(process, asked)
                del asked  # with the file's bytes, until the next one comes
                if not usable:
                    break
        finally:
            _clear_away(process)

    def _speak(self, process: subprocess.Popen[bytes], asked: _Asked) -> bool:
        """Send a request and hand its answers on; False where the process is of no use any more."""
        stdin, stdout = process.stdin, process.stdout
        begun = False
        try:
            if stdin is None or stdout is None:
                raise OSError("no pipes")
            stdin.write(asked.request.line())
            stdin.write(asked.content)
            stdin.flush()
            while True:
                line = stdout.readline(messages.LONGEST_LINE)
                begun = begun or bool(line)
                fields = messages.answer(line)
                match fields.get("is"):
                    case "alive":
                        asked.answers.put(messages.share_of(fields))
                    case "refused":
                        asked.answers.put(messages.error_of(fields))
                        return True
                    case "sound":
                        asked.answers.put(messages.sound_of(fields, _samples(stdout, fields, asked)))
                        return True
                    case kind:
                        raise messages.BadAnswer(str(fields.get("text", kind)))
        except (OSError, messages.BadAnswer) as error:
            if not self._ended:
                _log.warning("the decoder ended on a file: %s", error)
            asked.answers.put(DecoderEnded(begun=begun))
            return False


def _clear_away(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # unread bytes, no longer needed


def _samples(stdout: IO[bytes], fields: dict[str, Any], asked: _Asked) -> NDArray[np.float32]:
    """The samples that follow a ``sound`` line, no more than the request allows."""
    most = round((asked.request.max_seconds + _SPARE_SECONDS) * SAMPLE_RATE)
    content = bytearray(4 * messages.samples_of(fields, most))
    view = memoryview(content)
    while view:
        block = stdout.read(min(len(view), _BLOCK_BYTES))
        if not block:
            raise messages.BadAnswer("samples are missing")
        view[: len(block)] = block
        view = view[len(block) :]
        asked.answers.put(1.0)
    return np.frombuffer(content, messages.SAMPLE_FORMAT).astype(np.float32, copy=False)
