"""Write a dataset of recordings in the published LMDB layout (see :mod:`elocute.dataset.store`)."""

from __future__ import annotations

import io
import math
import pickle
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import lmdb
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from elocute.dataset.store import COEFFICIENTS, DATA_FILE, FPS, SAMPLE_RATE, SAMPLES_PER_FRAME
from elocute.errors import InputError, SettingsError
from elocute.motion.basis import OFFICIAL
from elocute.motion.clip import MotionClip
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.leftovers import temporary_folder
from elocute.storage.npz import NpzKind, read_arrays

SEGMENT_FRAMES: Final = 100
SPLITS: Final = ("train", "val", "test")
SOUND_SUFFIXES: Final = (".wav", ".flac", ".ogg", ".mp3")
_OFFICIAL: Final = {"exp", "pose"}
_LARGEST_STORE: Final = 1 << 40
_MOTION_FILE: Final = NpzKind(
    "{path} is not a motion file.", "bad_clip", missing="{path} is not a motion file."
)

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Source:
    """One recording to pack: sound and motion of one person, named ``<person>/<video>``."""

    name: str
    sound: Path
    motion: Path

    @property
    def person(self) -> str:
        """Who it is."""
        return self.name.split("/")[0]


@dataclass(frozen=True)
class PackSettings:
    """How a dataset is packed.

    Attributes:
        val_people: people set apart for validation.
        test_people: people set apart for testing.
        shape_columns: identity coefficients a frame, 0 for faces without; missing ones are 0.
        seed: which people are set apart.
    """

    val_people: int = 0
    test_people: int = 0
    shape_columns: int = 100
    seed: int = 0


@dataclass(frozen=True)
class PackResult:
    """What was packed: recordings of each split, and frames in all."""

    splits: Mapping[str, tuple[str, ...]]
    frames: int


def find_sources(folder: Path) -> list[Source]:
    """Pairs ``<person>/<video>.wav`` (or flac, ogg, mp3) and ``<person>/<video>.npz`` below a folder.

    Raises:
        InputError: there are none, or a motion file lacks its sound.
    """
    sources = []
    for motion in sorted(Path(folder).glob("*/*.npz")):
        sound = next((s for suffix in SOUND_SUFFIXES if (s := motion.with_suffix(suffix)).is_file()), None)
        if sound is None:
            raise InputError(
                f"{motion} has no sound file next to it.",
                f"Put {motion.stem}.wav next to it.",
                code="missing_file",
            )
        sources.append(Source(f"{motion.parent.name}/{motion.stem}", sound, motion))
    if not sources:
        raise InputError(
            f"There are no recordings in {folder}.",
            "It must contain one folder per person with <video>.wav and <video>.npz in it.",
            code="missing_file",
        )
    return sources


def pack(
    sources: Sequence[Source],
    folder: Path,
    settings: PackSettings = PackSettings(),
    on_recording: Callable[[str], None] = lambda _: None,
) -> PackResult:
    """Write ``data.mdb`` and ``train.txt``, ``val.txt``, ``test.txt`` into ``folder``.

    Motion files are :class:`MotionClip` or official ones (``exp``, ``pose``, ``shape``) at 25 frames a
    second. Neck and eyes of a clip have no place in the layout and are left out.

    Raises:
        InputError: a file is damaged, or the folder already holds a dataset or cannot be written.
        SettingsError: more people are set apart than there are.
    """
    splits = split_people(sources, settings)
    folder = Path(folder)
    if (folder / DATA_FILE).exists():
        raise InputError(f"{folder} already holds a dataset.", "Choose another folder.", code="bad_output")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with temporary_folder(folder, "pack") as temporary:
            frames = _write_store(temporary, sources, settings, on_recording)
            shutil.move(temporary / DATA_FILE, folder / DATA_FILE)
        for split, names in splits.items():
            (folder / f"{split}.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"Cannot write a dataset to {folder}: {error.strerror or error}.",
            "Choose a folder that you can write to, with enough space.",
            code="bad_output",
        ) from error
    return PackResult(splits, frames)


def split_people(sources: Iterable[Source], settings: PackSettings) -> dict[str, tuple[str, ...]]:
    """Split by person, so that no person is in two splits; at least one person stays for training.

    Raises:
        SettingsError: more people are set apart than there are.
    """
    sources = list(sources)
    people = sorted({source.person for source in sources})
    apart = settings.val_people + settings.test_people
    if min(settings.val_people, settings.test_people) < 0 or apart >= len(people):
        raise SettingsError(
            f"Cannot hold out {settings.val_people} and {settings.test_people} of {len(people)} people.",
            "Leave at least one person for training.",
        )
    mixed = [people[index] for index in np.random.default_rng(settings.seed).permutation(len(people))]
    groups = {
        "train": set(mixed[apart:]),
        "val": set(mixed[: settings.val_people]),
        "test": set(mixed[settings.val_people : apart]),
    }
    return {
        split: tuple(source.name for source in sources if source.person in groups[split]) for split in SPLITS
    }


def _write_store(
    folder: Path, sources: Sequence[Source], settings: PackSettings, on_recording: Callable[[str], None]
) -> int:
    total, basis = 0, ""
    try:
        with lmdb.open(str(folder), map_size=_LARGEST_STORE, sync=False) as environment:
            for source in sources:
                sound, coefficients, own_basis = _read(source, settings)
                if basis and own_basis != basis:
                    raise InputError(
                        f"{source.motion} is in basis {own_basis}, earlier recordings in {basis}.",
                        "Pack only recordings of one face basis.",
                        code="bad_dataset",
                    )
                basis = own_basis
                total += _write_recording(environment, source.name, sound, coefficients)
                on_recording(source.name)
            metadata = {"seg_len": SEGMENT_FRAMES, "basis": basis}
            with environment.begin(write=True) as transaction:
                transaction.put(b"metadata", _pickle(metadata))
            environment.sync(True)
    except lmdb.Error as error:
        raise InputError(f"Cannot write a dataset to {folder.parent}: {error}.", code="bad_output") from error
    return total


def _write_recording(
    environment: lmdb.Environment, name: str, sound: FloatArray, coefficients: Mapping[str, FloatArray]
) -> int:
    frames = len(coefficients["exp"])
    with environment.begin(write=True) as transaction:
        for index in range(math.ceil(frames / SEGMENT_FRAMES)):
            part = slice(index * SEGMENT_FRAMES, min((index + 1) * SEGMENT_FRAMES, frames))
            samples = sound[part.start * SAMPLES_PER_FRAME : part.stop * SAMPLES_PER_FRAME]
            stream = io.BytesIO()
            soundfile.write(stream, samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
            value = {
                "audio": stream.getvalue(),
                "coef": {key: np.ascontiguousarray(array[part]) for key, array in coefficients.items()},
            }
            transaction.put(f"{name}/{index:03d}".encode(), _pickle(value))
        transaction.put(f"{name}/metadata".encode(), _pickle({"n_frames": frames}))
    return frames


def _read(source: Source, settings: PackSettings) -> tuple[FloatArray, dict[str, FloatArray], str]:
    """Sound, coefficients and basis, cut to the shorter of the two."""
    coefficients, basis = _read_motion(source.motion, settings.shape_columns)
    try:
        sound, rate = soundfile.read(source.sound, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"{source.sound} is not a sound file.", code="bad_audio") from error
    mono = sound.mean(axis=1)
    if not np.isfinite(mono).all():
        raise InputError(f"{source.sound} has samples that are not numbers.", code="bad_audio")
    if rate != SAMPLE_RATE:
        mono = soxr.resample(mono, rate, SAMPLE_RATE)
    frames = min(len(coefficients["exp"]), len(mono) // SAMPLES_PER_FRAME)
    if frames < 1:
        raise InputError(f"{source.name} is shorter than one frame.", code="bad_dataset")
    mono = np.clip(mono[: frames * SAMPLES_PER_FRAME], -1, 1).astype(np.float32)
    return mono, {part: array[:frames] for part, array in coefficients.items()}, basis


def _read_motion(path: Path, shape_columns: int) -> tuple[dict[str, FloatArray], str]:
    fields = Fields(read_arrays(path, _MOTION_FILE))
    if _OFFICIAL.issubset(fields.arrays):
        with guarded(lambda reason: _MOTION_FILE.error(path, reason)):
            arrays = {name: fields.floats(name) for name in (*_OFFICIAL, "shape") if name in fields}
        exp, pose, shape, basis = arrays["exp"], arrays["pose"], arrays.get("shape"), OFFICIAL.name
    else:
        clip = MotionClip.load(path)
        if clip.fps != FPS:
            raise InputError(f"{path} has {clip.fps:g} frames a second, not {FPS}.", code="bad_clip")
        exp, shape, basis = clip.expression, clip.shape, clip.basis
        pose = np.concatenate([clip.head, clip.jaw], axis=1)
    frames = len(exp) if exp.ndim else 0
    if exp.ndim != 2 or pose.shape != (frames, 6) or not all(np.isfinite(a).all() for a in (exp, pose)):
        raise InputError(f"{path} has motion values that are not finite.", code="bad_clip")
    rows = np.zeros((frames, shape_columns), np.float32)
    if shape is not None:
        if not shape.ndim or shape.shape[-1] > shape_columns or shape.shape[:-1] not in ((), (frames,), (1,)):
            raise InputError(f"{path} has {shape.shape} identity coefficients.", code="bad_clip")
        rows[:, : shape.shape[-1]] = shape
    return dict(zip(COEFFICIENTS, (rows, exp, pose), strict=True)), basis


def _pickle(value: object) -> bytes:
    """Pickle so that readers with an older numpy than ours find its names."""
    # Protocol 3 keeps names in plain text, without frames whose lengths would change.
    return pickle.dumps(value, protocol=3).replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")
