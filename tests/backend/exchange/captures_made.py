"""A performance that every format is tried with, and the way there and back."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from elocute.cli import main
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS


def performance(frames: int = 90, fps: float = 30.0, eyes: bool = True) -> MotionClip:
    """All expressions at once, each with a curve of its own; jaw, head and eyes turn about every axis."""
    time = np.arange(frames)[:, None] / fps
    number = np.arange(len(EXPRESSION_NAMES))[None]
    expression = 0.5 + 0.4 * np.sin((1 + 0.1 * number) * 2 * time + number)
    jaw = np.zeros((frames, 3))
    jaw[:, 0] = JAW_OPEN_RADIANS * (0.5 + 0.5 * np.sin(3 * time[:, 0]))
    # As far shut as the jaw is open: formats with a shape for both tell no more.
    expression[:, EXPRESSION_INDEX["mouthClose"]] = 0.5 * jaw[:, 0] / JAW_OPEN_RADIANS
    head = 0.3 * np.sin(time * [1.0, 1.7, 2.3] + [0.0, 1.0, 2.0])
    looks = 0.2 * np.sin(time * [1.1, 1.9, 0.0, 1.3, 2.1, 0.0] + [0.0, 1.0, 0.0, 2.0, 3.0, 0.0])
    return MotionClip(fps, BASIS, expression, jaw, head, None, looks if eyes else None)


def there(clip: MotionClip, name: str, path: Path, *flags: str) -> Path:
    """Write the clip in a format and give the file."""
    clip.save(path.with_suffix(".source.npz"))
    assert main(["export", name, str(path.with_suffix(".source.npz")), "--out", str(path), *flags]) == 0
    return path


def back(path: Path, *flags: str) -> MotionClip:
    """Read a capture with the command line."""
    out = path.with_suffix(".back.npz")
    assert main(["import", str(path), "--out", str(out), *flags]) == 0
    return MotionClip.load(out)


def farthest(one: MotionClip, other: MotionClip) -> dict[str, float]:
    """The largest difference of every track."""
    assert one.frames == other.frames
    assert one.fps == other.fps
    assert one.basis == other.basis
    return {
        name: float(np.abs(getattr(one, name) - getattr(other, name)).max())
        for name in ("expression", "jaw", "head", "eyes")
    }


def packed_glb(document: dict[str, Any], binary: bytes) -> bytes:
    """A binary glTF file of its JSON and its numbers."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(binary))
    return (
        head
        + struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", len(binary), b"BIN\0")
        + binary
    )
