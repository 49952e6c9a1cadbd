"""MotionClip: what every generator returns and everything downstream takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.storage.atomic_write import write_atomically
from elocute.storage.fields import Fields
from elocute.storage.file_content import file_content
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays

FORMAT: Final = 1
_TRACKS: Final = ("expression", "jaw", "head", "neck", "eyes")

Float32Array = NDArray[np.float32]

LOWEST_FPS: Final = 0.1
HIGHEST_FPS: Final = 1000.0

LARGEST: Final = 2**28
"""Bytes of a clip's arrays: ten hours of motion."""
_CLIP_FILE: Final = NpzKind(
    "{path} is not a motion clip.",
    "bad_clip",
    "Choose an .npz that Elocute wrote; elocute import makes one of a capture.",
    largest=LARGEST,
)


@dataclass(frozen=True)
class MotionClip:
    """Facial motion at a fixed frame rate. T frames, E expressions of ``basis``, S shape numbers.

    Rotations are axis-angle vectors in radians in FLAME's axes (x to the character's left, y up,
    z forward; +x opens the jaw and nods the head down).

    Attributes:
        fps: frames a second.
        basis: the face basis ``expression`` belongs to, for example ``elocute-head-1``.
        expression: (T, E) float32 coefficients.
        jaw: (T, 3) float32 jaw joint rotation.
        head: (T, 3) float32 head rotation relative to rest.
        neck: (T, 3) float32 neck joint rotation, or None.
        eyes: (T, 6) float32 left then right eye rotation, or None.
        shape: (S,) float32 identity coefficients, or None.
        meta: JSON-compatible facts: audio sha256 and length, model id, seed, style, version...

    Raises:
        ValueError: an array has the wrong shape or holds NaN or infinity.
    """

    fps: float
    basis: str
    expression: Float32Array
    jaw: Float32Array
    head: Float32Array
    neck: Float32Array | None = None
    eyes: Float32Array | None = None
    shape: Float32Array | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not LOWEST_FPS <= self.fps <= HIGHEST_FPS:
            raise ValueError(f"fps must be {LOWEST_FPS:g} to {HIGHEST_FPS:g}, not {self.fps:g}")
        if self.expression.ndim != 2:
            raise ValueError(f"expression must be (T, E), not {self.expression.shape}")
        frames = self.expression.shape[0]
        for name, width in (("jaw", 3), ("head", 3), ("neck", 3), ("eyes", 6)):
            array = getattr(self, name)
            if array is not None and array.shape != (frames, width):
                raise ValueError(f"{name} must be ({frames}, {width}), not {array.shape}")
        if self.shape is not None and self.shape.ndim != 1:
            raise ValueError(f"shape must be (S,), not {self.shape.shape}")
        for name in ("expression", "jaw", "head", "neck", "eyes", "shape"):
            array = getattr(self, name)
            if array is None:
                continue
            array = np.ascontiguousarray(array, dtype=np.float32)
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds NaN or infinity")
            object.__setattr__(self, name, array)

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return int(self.expression.shape[0])

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps

    def part(self, first: int, end: int) -> MotionClip:
        """The frames from ``first`` up to, but not including, ``end``."""
        tracks: dict[str, Any] = {name: getattr(self, name) for name in _TRACKS}
        cut: dict[str, Any] = {n: None if t is None else t[first:end] for n, t in tracks.items()}
        return replace(self, **cut)

    def save(self, path: Path) -> None:
        """Write the clip as one ``.npz`` without pickled objects.

        Raises:
            InputError: the file cannot be written.
        """
        with write_atomically(path) as temporary, temporary.open("wb") as stream:
            self.write(stream)

    def write(self, stream: BinaryIO) -> None:
        """Write the ``.npz`` to an open stream."""
        arrays: dict[str, Any] = {
            "format": np.int32(FORMAT),
            "fps": np.float64(self.fps),
            "basis": np.str_(self.basis),
            "expression": self.expression,
            "jaw": self.jaw,
            "head": self.head,
            "meta": np.str_(json.dumps(dict(self.meta), ensure_ascii=False)),
        }
        for name in ("neck", "eyes", "shape"):
            if (array := getattr(self, name)) is not None:
                arrays[name] = array
        np.savez_compressed(stream, **arrays)

    @classmethod
    def load(cls, source: Path | bytes, name: str | None = None) -> MotionClip:
        """Read a clip written by :meth:`save`, from its path or from the bytes of the file.

        Args:
            source: the path, or the bytes.
            name: what errors call the file; None for its path.

        Raises:
            InputError: the file is missing, damaged, or not a MotionClip of a known format.
        """
        name = name or ("The clip" if isinstance(source, bytes) else str(source))
        arrays = read_arrays(source, _CLIP_FILE, name=name)
        missing = {"format", "fps", "basis", "expression", "jaw", "head"} - arrays.keys()
        if missing:
            raise InputError(
                f"{name} is not a motion clip: it lacks {', '.join(sorted(missing))}.",
                "Choose an .npz that Elocute wrote.",
                code="bad_clip",
            )
        with guarded(lambda reason: _damaged(name, reason)):
            fields = Fields(arrays)
            file_format = fields.whole("format")
            if file_format != FORMAT:
                raise InputError(
                    f"{name} has clip format {file_format}; this version reads {FORMAT}.",
                    "Update Elocute.",
                    code="bad_clip",
                )
            optional = {key: fields.floats(key) for key in ("neck", "eyes", "shape") if key in fields}
            clip = cls(
                fps=fields.number("fps"),
                basis=fields.text("basis"),
                expression=fields.floats("expression"),
                jaw=fields.floats("jaw"),
                head=fields.floats("head"),
                meta=fields.json("meta") if "meta" in fields else {},
                **optional,
            )
        if clip.frames < 1:
            raise _damaged(name, "it has no frames")
        return clip


def _damaged(name: str, reason: str) -> InputError:
    return InputError(f"{name} is damaged: {reason}.", "Generate it again.", code="bad_clip")


def named_clip(path: Path, most: int) -> bytes:
    """The content of a clip's file, at most so many bytes of it; an error of one that is no clip names it.

    Raises:
        InputError: it cannot be read, or is no clip. A larger one is refused by whoever reads the content.
    """
    content = file_content(path, most)  # once: a pipe is empty the second time
    if len(content) < most:
        MotionClip.load(content, str(path.expanduser()))
    return content


def joined_frames(parts: Sequence[MotionClip]) -> MotionClip:
    """One clip of consecutive parts.

    What does not change over a clip (rate, basis, identity, meta) is that of the last part.

    Raises:
        ValueError: there are no parts, or some have a track that others lack.
    """
    if not parts:
        raise ValueError("there are no windows to join")
    tracks: dict[str, Any] = {}
    for name in _TRACKS:
        present = [track for part in parts if (track := getattr(part, name)) is not None]
        if len(present) not in (0, len(parts)):
            raise ValueError(f"some windows have {name} and others not")
        tracks[name] = np.concatenate(present) if present else None
    return replace(parts[-1], **tracks)
