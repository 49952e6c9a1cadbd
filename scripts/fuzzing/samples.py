"""Small valid files of every format that is read, made from nothing."""

from __future__ import annotations

import argparse
import functools
import io
import json
import pickle
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

from addon.core.retarget.controls import points as measured
from addon.core.retarget.head_points import pack_head_points
from elocute.audio.phone import Phone
from elocute.dataset.actor.recordings import INDEX, ActorIndex, ActorRecording, RecordingFacts
from elocute.dataset.pack import PackSettings, Source, pack
from elocute.dataset.store import DATA_FILE
from elocute.diffusion.schedule import NoiseSchedule
from elocute.face.characters import Character
from elocute.face.model import FaceModel
from elocute.models.diffposetalk.config import DenoiserConfig, DiffPoseTalkConfig, StyleEncoderConfig
from elocute.models.diffposetalk.folder import build_style_encoder, finish, save_folder
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.stats import MotionStats
from elocute.models.registry import bundled_root
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_sets import LANDMARKS
from elocute.motion.landmark_track import LandmarkTrack
from elocute.renderers.mtov.config import MtovConfig
from elocute.speech_encoders.config import AudioEncoderConfig
from elocute.speech_encoders.phonetic_input import SOUND_WIDTH
from scripts.backend_path import ROOT

FRAMES = 6
VERTICES = 24
_RATE = 16_000
_MADE = bundled_root() / "elocute-lite"
_SHAPES, _EXPRESSIONS = 300, 100


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def floats(*shape: int) -> NDArray[np.float32]:
    """Small numbers, the same every time."""
    return (0.1 * _rng().standard_normal(shape)).astype(np.float32)


def _npz(arrays: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def saved(save: Callable[[Path], object], name: str) -> bytes:
    """What something writes to a file of that name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        save(path)
        return path.read_bytes()


def clip() -> bytes:
    """A clip with every track."""
    made = MotionClip(
        25.0, "flame2020", floats(FRAMES, 50), floats(FRAMES, 3), floats(FRAMES, 3), floats(FRAMES, 3),
        floats(FRAMES, 6), floats(100), {"seed": 1, "notes": ["one"], "options": {"steps": 2.0}},
    )  # fmt: skip
    stream = io.BytesIO()
    made.write(stream)
    return stream.getvalue()


def official_motion() -> bytes:
    """A motion file of the published program."""
    return _npz({"exp": floats(FRAMES, 50), "pose": floats(FRAMES, 6), "shape": floats(FRAMES, 100)})


def image_points() -> bytes:
    """68 landmarks of an image."""
    rows = "\n".join(f"{x:.2f},{y:.2f}" for x, y in 50 + 20 * _rng().standard_normal((LANDMARKS, 2)))
    return f"x,y\n{rows}\n".encode()


def image(kind: str) -> bytes:
    """A small image."""
    stream = io.BytesIO()
    levels = _rng().integers(0, 256, (70, 80, 3)).astype(np.uint8)
    Image.fromarray(levels).save(stream, kind)
    return stream.getvalue()


def renderer_config() -> bytes:
    """The configuration of a film renderer."""
    return json.dumps(MtovConfig().to_json()).encode()


def landmark_track() -> bytes:
    """A track of 68 landmarks."""
    stream = io.BytesIO()
    LandmarkTrack(floats(FRAMES, 68, 3), 25.0, "metre", meta={"a": 1}).write(stream)
    return stream.getvalue()


def landmark_table() -> bytes:
    """The same as a table."""
    rows = floats(2, 3 * LANDMARKS)
    columns = ",".join(f"{axis}{point}" for point in range(LANDMARKS) for axis in "xyz")
    lines = ["# unit=centimetre fps=25.0 posed=0", f"frame,{columns}"]
    lines += [f"{number}," + ",".join(str(value) for value in row) for number, row in enumerate(rows)]
    return "\n".join(lines).encode()


def pose_coefficients() -> bytes:
    """Coefficients of a morphable model for two frames, and the five points of its crop."""
    stream = io.BytesIO()
    np.savez(stream, coefficients=floats(2, 257), template=floats(5, 3))
    return stream.getvalue()


def _triangles() -> NDArray[np.int32]:
    corners = np.arange(VERTICES)
    return np.stack([corners, (corners + 1) % VERTICES, (corners + 2) % VERTICES], axis=1).astype(np.int32)


def _weights() -> NDArray[np.float32]:
    weights = np.full((VERTICES, 5), 0.2, np.float32)
    shares: NDArray[np.float32] = weights / weights.sum(axis=1, keepdims=True)
    return shares


def head_points() -> bytes:
    """The points of a head, as the add-on packs them."""
    count = len(measured.LANDMARKS) + 1
    points = measured.FacePoints(
        ("jaw",),
        np.ones((2, count, 3)),
        np.ones((2, count, 3, 4)),
        np.ones(count),
        np.zeros(3),
        np.zeros((3, 4)),
        np.zeros((2, count, 3, 9)),
    )
    return pack_head_points("flame2020", points)


def face() -> bytes:
    """A face model of few vertices."""
    made = FaceModel(
        basis="mine",
        v_template=floats(VERTICES, 3),
        faces=np.concatenate([_triangles(), np.full((VERTICES, 1), -1, np.int32)], axis=1),
        shape_dirs=floats(VERTICES, 3, 2),
        expression_dirs=floats(VERTICES, 3, 4),
        expression_names=("a", "b", "c", "d"),
        pose_dirs=floats(36, VERTICES * 3),
        joint_regressor=np.full((5, VERTICES), 1 / VERTICES, np.float32),
        parents=np.array([-1, 0, 1, 1, 1], np.int32),
        weights=_weights(),
        landmark_faces=np.zeros(68, np.int32),
        landmark_weights=np.full((68, 4), 0.25, np.float32),
        masks={"lips": np.arange(4, dtype=np.int32)},
        uv=np.zeros((VERTICES, 4, 2), np.float32),
        material_ids=np.zeros(VERTICES, np.int32),
        material_names=("skin",),
        material_colors=np.ones((1, 4), np.float32),
        joint_controls={"jawOpen": {"joint": "jaw", "rotation": [0.3, 0.0, 0.0]}},
        meta={"made": "for a test"},
        shape_names=("wide", "old"),
        characters={"Mira": Character(floats(2), np.ones((VERTICES, 4), np.float32))},
    )
    return saved(made.save, "face.npz")


def style() -> bytes:
    """A style with its meta."""
    meta = json.dumps({"eyes": {"gaze_amount": 1.0, "blink_rate": 10.0}})
    return _npz({"style": floats(16), "meta": np.str_(meta)})


def style_steps() -> bytes:
    """A style with what it is at other intensities."""
    arrays = {
        "style": floats(16),
        "intensities": np.array([0.5, 1.5], dtype=np.float32),
        "steps": floats(2, 16),
    }
    return _npz({**arrays, "meta": np.str_("{}")})


def vector() -> bytes:
    """One vector as ``.npy``."""
    stream = io.BytesIO()
    np.save(stream, floats(3, 100))
    return stream.getvalue()


def noise() -> bytes:
    """Recorded noise of two windows."""
    return _npz({"motion_at_T": floats(1, 4, 5), "z": floats(2, 3, 1, 4, 5).astype(np.float16)})


def statistics() -> bytes:
    """Statistics of motion in the official layout."""
    arrays: dict[str, Any] = {}
    for part, size in (("exp", 50), ("pose", 6), ("shape", 100)):
        for kind, value in (("mean", 0.0), ("std", 1.0), ("min", -1.0), ("max", 1.0)):
            arrays[f"{part}_{kind}"] = np.full(size, value, np.float32)
    return _npz(arrays)


def actor_recording() -> bytes:
    """A recording of an actor."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.npz"
        half = [floats(FRAMES, *columns).astype(np.float16) for columns in ((SOUND_WIDTH,), (43,), (), (3,))]
        phones = (Phone("SIL", 0.0, 0.1), Phone("AA", 0.1, FRAMES / 25.0, 0.7))
        ActorRecording(half[0], phones, *half[1:]).save(path)
        return path.read_bytes()


def actor_index() -> bytes:
    """What lists them."""
    with tempfile.TemporaryDirectory() as folder:
        facts = RecordingFacts("0000-a", "a", 3.2, "transcript", 1)
        ActorIndex("anna", (facts,)).save(Path(folder))
        return (Path(folder) / INDEX).read_bytes()


def probe() -> bytes:
    """A mouth probe: that of the bundled model."""
    return (_MADE / "mouth_probe.npz").read_bytes()


@functools.cache
def _flame_arrays() -> dict[str, Any]:
    return {
        "v_template": floats(VERTICES, 3).astype(np.float64),
        "f": _triangles().astype(np.uint32),
        "shapedirs": floats(VERTICES, 3, _SHAPES + _EXPRESSIONS),
        "posedirs": floats(VERTICES, 3, 36),
        "J_regressor": np.full((5, VERTICES), 1 / VERTICES),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
        "weights": _weights().astype(np.float64),
        "bs_style": "lbs",
    }


def flame_model() -> bytes:
    """A FLAME model of few vertices as a pickle."""
    return pickle.dumps(_flame_arrays(), 2)


def flame_npz() -> bytes:
    """The same as an ``.npz``."""
    return _npz(_flame_arrays())


def _bfm(*, compressed: bool) -> bytes:
    random = np.random.default_rng(3)
    stream = io.BytesIO()
    content = {
        "meanshape": random.normal(0, 0.8, (1, 3 * VERTICES)),
        "idBase": random.normal(0, 0.1, (3 * VERTICES, 80)).astype(np.float32),
        "exBase": random.normal(0, 0.1, (3 * VERTICES, 64)),
        "tri": np.array([[k, k + 1, k + 2] for k in range(1, VERTICES - 1)], np.float64),
        "keypoints": (np.arange(68) % VERTICES + 1)[None],
        "skinmask": np.zeros((1, 5), np.uint8),
    }
    savemat(stream, content, do_compression=compressed)
    return stream.getvalue()


def bfm_model() -> bytes:
    """A morphable model of few vertices in a MATLAB file, compressed as the published one."""
    return _bfm(compressed=True)


def bfm_plain() -> bytes:
    """The same without compression."""
    return _bfm(compressed=False)


def flame_masks() -> bytes:
    """FLAME's regions, some as lists."""
    return pickle.dumps({"lips": np.arange(4), "neck": np.arange(3), "scalp": [1, 2, 3]}, 2)


def flame_landmarks() -> bytes:
    """A landmark embedding as numpy pickles it."""
    embedding = {
        "static_lmk_faces_idx": np.zeros(51, np.int64),
        "static_lmk_bary_coords": np.full((51, 3), 1 / 3),
        "dynamic_lmk_faces_idx": np.zeros((79, 17), np.int64),
        "dynamic_lmk_bary_coords": np.full((79, 17, 3), 1 / 3),
    }
    stream = io.BytesIO()
    np.save(stream, np.array(embedding, dtype=object), allow_pickle=True)
    return stream.getvalue()


@functools.cache
def lmdb_store() -> bytes:
    """A dataset of one recording."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        soundfile.write(root / "a.wav", floats(FRAMES * 640), _RATE)
        (root / "a.npz").write_bytes(official_motion())
        pack([Source("p/a", root / "a.wav", root / "a.npz")], root / "out", PackSettings(0, 0))
        # Copied, because the file that is written is as large as a store may become.
        with lmdb.open(str(root / "out"), readonly=True, lock=False) as environment:
            (root / "small").mkdir()
            environment.copy(str(root / "small"), compact=True)
        return (root / "small" / DATA_FILE).read_bytes()


@functools.cache
def config() -> DiffPoseTalkConfig:
    """A very small model."""
    return DiffPoseTalkConfig(
        denoiser=DenoiserConfig(feature_dim=16, heads=2, layers=1, mlp_ratio=2, style_dim=16),
        audio=AudioEncoderConfig("phonetic", {"width": 8, "sound_dilations": [1], "joint_dilations": [1]}),
        steps=4,
        style_encoder=StyleEncoderConfig(feature_dim=16, heads=2, layers=1, mlp_ratio=2),
    )


def write_model_folder(folder: Path) -> None:
    """A checkpoint folder of :func:`config` with random weights and a style."""
    made = config()
    numbers = {"exp": 50, "pose": 6, "shape": 100}
    import torch

    stats = MotionStats(
        **{f"{name}_{kind}": torch.ones(size) for name, size in numbers.items() for kind in ("mean", "std")}
    )
    schedule = NoiseSchedule.make(made.schedule, made.steps)
    model = finish(made, DiffPoseTalk(made), schedule, stats, build_style_encoder(made))
    save_folder(folder, model, "# A model\n")
    (folder / "styles" / "calm.npz").write_bytes(style())


@functools.cache
def model_file(name: str) -> bytes:
    """A file of such a folder."""
    with tempfile.TemporaryDirectory() as folder:
        write_model_folder(Path(folder))
        return (Path(folder) / name).read_bytes()


@functools.cache
def torch_archive() -> bytes:
    """What ``torch.save`` writes of options and weights."""
    import torch

    content = {
        "args": argparse.Namespace(feature_dim=16, n_heads=2, names=["x"], data_root=Path("a/b")),
        "model": OrderedDict(weight=torch.ones(3, 4).t(), count=torch.tensor(3), half=torch.ones(2).half()),
        "iter": 7,
    }
    return saved(lambda path: torch.save(content, path), "a.pt")


def encoder_config() -> bytes:
    """The configuration of a very small HuBERT."""
    options = {
        "model_type": "hubert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 8, "conv_dim": [4] * 7, "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 4,
    }  # fmt: skip
    return json.dumps(options).encode()


def phone_json() -> bytes:
    """Phones and words of a short line."""
    phones = [{"phone": "SIL", "start": 0.0, "end": 0.5}, {"phone": "AA", "start": 0.5, "end": 1.0}]
    return json.dumps(
        {
            "format": 1, "seconds": 1.0, "source": "exact", "transcript": "ah",
            "words": [{"text": "ah", "start": 0.5, "end": 1.0}], "phones": phones,
        }
    ).encode()  # fmt: skip


def sound(format_name: str, subtype: str | None = None) -> bytes:
    """Half a second of a tone in a format of libsndfile."""
    stream = io.BytesIO()
    soundfile.write(stream, _tone(), _RATE, format=format_name, subtype=subtype)
    return stream.getvalue()


def film_sound(container: str, codec: str, rate: int = 48_000) -> bytes:
    """Half a second of a tone in a format of FFmpeg."""
    import av

    stream = io.BytesIO()
    with av.open(stream, "w", format=container) as written:
        track: Any = written.add_stream(codec, rate=rate)
        frame = av.AudioFrame.from_ndarray(_tone(rate)[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(format=track.format.name, layout="mono", rate=rate)
        fifo = av.AudioFifo()
        for part in resampler.resample(frame):
            fifo.write(part)
        size = track.codec_context.frame_size or 1024
        while fifo.samples:
            written.mux(track.encode(fifo.read(size, partial=True)))
        written.mux(track.encode(None))
    return stream.getvalue()


def _tone(rate: int = _RATE) -> NDArray[np.float32]:
    return (0.2 * np.sin(2 * np.pi * 220 * np.arange(rate // 2) / rate)).astype(np.float32)


def rig_map() -> bytes:
    """A map of a character's face that comes with the add-on."""
    return min(
        (ROOT / "addon" / "core" / "retarget").rglob("*.json"), key=lambda path: path.stat().st_size
    ).read_bytes()


def manifest_table() -> bytes:
    """Recordings of a batch as a table."""
    return b'id,audio,transcript,seed\nfirst,a.wav,"Hello, you.",1\nsecond,b.wav,,2\n'


def manifest_lines() -> bytes:
    """The same as lines of JSON."""
    return b'{"id": "first", "audio": "a.wav", "transcript": "Hello."}\n{"audio": "b.wav", "seed": 2}\n'


def shot_table() -> bytes:
    """What a batch has made."""
    return b"id,status,audio,segment,clips,character\na,done,a.wav,0.5-1.5,a.npz|a-2.npz,\n"
