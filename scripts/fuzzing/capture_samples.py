"""A small valid file of each format of another program, for mutation."""

from __future__ import annotations

import json
import struct

import numpy as np

from elocute.audio.phone import Phone, Word
from elocute.audio.rhubarb import WRITERS, cues
from elocute.audio.textgrid import textgrid_text
from elocute.controls.vocabulary import ARKIT
from elocute.exchange.export_format import Export
from elocute.exchange.formats import export_formats
from elocute.motion.basis import ELOCUTE_HEAD_1
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from scripts.fuzzing.samples import FRAMES, floats, saved


def _exported(form: str, ending: str, *flags: str) -> bytes:
    """A short clip in a format of another program."""
    basis = ELOCUTE_HEAD_1
    made = MotionClip(
        25.0, basis.name, np.abs(floats(FRAMES, len(basis.expressions))), np.abs(floats(FRAMES, 3)),
        floats(FRAMES, 3), None, floats(FRAMES, 6),
    )  # fmt: skip
    kind = next(one for one in export_formats() if one.name == form)
    return saved(
        lambda path: kind.write(Export(made, None, path, frozenset(flags), Progress())), f"a{ending}"
    )


def live_link_take() -> bytes:
    """A take of Live Link Face."""
    return _exported("arkit-csv", ".csv")


def audio2face() -> bytes:
    """A JSON file of Audio2Face."""
    return _exported("audio2face-json", ".json")


def mediapipe() -> bytes:
    """Results of MediaPipe's face landmarker."""
    return _exported("mediapipe-json", ".json")


def face_cap() -> bytes:
    """A recording of Face Cap."""
    return _exported("face-cap", ".txt")


def ifacialmocap() -> bytes:
    """Messages of iFacialMocap."""
    return _exported("ifacialmocap", ".txt")


def vrma() -> bytes:
    """A VRM animation with preset expressions."""
    return _exported("vrma", ".vrma")


def vrma_perfect_sync() -> bytes:
    """A VRM animation with ARKit's blend shapes."""
    return _exported("vrma", ".vrma", "perfect-sync")


def gltf_shapes() -> bytes:
    """A keyed character with ARKit's shape keys, as Blender writes it."""
    times = np.arange(4, dtype="<f4") / 24
    weights = np.linspace(0, 1, 4 * len(ARKIT), dtype="<f4")
    turns = np.tile(np.array([0, 0, 0, 1], "<f4"), (4, 1))
    parts = [part.tobytes() for part in (times, weights, turns)]
    counts = ((4, "SCALAR"), (4 * len(ARKIT), "SCALAR"), (4, "VEC4"))
    offsets = np.cumsum([0, *map(len, parts)]).tolist()
    described = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": offsets[-1]}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": at, "byteLength": len(part)}
            for at, part in zip(offsets, parts, strict=False)
        ],
        "accessors": [
            {"bufferView": view, "componentType": 5126, "count": count, "type": kind}
            for view, (count, kind) in enumerate(counts)
        ],
        "meshes": [{"extras": {"targetNames": list(ARKIT)}}],
        "nodes": [{"name": "Face", "mesh": 0}, {"name": "Head"}],
        "animations": [
            {
                "samplers": [{"input": 0, "output": 1}, {"input": 0, "output": 2}],
                "channels": [
                    {"sampler": 0, "target": {"node": 0, "path": "weights"}},
                    {"sampler": 1, "target": {"node": 1, "path": "rotation"}},
                ],
            }
        ],
    }
    text = json.dumps(described).encode()
    text += b" " * (-len(text) % 4)
    binary = b"".join(parts)
    start = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(binary))
    chunks = ((b"JSON", text), (b"BIN\0", binary))
    return start + b"".join(struct.pack("<I4s", len(data), kind) + data for kind, data in chunks)


_PHONES = (Phone("M", 0.1, 0.3), Phone("AA", 0.3, 0.6), Phone("W", 0.6, 0.7))


def _rhubarb(ending: str) -> bytes:
    return WRITERS[ending](cues(_PHONES, 1.0), 1.0, "a.wav").encode()


def rhubarb_tsv() -> bytes:
    """Mouth shapes as lines."""
    return _rhubarb(".tsv")


def rhubarb_xml() -> bytes:
    """Mouth shapes as XML."""
    return _rhubarb(".xml")


def rhubarb_json() -> bytes:
    """Mouth shapes as JSON."""
    return _rhubarb(".rhubarb.json")


def rhubarb_dat() -> bytes:
    """Mouth shapes as switch data of Moho."""
    return _rhubarb(".dat")


def textgrid() -> bytes:
    """Phones as Praat has them."""
    return textgrid_text(_PHONES, [Word("maw", 0.1, 0.7)], 1.0).encode()
