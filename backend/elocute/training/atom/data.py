"""Recordings as AToM sees them: landmarks in centimetres, and features of the sound.

Both are computed once and kept in the run's folder, so that a batch costs reading only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.fit.points import landmark_points, shaped_rest
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.models.atom.config import AUDIO_RATE, WIDTH
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_track import METRES
from elocute.progress import Progress
from elocute.speech_encoders.encoder import SpeechEncoder
from elocute.storage.atomic_write import write_atomically
from elocute.training.atom.objective import Batch
from elocute.training.atom.settings import Padding
from elocute.training.atom.sources import Recordings
from elocute.training.core.batches import Shuffled, random_stream

FOLDER: Final = "features"
_CROP: Final = 2
_SHORTEST: Final = 2
Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class Recording:
    """One recording.

    Attributes:
        landmarks: (F, 204) centimetres, frontal, without the mean face.
        features: (2F, A) float16 of the sound; shorter at the end where the encoder gives fewer.
    """

    landmarks: Float32Array
    features: NDArray[np.float16]


class RecordingFeatures:
    """Landmarks and audio features of recordings.

    Args:
        recordings: with their motion.
        face: the head of their basis.
        folder: where they are kept.
    """

    def __init__(self, recordings: Recordings, face: FaceModel, folder: Path) -> None:
        self._recordings, self._face, self._folder = recordings, face, folder
        points = landmark_points(face)
        self._mean = points.at(shaped_rest(face, None))

    def prepare(self, names: Sequence[str], encoder: SpeechEncoder, progress: Progress) -> None:
        """Compute what is not there yet; stage ``features``.

        Raises:
            InputError: a recording is damaged or too short, or the head does not fit.
            Cancelled: ``progress`` was cancelled; what was computed stays.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for number, name in enumerate(names):
            progress.report("features", number / len(names), name)
            path = self._path(name)
            if path.is_file():
                continue
            clip, heard = self._recordings.read(name)
            features = encoder.encode(heard, Progress())[: AUDIO_RATE * clip.frames]
            with write_atomically(path) as temporary:
                np.savez(
                    temporary,
                    landmarks=self._landmarks(clip),
                    features=features.numpy().astype(np.float16),
                )
        progress.report("features", 1.0)

    def read(self, name: str) -> Recording:
        """What was computed of a recording.

        Raises:
            InputError: the file is gone or damaged.
        """
        path = self._path(name)
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return Recording(arrays["landmarks"], arrays["features"])
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"{path} cannot be read.", "Delete it and start the run again.", code="bad_input"
            ) from error

    def _path(self, name: str) -> Path:
        # Names hold slashes and may come from others' datasets.
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.npz"

    def _landmarks(self, clip: MotionClip) -> Float32Array:
        moved = clip_landmarks(clip, self._face).astype(np.float64) - self._mean
        return (moved / METRES["centimetre"]).reshape(-1, WIDTH).astype(np.float32)


class AtomBatches:
    """Random windows, each recording once a round; what batch k holds depends on the seed and k alone.

    Args:
        features: of the recordings.
        names: which of them.
        batch: samples a batch.
        window: frames T of a window.
        audio_width: numbers of an audio feature.
        padding: see :class:`~elocute.training.atom.settings.AtomSettings`.
        seed: of order and windows.
    """

    def __init__(
        self,
        features: RecordingFeatures,
        names: Sequence[str],
        *,
        batch: int,
        window: int,
        audio_width: int,
        padding: Padding,
        seed: int,
    ) -> None:
        self._features, self._order = features, Shuffled(names, seed)
        self._size, self._window, self._audio_width = batch, window, audio_width
        self._padding, self._seed = padding, seed

    def batch(self, number: int) -> Batch:
        """Batch ``number``."""
        samples = [self._sample(index) for index in range(number * self._size, (number + 1) * self._size)]
        movement, first, audio, kept = (
            torch.from_numpy(np.stack(parts)) for parts in zip(*samples, strict=True)
        )
        return Batch(movement, first, audio, kept)

    def _sample(self, index: int) -> tuple[Float32Array, Float32Array, Float32Array, NDArray[np.bool_]]:
        recording = self._features.read(self._order[index])
        length = self._window
        spare = max(len(recording.landmarks) - length, 0)
        start = int(random_stream(self._seed, _CROP, index).integers(0, spare + 1))
        landmarks = recording.landmarks[start : start + length]
        if len(landmarks) < _SHORTEST:
            raise InputError("A recording of the dataset is too short.", code="bad_dataset")
        first = landmarks[0]
        kept = np.arange(length) < len(landmarks)
        movement = np.zeros((length, WIDTH), np.float32)
        movement[: len(landmarks)] = landmarks - first
        if self._padding == "published":
            movement[len(landmarks) :] = -first
            kept = np.ones(length, bool)
        audio = np.zeros((AUDIO_RATE * length, self._audio_width), np.float32)
        heard = recording.features[AUDIO_RATE * start : AUDIO_RATE * (start + len(landmarks))]
        audio[: len(heard)] = heard
        return movement, first, audio, kept
