"""A small world to train in: recordings whose motion follows their sound, a face and a speech encoder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from elocute.dataset.pack import PackSettings, find_sources, pack
from elocute.dataset.statistics import STATS_FILE, measure
from elocute.dataset.store import RecordingStore, read_split
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip

BASIS = "tiny-face-1"
EXPRESSIONS = 6
WINDOW = 20
SHAPES = 4


def make_recording(folder: Path, person: int, video: int, frames: int) -> None:
    """Write ``p<person>/v<video>`` with a humming voice; mouth and head follow its loudness."""
    rng = np.random.default_rng([person, video])
    time = np.arange(frames * 640) / 16000
    rate = 1.5 + rng.random()
    loudness = np.clip(np.sin(2 * np.pi * rate * time + rng.random() * 6), 0, 1) ** 2
    tone = sum(np.sin(2 * np.pi * (120 + 20 * person) * k * time) / k for k in range(1, 6))
    sound = 0.2 * loudness * tone + 0.002 * rng.standard_normal(len(time))
    level = loudness.reshape(frames, 640).mean(axis=1)
    gain = 0.4 + 0.2 * person
    expression = np.outer(level, np.linspace(gain, -gain, EXPRESSIONS))
    expression += 0.02 * rng.standard_normal(expression.shape)
    jaw = np.zeros((frames, 3))
    jaw[:, 0] = 0.25 * gain * level + 0.002 * rng.standard_normal(frames)
    frame = np.arange(frames)[:, None]
    head = 0.1 * np.sin(frame / (12 + 3 * person) + np.array([0.0, 1.0, 2.0]) + video)
    clip = MotionClip(25.0, BASIS, expression, jaw, head, shape=np.linspace(-1, 1, SHAPES) * person)
    place = folder / f"p{person}"
    place.mkdir(parents=True, exist_ok=True)
    soundfile.write(place / f"v{video}.wav", sound, 16000)
    clip.save(place / f"v{video}.npz")


def make_dataset(folder: Path, *, people: int = 4, videos: int = 2, frames: int = 70) -> Path:
    """Recordings packed as a dataset with statistics, the last person for validation."""
    for person in range(people):
        for video in range(videos):
            make_recording(folder / "recordings", person, video, frames + 3 * video)
    dataset = folder / "dataset"
    pack(find_sources(folder / "recordings"), dataset, PackSettings(val_people=1, shape_columns=SHAPES))
    store = RecordingStore(dataset)
    measure(store, read_split(dataset, "train"), rounds=50, crop_frames=20).save(dataset / STATS_FILE)
    return dataset


def make_face(vertices: int = 24) -> FaceModel:
    """A face whose numbers come from a formula."""

    def wave(*shape: int, scale: float = 1.0, phase: float = 0.0) -> np.ndarray:
        count = int(np.prod(shape))
        return (scale * np.sin(np.arange(count) * 0.7 + phase)).reshape(shape).astype(np.float32)

    weights = np.abs(wave(vertices, 5)) + 0.1
    regressor = np.abs(wave(5, vertices, phase=2)) + 0.01
    corners = np.stack([np.arange(vertices - 2), np.arange(1, vertices - 1), np.arange(2, vertices)], axis=1)
    faces = np.concatenate([corners, -np.ones((vertices - 2, 1))], axis=1).astype(np.int32)
    landmarks = np.zeros((68, 4), np.float32)
    landmarks[:, :3] = 1 / 3
    return FaceModel(
        basis=BASIS,
        v_template=wave(vertices, 3, scale=0.1),
        faces=faces,
        shape_dirs=wave(vertices, 3, SHAPES, scale=0.01, phase=1),
        expression_dirs=wave(vertices, 3, EXPRESSIONS, scale=0.01, phase=3),
        expression_names=tuple(f"e{index}" for index in range(EXPRESSIONS)),
        pose_dirs=wave(36, vertices * 3, scale=0.001),
        joint_regressor=(regressor / regressor.sum(axis=1, keepdims=True)).astype(np.float32),
        parents=np.array([-1, 0, 1, 1, 1], np.int32),
        weights=(weights / weights.sum(axis=1, keepdims=True)).astype(np.float32),
        landmark_faces=np.arange(68, dtype=np.int32) % (vertices - 2),
        landmark_weights=landmarks,
        masks={
            "lips": np.arange(0, 6, dtype=np.int32),
            "upper_face": np.arange(12, vertices, dtype=np.int32),
        },
        uv=None,
        material_ids=np.zeros(vertices - 2, np.int32),
        material_names=("skin",),
        material_colors=np.ones((1, 4), np.float32),
    )


def write_speech_encoder(folder: Path, kind: str = "hubert") -> Path:
    """A very small speech encoder's configuration (no weights)."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "model_type": kind,
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "conv_dim": [16] * 7,
        "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 4,
        "mask_time_length": 4,
    }
    (folder / "config.json").write_text(json.dumps(options))
    return folder
