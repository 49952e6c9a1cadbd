"""A small model of the family with random weights, and a line to perform."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from elocute.audio.phone import ARPABET, Phone, Word
from elocute.audio.speech_features import MEL_BANDS, SUBFRAMES, SpeechFeatures
from elocute.checkpoint.row_stats import RowStats
from elocute.models.dimitra.config import DimitraConfig, NetworkConfig
from elocute.models.dimitra.folder import LoadedModel
from elocute.models.dimitra.network import Dimitra
from elocute.speech_encoders.phonetic_encoder import PhoneticEncoder, PhoneticEncoderConfig
from elocute.speech_encoders.sources import SpeechConfig, TextConfig

SOUND = {"width": 8, "sound_dilations": [1], "joint_dilations": [1], "kernel": 3, "mouth": False}
SIZES = NetworkConfig(
    width=16, heads=2, hidden=24, layers=2, encoder_layers=1, frames=20, kernel=3, dropout=0.0
)


def config(**more):
    usual = {
        "network": SIZES,
        "speech": SpeechConfig("phonetic", 8, "", SOUND),
        "text": TextConfig("words", 0, ""),
        "steps": 100,
        "sampling_steps": 4,
        "overlap": 5,
        "tail": 0,
    }
    return DimitraConfig(**(usual | more))


def network(own=None, seed=0):
    """Random weights everywhere, also where a new network has zeros, so that everything is heard."""
    torch.manual_seed(seed)
    made = Dimitra(own or config())
    with torch.no_grad():
        for value in made.parameters():
            if value.ndim > 1 and not value.any():
                value.normal_(0, 0.2)
    return made.eval()


def model(own=None, seed=0):
    own = own or config()
    encoder = PhoneticEncoder(PhoneticEncoderConfig.from_options(SOUND)).eval()
    width = own.channels.width
    stats = RowStats(torch.linspace(0, 0.1, width), torch.linspace(0.01, 0.05, width))
    return LoadedModel(own, network(own, seed), stats, encoder, name="tiny")


def speech(frames=47, phones=True, words=(), transcript="pretty good"):
    rng = np.random.default_rng(5)
    edges = np.linspace(0, frames / 25, 12)
    said = tuple(Phone(str(rng.choice(ARPABET)), a, b) for a, b in pairwise(edges))
    return SpeechFeatures(
        frames / 25, rng.normal(-8, 3, (frames, SUBFRAMES, MEL_BANDS)).astype(np.float32),
        rng.uniform(-60, -15, frames).astype(np.float32), rng.choice([0.0, 110.0], frames).astype(np.float32),
        rng.uniform(0, 1, frames).astype(np.float32), said if phones else None,
        tuple(Word(text, a, b) for text, a, b in words), "transcript" if phones else "none", transcript,
        "0" * 64,
    )  # fmt: skip
