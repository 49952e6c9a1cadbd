"""Read recordings from an LMDB in the layout that DiffPoseTalk published, without running its pickles.

Keys are UTF-8, values are pickles: ``metadata`` -> {"seg_len": frames a segment};
``<person>/<video>/metadata`` -> {"n_frames": frames}; ``<person>/<video>/<segment:03d>`` ->
{"audio": FLAC bytes, 16 kHz mono, 640 samples a frame, "coef": {"shape" (f, S), "exp" (f, E),
"pose" (f, 6)}}. Pose is the head's and the jaw's axis-angle in radians.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from elocute.dataset.lmdb_file import LmdbFile
from elocute.errors import InputError
from elocute.storage.guard import guarded
from elocute.storage.safe_pickle import LARGEST_PICKLE, load_pickle, numpy_globals, to_arrays

FPS: Final = 25
SAMPLE_RATE: Final = 16000
SAMPLES_PER_FRAME: Final = SAMPLE_RATE // FPS
DATA_FILE: Final = "data.mdb"
COEFFICIENTS: Final = ("shape", "exp", "pose")

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Excerpt:
    """Consecutive frames of one recording, f of them.

    Attributes:
        audio: (f * 640,) float32 mono in -1..1 at 16 kHz.
        coefficients: ``shape`` (f, S), ``exp`` (f, E) and ``pose`` (f, 6), float32.
    """

    audio: FloatArray
    coefficients: Mapping[str, FloatArray]


class RecordingStore:
    """One LMDB of recordings, named ``<person>/<video>``.

    The file is opened for each look into it, which costs little beside decoding the sound: processes that
    read in parallel are forked, and must not share a position in it.

    Attributes:
        folder: the folder that holds ``data.mdb``.
    """

    def __init__(self, folder: Path) -> None:
        """Look at the store in ``folder``, or in its subfolder ``lmdb``.

        Raises:
            InputError: there is no LMDB, or it is damaged.
        """
        folder = Path(folder)
        self.folder = folder if (folder / DATA_FILE).is_file() else folder / "lmdb"
        if not (self.folder / DATA_FILE).is_file():
            raise InputError(
                f"There is no dataset in {folder}: it has no {DATA_FILE}.",
                "Give the folder of an LMDB made by `elocute dataset pack` or published with DiffPoseTalk.",
                code="missing_file",
            )
        metadata = self._value("metadata")
        self.segment_frames = _positive(metadata, "seg_len", self._source("metadata"))
        self.basis = str(metadata.get("basis", "")) if isinstance(metadata, Mapping) else ""

    def names(self) -> list[str]:
        """Every recording in the store, in the order of its keys."""
        ending = "/metadata"
        with self._opened() as file:
            keys = [key.decode("utf-8", "replace") for key in file.keys()]  # noqa: SIM118 - no mapping
        return [key.removesuffix(ending) for key in keys if key.endswith(ending)]

    def frames(self, name: str) -> int:
        """Number of frames of a recording.

        Raises:
            InputError: the store lacks it, or its entry is damaged.
        """
        key = f"{name}/metadata"
        return _positive(self._value(key), "n_frames", self._source(key))

    def read(self, name: str, start: int, count: int) -> Excerpt:
        """Frames ``start`` to ``start + count`` of a recording with their sound.

        Raises:
            InputError: the recording is shorter, or an entry is missing or damaged.
        """
        segments = [self._segment(name, index) for index in self._segments(name, start, count)]
        sound = np.concatenate([_decode(self._source(name), segment) for segment in segments])
        skipped = start % self.segment_frames
        part = sound[skipped * SAMPLES_PER_FRAME : (skipped + count) * SAMPLES_PER_FRAME]
        if len(part) != count * SAMPLES_PER_FRAME:
            raise InputError(f"{self._source(name)} has less sound than motion.", code="bad_dataset")
        return Excerpt(part, self._coefficients(name, segments, skipped, count))

    def coefficients(self, name: str) -> Mapping[str, FloatArray]:
        """``shape`` (n, S), ``exp`` (n, E) and ``pose`` (n, 6) of a whole recording.

        Raises:
            InputError: an entry is missing or damaged.
        """
        count = self.frames(name)
        segments = [self._segment(name, index) for index in self._segments(name, 0, count)]
        return self._coefficients(name, segments, 0, count)

    def _segments(self, name: str, start: int, count: int) -> range:
        frames = self.frames(name)
        if start < 0 or count < 1 or start + count > frames:
            raise InputError(
                f"{self._source(name)} has no frames {start} to {start + count}: it ends at {frames}.",
                code="bad_dataset",
            )
        return range(start // self.segment_frames, (start + count - 1) // self.segment_frames + 1)

    def _segment(self, name: str, index: int) -> Mapping[str, Any]:
        key = f"{name}/{index:03d}"
        value: Any = self._value(key)
        if not isinstance(value, dict):
            value = {}
        parts = value.get("coef")
        if not isinstance(parts, Mapping) or not isinstance(value.get("audio"), bytes):
            raise InputError(
                f"{self._source(key)} is not an entry of sound and coefficients.", code="bad_dataset"
            )
        for part in COEFFICIENTS:
            array = parts.get(part)
            if not isinstance(array, np.ndarray) or array.ndim != 2 or not np.isfinite(array).all():
                raise InputError(f"{self._source(key)} has no usable {part!r} values.", code="bad_dataset")
        segment: Mapping[str, Any] = value
        return segment

    def _coefficients(
        self, name: str, segments: list[Mapping[str, Any]], skipped: int, count: int
    ) -> Mapping[str, FloatArray]:
        joined: dict[str, FloatArray] = {}
        for part in COEFFICIENTS:
            try:
                whole = np.concatenate([segment["coef"][part] for segment in segments]).astype(np.float32)
            except ValueError as error:
                raise InputError(
                    f"{self._source(name)} changes its number of {part!r} columns.", code="bad_dataset"
                ) from error
            joined[part] = whole[skipped : skipped + count]
            if len(joined[part]) != count or (part == "pose" and whole.shape[1] != 6):
                raise InputError(
                    f"{self._source(name)} has {part!r} values that are not finite.", code="bad_dataset"
                )
        return joined

    def _value(self, key: str) -> Any:
        with self._opened() as file:
            data = file.get(key.encode("utf-8", "replace"), LARGEST_PICKLE)
        if data is None:
            raise InputError(f"The dataset {self.folder} has no entry {key}.", code="bad_dataset")
        source = self._source(key)
        return to_arrays(load_pickle(data, numpy_globals(), source=source), source)

    def _source(self, key: str) -> str:
        return f"{self.folder / DATA_FILE}, entry {key}"

    @contextmanager
    def _opened(self) -> Iterator[LmdbFile]:
        with guarded(self._damaged), (self.folder / DATA_FILE).open("rb") as stream:
            yield LmdbFile(stream)

    def _damaged(self, reason: str) -> InputError:
        return InputError(
            f"The dataset {self.folder} cannot be read: {reason}.",
            "Copy or download it again.",
            code="bad_dataset",
        )


def read_split(folder: Path, split: str) -> list[str]:
    """Names of the recordings of a split (``train``, ``val``, ``test``), from ``<split>.txt``.

    The file lies in the dataset's folder or beside its ``lmdb`` folder.

    Raises:
        InputError: the file is missing or empty.
    """
    folder = Path(folder)
    places = [folder / f"{split}.txt", folder / "lmdb" / f"{split}.txt", folder.parent / f"{split}.txt"]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise InputError(
            f"The dataset {folder} has no list {split}.txt.",
            "Write one recording per line, as <person>/<video>, or pack the dataset again.",
            code="missing_file",
        )
    try:
        names = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text file.", code="bad_dataset") from error
    if not names:
        raise InputError(f"{path} lists no recordings.", code="bad_dataset")
    return names


def _positive(metadata: Any, field: str, source: str) -> int:
    value = metadata.get(field) if isinstance(metadata, Mapping) else None
    if not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"{source} does not give {field!r}.", code="bad_dataset")
    return int(value)


def _decode(source: str, segment: Mapping[str, Any]) -> FloatArray:
    try:
        sound, rate = soundfile.read(io.BytesIO(segment["audio"]), dtype="float32")
    except (soundfile.LibsndfileError, TypeError) as error:
        raise InputError(f"{source} holds damaged sound.", code="bad_dataset") from error
    if rate != SAMPLE_RATE or sound.ndim != 1:
        raise InputError(f"{source} holds sound that is not 16 kHz mono.", code="bad_dataset")
    frames = len(segment["coef"]["exp"])
    if len(sound) != frames * SAMPLES_PER_FRAME:
        raise InputError(f"{source} has {len(sound)} samples for {frames} frames.", code="bad_dataset")
    decoded: FloatArray = sound
    return decoded
