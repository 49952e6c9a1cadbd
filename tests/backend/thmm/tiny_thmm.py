"""Small models of the family with random weights."""

from __future__ import annotations

import functools
from pathlib import Path

import torch

from elocute.checkpoint.row_stats import RowStats
from elocute.face.model import FaceModel
from elocute.models.thmm.config import NetworkConfig, ThmmConfig
from elocute.models.thmm.folder import LoadedModel
from elocute.models.thmm.network import Thmm
from elocute.speech_encoders.phonetic_config import PhoneticEncoderConfig
from elocute.speech_encoders.phonetic_encoder import PhoneticEncoder
from elocute.speech_encoders.sources import SpeechConfig

SOUND = {"width": 8, "sound_dilations": [1], "joint_dilations": [1], "kernel": 3, "mouth": False}
SIZES = NetworkConfig(
    width=16, heads=2, hidden=24, layers=2, encoder_layers=1, frames=20, clue=12, kernel=3, dropout=0.0
)
HEAD = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"
_USUAL = {"steps": 100, "sampling_steps": 4, "sampler": "ddim", "overlap": 5, "tail": 0}


@functools.cache
def face():
    return FaceModel.load(HEAD)


def spoken(**more):
    """Setting B: landmarks from speech."""
    return ThmmConfig(
        **(_USUAL | {"network": SIZES, "speech": SpeechConfig("phonetic", 8, "", SOUND)} | more)
    )


def unspoken(**more):
    """Setting A: coefficients without anything heard, shown a clue."""
    sizes = NetworkConfig(**(vars(SIZES) | {"pattern": ("temporal", "clue")}))
    return ThmmConfig(**(_USUAL | {"network": sizes, "motion": "coefficients", "sound": "none"} | more))


def published(**more):
    """Setting A as published: attention to itself over time, and nothing else."""
    sizes = NetworkConfig(**(vars(SIZES) | {"pattern": ("temporal",), "clue": 0}))
    return unspoken(network=sizes, **more)


def network(own, seed=0):
    """Random weights everywhere, also where a new network has zeros, so that everything is heard."""
    torch.manual_seed(seed)
    made = Thmm(own)
    with torch.no_grad():
        for value in made.parameters():
            if value.ndim > 1 and not value.any():
                value.normal_(0, 0.2)
    return made.eval()


def model(own, seed=0):
    width = own.points * own.numbers
    if own.motion == "landmarks":  # near the head at rest, so that a fit finds a face
        from elocute.models.thmm.rows import LandmarkRows
        from tests.backend.thmm.clips import still_clip

        mean = torch.from_numpy(LandmarkRows(face(), own.dimensions).rows_of(still_clip(1))[0])
        stats = RowStats(mean, torch.full((width,), 0.002))
    else:
        stats = RowStats(torch.linspace(0, 0.1, width), torch.linspace(0.01, 0.05, width))
    phonetic = None
    if own.encodes:
        phonetic = PhoneticEncoder(PhoneticEncoderConfig.from_options(SOUND)).eval()
    head = face() if own.motion == "landmarks" else None
    return LoadedModel(own, network(own, seed), stats, phonetic, head, name="tiny")
