"""What networks are given of recordings, computed once and kept in the run's folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elocute.audio.speech_features import SpeechFeatures
from elocute.errors import InputError
from elocute.progress import Progress
from elocute.speech_encoders.at_frames import frame_features
from elocute.speech_encoders.encoder import SpeechEncoder
from elocute.speech_encoders.phone_tokens import phone_tokens
from elocute.speech_encoders.text_encoder import TextReader
from elocute.storage.atomic_write import write_atomically
from elocute.training.recordings.sources import LineSource

FOLDER: Final = "features"
FloatArray = NDArray[np.float32]
Hear = Callable[[SpeechFeatures], Tensor]


@dataclass(frozen=True)
class Line:
    """One recording of T frames.

    Attributes:
        rows: (T, D) float32 motion.
        features: (T, C) float16 of the sound.
        phones: (T,) uint8 tokens.
        text: what a reader of texts makes of what is said, empty for none.
    """

    rows: FloatArray
    features: NDArray[np.float16]
    phones: NDArray[np.uint8]
    text: NDArray[np.generic]


class Lines:
    """Recordings by name; read from files, of which the last few thousand are kept in memory.

    Args:
        folder: where the files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Line] = {}

    def prepare(
        self,
        names: Sequence[str],
        source: LineSource,
        encoder: SpeechEncoder | Hear,
        reader: TextReader | None,
        progress: Progress,
        change: Callable[[FloatArray], FloatArray] = lambda rows: rows,
    ) -> None:
        """Compute what is not there yet; stage ``features``.

        Args:
            names: which recordings.
            source: of them.
            encoder: of the sound, or what hears a recording of T frames and gives (T, C).
            reader: of the text; None for models without.
            progress: is told how far it is.
            change: what is kept of (T, D) motion.

        Raises:
            InputError: a recording is damaged.
            Cancelled: ``progress`` was cancelled; what was computed stays.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for number, name in enumerate(names):
            progress.report("features", number / len(names), name)
            path = self._path(name)
            if path.is_file():
                continue
            recorded = source.read(name)
            speech = recorded.speech
            frames = min(speech.frames, len(recorded.rows))
            heard = encoder(speech) if callable(encoder) else frame_features(encoder, speech, Progress())
            said = torch.zeros(0) if reader is None else reader.read(speech.transcript or "")
            with write_atomically(path) as temporary:
                np.savez(
                    temporary,
                    rows=change(recorded.rows[:frames]).astype(np.float32),
                    features=heard[:frames].numpy().astype(np.float16),
                    phones=phone_tokens(speech.phones, frames),
                    text=_compact(said),
                )
        progress.report("features", 1.0)

    def read(self, name: str) -> Line:
        """What was computed of a recording.

        Raises:
            InputError: the file is gone or damaged.
        """
        if name not in self._read:
            path = self._path(name)
            try:
                with np.load(path, allow_pickle=False) as arrays:
                    found = Line(*(arrays[key] for key in ("rows", "features", "phones", "text")))
            except (OSError, ValueError, KeyError) as error:
                raise InputError(
                    f"{path} cannot be read.", "Delete it and start the run again.", code="bad_input"
                ) from error
            if len(self._read) >= _KEPT:
                self._read.clear()
            self._read[name] = found
        return self._read[name]

    def moments(self, names: Sequence[str], least: float) -> tuple[Tensor, Tensor]:
        """(D,) mean and standard deviation of the motion, the latter at least ``least``.

        Raises:
            InputError: a file is gone or damaged.
        """
        count, sums, squares = 0, np.zeros(1), np.zeros(1)
        for name in names:
            rows = self.read(name).rows.astype(np.float64)
            count += len(rows)
            sums, squares = sums + rows.sum(axis=0), squares + np.square(rows).sum(axis=0)
        mean = sums / count
        deviation = np.sqrt(np.maximum(squares / count - mean**2, least**2))
        return torch.from_numpy(mean).float(), torch.from_numpy(deviation).float()

    def _path(self, name: str) -> Path:
        # Names hold slashes and may come from others' datasets.
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.npz"


_KEPT: Final = 4000


def _compact(said: Tensor) -> NDArray[np.generic]:
    kept: NDArray[np.generic] = said.numpy().astype(np.float16 if said.is_floating_point() else np.int16)
    return kept
