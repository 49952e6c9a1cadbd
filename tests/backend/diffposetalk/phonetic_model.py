"""A model with a phonetic encoder, small enough for tests, on our own head."""

from __future__ import annotations

from dataclasses import asdict

import torch

from elocute.diffusion.schedule import NoiseSchedule
from elocute.models.diffposetalk.config import (
    DenoiserConfig,
    DiffPoseTalkConfig,
    MotionLayout,
    SamplingDefaults,
    StyleEncoderConfig,
)
from elocute.models.diffposetalk.folder import LoadedModel, finish
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.stats import MotionStats
from elocute.models.diffposetalk.style_encoder import StyleEncoder
from elocute.motion.head1_basis import BASIS, EXPRESSION_NAMES
from elocute.speech_encoders.config import AudioEncoderConfig
from elocute.speech_encoders.phonetic_config import PhoneticEncoderConfig

WINDOW = 16
SMALL_ENCODER = PhoneticEncoderConfig(width=16, sound_dilations=(1,), joint_dilations=(1,), kernel=3)


def phonetic_model(
    *, repeat_noise: bool = False, audio_scale: float = 1.0, style_scale: float = 1.0
) -> LoadedModel:
    """Random weights from a fixed seed; windows of 16 frames."""
    expressions = len(EXPRESSION_NAMES)
    config = DiffPoseTalkConfig(
        layout=MotionLayout(expressions, 3, 1),
        denoiser=DenoiserConfig(
            feature_dim=16, heads=2, layers=1, mlp_ratio=2, motions=WINDOW, previous_motions=4,
            shape_dim=0, style_dim=8, dropout=0.0,
        ),
        audio=AudioEncoderConfig("phonetic", asdict(SMALL_ENCODER)),
        basis=BASIS,
        steps=20,
        style_encoder=StyleEncoderConfig(feature_dim=8, heads=2, layers=1, motions=20, velocity=True),
        sampling=SamplingDefaults(4, audio_scale, style_scale, None, repeat_noise),
    )  # fmt: skip
    torch.manual_seed(11)
    network = DiffPoseTalk(config)
    assert config.style_encoder is not None
    style_encoder = StyleEncoder(config.style_encoder, config.layout.width)
    stats = MotionStats(
        exp_mean=torch.full((expressions,), 0.1),
        exp_std=torch.full((expressions,), 0.05),
        pose_mean=torch.tensor([0.0, 0.0, 0.0, 0.05, 0.0, 0.0]),
        pose_std=torch.tensor([0.02, 0.02, 0.02, 0.03, 1.0, 1.0]),
        shape_mean=torch.zeros(0),
        shape_std=torch.zeros(0),
    )
    return finish(config, network, NoiseSchedule.make("cosine", 20), stats, style_encoder, "small")
