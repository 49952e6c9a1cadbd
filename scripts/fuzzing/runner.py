"""Give inputs to a reader, in processes of their own that may neither hang nor grow nor run anything.

A process serves a hundred inputs, because starting one costs more than most inputs do. What fails is tried
again in a new one, and that counts.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from scripts.fuzzing.pickles import CANARY
from scripts.fuzzing.readers import Reader, made_input

Outcome = Literal["value", "refused", "traceback", "hang", "memory", "crash", "executed"]
FAILURES: Final[tuple[Outcome, ...]] = ("traceback", "hang", "memory", "crash", "executed")
HANG_SECONDS: Final = 10.0
MOST_MEMORY: Final = 2**30
"""Bytes at the worst moment, above what the process began with: it is a fork of one that may be large."""

_SPARE_ADDRESSES: Final = 6 * 2**30
_LARGEST_FILE: Final = 2**28
_LONGEST_TEXT: Final = 2000
_SERVED: Final = 100
"""Inputs of one process, unless one of them fails."""
_FORBIDDEN: Final = (
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "subprocess.Popen",
    "pty.spawn", "socket.connect", "socket.bind", "socket.getaddrinfo", "webbrowser.open", "os.startfile",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What became of one input.

    Attributes:
        number: of the input.
        outcome: what happened.
        text: the error's text.
        seconds: wall clock.
        memory: bytes at the worst moment, above what its process began with.
    """

    number: int
    outcome: Outcome
    text: str
    seconds: float
    memory: int


def results(reader: Reader, seed: int, numbers: range) -> Iterator[Result]:
    """Try inputs one after the other; the reader has read a valid file before, so that imports are done."""
    with tempfile.TemporaryDirectory(prefix="elocute-fuzz-") as folder:
        path = Path(folder) / reader.file
        path.write_bytes(reader.valid[0]())
        reader.read(path)
        child = _Child(reader, path)
        try:
            for number in numbers:
                content = made_input(reader, seed, number)
                result = child.tried(number, content)
                if result.outcome in FAILURES and child.served > 1:  # alone, so that it is this input's own
                    child.end()
                    child = _Child(reader, path)
                    result = child.tried(number, content)
                yield result
                if result.outcome in FAILURES or child.served >= _SERVED:
                    child.end()
                    child = _Child(reader, path)
        finally:
            child.end()


class _Child:
    """A process that reads one file after the other and may be killed at any time.

    Attributes:
        served: inputs that it was given.
    """

    def __init__(self, reader: Reader, path: Path) -> None:
        self.served = 0
        self._path = path
        asked, self._ask = os.pipe()
        self._answers, answer = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            os.close(self._ask)
            os.close(self._answers)
            _serve(reader, path, asked, answer)
        os.close(asked)
        os.close(answer)

    def tried(self, number: int, content: bytes) -> Result:
        """What becomes of an input."""
        self.served += 1
        canary = self._path.parent / CANARY
        canary.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)  # a mapped file must not change under whoever still holds it
        self._path.write_bytes(content)
        started = time.monotonic()
        os.write(self._ask, b"?")
        told = self._answer(started + HANG_SECONDS)
        seconds = time.monotonic() - started
        if canary.exists():
            return Result(number, "executed", "the canary is there", seconds, 0)
        if told is None:
            return Result(number, "hang", f"more than {HANG_SECONDS:g} s", seconds, 0)
        if not told:
            return Result(number, "crash", "the process ended", seconds, 0)
        outcome, text, memory = json.loads(told)
        if memory > MOST_MEMORY and outcome != "executed":
            outcome, text = "memory", f"{memory / 1e9:.2f} GB"
        return Result(number, outcome, text, seconds, memory)

    def end(self) -> None:
        """Kill the process."""
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._ask)
        os.close(self._answers)

    def _answer(self, deadline: float) -> bytes | None:
        """A line from the child; empty if it ended, None if it says nothing."""
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                return None
            part = os.read(self._answers, 65_536)
            if not part:
                return b""
            line += part
        return line


def _serve(reader: Reader, path: Path, asked: int, answer: int) -> NoReturn:
    """Read the file whenever asked, tell what happened, and end without cleaning up."""
    executed: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN or (event == "open" and _writes_elsewhere(arguments, path.parent)):
            executed.append(f"{event} {arguments!r}"[:200])
            raise PermissionError(event)

    os.chdir(path.parent)
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)
    _limit(resource.RLIMIT_AS, _addresses() + _SPARE_ADDRESSES)
    _limit(resource.RLIMIT_FSIZE, _LARGEST_FILE)
    _limit(resource.RLIMIT_CORE, 0)
    sys.addaudithook(watch)
    began = _most_resident()
    while os.read(asked, 1):
        outcome, text = _outcome(reader, path)
        if executed:
            outcome, text = "executed", executed[0]
        memory = _most_resident() - began
        os.write(answer, json.dumps([outcome, text, memory]).encode() + b"\n")
    os._exit(0)


def _outcome(reader: Reader, path: Path) -> tuple[Outcome, str]:
    try:
        reader.read(path)
    except reader.errors as error:
        return _refusal(error)
    except BaseException:  # noqa: BLE001 - whatever it is, it is the finding
        return "traceback", traceback.format_exc()[-_LONGEST_TEXT:]
    return "value", ""


def _refusal(error: Exception) -> tuple[Outcome, str]:
    """A refusal has to be one printable sentence of reasonable length."""
    text = str(error)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "traceback", f"the sentence cannot be printed: {text!a}"[:_LONGEST_TEXT]
    if not text or "\n" in text or len(text) > _LONGEST_TEXT or "inside Elocute" in text:
        return "traceback", f"no sentence: {text[:_LONGEST_TEXT]}"
    return "refused", text


def _writes_elsewhere(arguments: tuple[Any, ...], folder: Path) -> bool:
    name, mode, flags = arguments
    writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if not writes or not isinstance(name, str | bytes) or isinstance(mode, int):
        return False
    return folder not in (folder / os.fsdecode(name)).resolve().parents


def _limit(kind: int, size: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


def _most_resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _addresses() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
