"""The phone process: ``python -m elocute.audio.phones.worker``.

Reads requests from standard input and answers on standard output, one JSON line each. A request names an
``op``; one with ``samples`` is followed by that many 16-bit little-endian samples. The process ends when
its input does or its parent dies, also in the middle of a request, so it never outlives the one that started
it. An exception ends it with an exit code that says whether the same request would end it again. Only
pocketsphinx and numpy are loaded here.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from elocute.audio.lifeline import end_with_parent, watched
from elocute.audio.phones.decoders import (
    Aligner,
    PhonePlacer,
    Recogniser,
    SoundRecogniser,
    TranscriptRecogniser,
)
from elocute.audio.phones.exit_codes import FAILED, NO_ROOM

Reply = dict[str, Any]


class _Decoders:
    """The decoders of this process: what nearly every recording needs, and others when first asked for."""

    def __init__(self) -> None:
        self._placer = PhonePlacer()
        self._aligner: Aligner | None = None
        self._recogniser: Recogniser | None = None
        self._sounds: SoundRecogniser | None = None
        self._transcript: TranscriptRecogniser | None = None
        self._language_model = ""

    def place(self, request: Reply, samples: NDArray[np.int16]) -> Reply:
        """Find the edges of known phones."""
        return {"phones": self._placer.place(samples, request["groups"])}

    def align(self, request: Reply, samples: NDArray[np.int16]) -> Reply:
        self._aligner = self._aligner or Aligner()
        aligned = self._aligner.align(samples, request["words"], request["extra"])
        return asdict(aligned) if aligned else {"phones": None}

    def recognise(self, request: Reply, samples: NDArray[np.int16]) -> Reply:
        """Hear words, then align what was heard."""
        self._recogniser = self._recogniser or Recogniser()
        heard = self._recogniser.hear(samples)
        words = [word for word, _, _ in heard.words]
        aligned = self.align({"words": words, "extra": {}}, samples)
        return {"heard": asdict(heard), "aligned": aligned}

    def hear_transcript(self, request: Reply, samples: NDArray[np.int16]) -> Reply:
        if self._transcript is None or self._language_model != request["language_model"]:
            self._language_model = request["language_model"]
            self._transcript = TranscriptRecogniser(self._language_model, request["dictionary"])
        return asdict(self._transcript.hear(samples))

    def hear_sounds(self, request: Reply, samples: NDArray[np.int16]) -> Reply:
        self._sounds = self._sounds or SoundRecogniser()
        return {"phones": self._sounds.hear(samples)}


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until the input ends."""
    decoders = _Decoders()
    operations: dict[str, Callable[[Reply, NDArray[np.int16]], Reply]] = {
        "place": decoders.place,
        "align": decoders.align,
        "recognise": decoders.recognise,
        "hear_transcript": decoders.hear_transcript,
        "hear_sounds": decoders.hear_sounds,
    }
    while line := requests.readline():
        request = json.loads(line)
        count = int(request["samples"])
        samples = np.frombuffer(requests.read(2 * count), "<i2").astype(np.int16)
        if len(samples) < count:
            return
        reply = operations[request["op"]](request, samples)
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()


def main() -> None:
    """Serve on the standard streams; whatever libraries print goes to standard error."""
    end_with_parent()
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        serve(watched(sys.stdin.fileno()), replies)
    except (MemoryError, OSError):
        os._exit(NO_ROOM)
    except Exception:  # noqa: BLE001 - whatever it is, the other side is told that it comes from the request
        os._exit(FAILED)


if __name__ == "__main__":
    main()
