"""The decode process: ``python -m elocute.audio.decoding.worker``.

Reads requests from standard input and answers on standard output (:mod:`elocute.audio.decoding.messages`).
The process ends when its input does or its parent dies, also in the middle of a file, so it never outlives
the one that started it.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from elocute.audio.decoding import messages
from elocute.audio.decoding.decoder import decode_sound
from elocute.audio.decoding.memory_bound import MemoryBound, memory_for
from elocute.audio.lifeline import end_with_parent, watched
from elocute.audio.sound import Audio
from elocute.errors import InputError
from elocute.progress import Progress

_TELL_SECONDS: Final = 0.05
_BLOCK_SAMPLES: Final = 1 << 18


@dataclass
class _Telling(Progress):
    """Tells the parent process that the work goes on; the parent cancels it by ending this process.

    Attributes:
        replies: where to.
    """

    replies: BinaryIO = field(default_factory=io.BytesIO)
    _share: float = 0.0
    _next: float = 0.0

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        """Take the share that is done."""
        self._share = min(max(fraction, 0.0), 1.0)
        self.check()

    def check(self) -> None:
        """Tell it, some times a second."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _TELL_SECONDS
            self.replies.write(messages.alive(self._share))
            self.replies.flush()


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until the input ends, or memory has run out once."""
    bound = MemoryBound()
    while line := requests.readline():
        request = messages.Request.of(line)
        bound.allow(memory_for(request.max_seconds, request.size))
        progress = _Telling(replies=replies)
        progress.check()
        try:
            audio = _decoded(request, requests, progress)
        except InputError as error:
            replies.write(messages.refused(error))
        except MemoryError:
            replies.write(messages.refused(_too_large(request)))
            replies.flush()
            return
        except Exception:  # noqa: BLE001 told to the parent, which tells the log
            replies.write(messages.fault(traceback.format_exc()))
        else:
            replies.write(messages.sound(audio))
            _write_samples(audio, replies)
            del audio  # it would lie here until the next file
        replies.flush()


def _decoded(request: messages.Request, requests: BinaryIO, progress: Progress) -> Audio:
    source: Path | bytes = Path(request.path) if request.path else requests.read(request.size)
    return decode_sound(
        source,
        name=request.name,
        max_seconds=request.max_seconds,
        channel=request.channel,
        track=request.track,
        from_first_sound=request.from_first_sound,
        progress=progress,
    )


def _too_large(request: messages.Request) -> InputError:
    return InputError(
        f"{request.name or 'The sound'} cannot be read: it asks for more memory than a sound of "
        f"{request.max_seconds / 60.0:.4g} minutes needs.",
        "Convert it to wav or flac.",
        code="broken_audio",
    )


def _write_samples(audio: Audio, replies: BinaryIO) -> None:
    for start in range(0, len(audio.samples), _BLOCK_SAMPLES):
        block = audio.samples[start : start + _BLOCK_SAMPLES]
        replies.write(block.astype(messages.SAMPLE_FORMAT, copy=False).tobytes())


def main() -> None:
    """Serve on the standard streams; whatever libraries print goes to standard error."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(watched(sys.stdin.fileno()), replies)


if __name__ == "__main__":
    main()
