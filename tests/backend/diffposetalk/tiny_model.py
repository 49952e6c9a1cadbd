"""A small DiffPoseTalk whose weights are filled by a formula, and official files made of it."""

from __future__ import annotations

import argparse
import math
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path, PosixPath
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elocute.diffusion.schedule import NoiseSchedule
from elocute.models.diffposetalk.config import (
    DenoiserConfig,
    DiffPoseTalkConfig,
    StyleEncoderConfig,
)
from elocute.models.diffposetalk.denoiser import alignment
from elocute.models.diffposetalk.folder import LoadedModel, build_style_encoder, finish
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.positions import sinusoidal_table
from elocute.models.diffposetalk.stats import MotionStats
from elocute.speech_encoders.config import AudioEncoderConfig

ENCODER_OPTIONS: dict[str, Any] = {
    "hidden_size": 24,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "intermediate_size": 32,
    "conv_dim": [8] * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}


def encoder_options(kind: str = "hubert") -> dict[str, Any]:
    return {"model_type": kind, **ENCODER_OPTIONS}


def tiny_config(**changes: Any) -> DiffPoseTalkConfig:
    denoiser = DenoiserConfig(feature_dim=16, heads=2, layers=2, mlp_ratio=2, style_dim=12)
    base = DiffPoseTalkConfig(
        denoiser=denoiser,
        audio=AudioEncoderConfig("hubert", encoder_options()),
        steps=8,
        style_encoder=StyleEncoderConfig(feature_dim=12, heads=2, layers=1, mlp_ratio=2),
    )
    parts = {k: v for k, v in changes.items() if k in DenoiserConfig.__dataclass_fields__}
    rest = {k: v for k, v in changes.items() if k not in parts}
    return replace(base, denoiser=replace(denoiser, **parts), **rest)


def fill(module: nn.Module) -> None:
    """Give every weight a value that depends only on its position, of the size usual for its shape."""
    with torch.no_grad():
        for index, (name, value) in enumerate(sorted(module.named_parameters())):
            count = torch.arange(value.numel(), dtype=torch.float64)
            wave = torch.sin(count * (1.0 + 0.37 * index) * 12.9898 + index).reshape(value.shape)
            scale = 1.2 / math.sqrt(math.prod(value.shape[1:]) or 1) if value.ndim > 1 else 0.1
            base = (
                1.0 if name.endswith(("norm.weight", "norm1.weight", "norm2.weight", "norm3.weight")) else 0.0
            )
            value.copy_((base + scale * wave).float())


def tiny_stats(config: DiffPoseTalkConfig) -> MotionStats:
    sizes = {"exp": config.layout.expression, "pose": 6, "shape": config.denoiser.shape_dim}
    made = {}
    for name, size in sizes.items():
        ramp = torch.linspace(-1, 1, size)
        made[f"{name}_mean"] = 0.1 * torch.cos(3 * ramp)
        made[f"{name}_std"] = 0.5 + 0.2 * ramp
    return MotionStats(**made)


def tiny_model(config: DiffPoseTalkConfig | None = None) -> LoadedModel:
    config = config or tiny_config()
    network = DiffPoseTalk(config)
    fill(network)
    style_encoder = build_style_encoder(config)
    if style_encoder is not None:
        fill(style_encoder)
    schedule = NoiseSchedule.make(config.schedule, config.steps)
    return finish(config, network, schedule, tiny_stats(config), style_encoder, "tiny")


def tone(samples: int) -> Tensor:
    """Something like a voice: a few gliding harmonics with an envelope."""
    time = torch.arange(samples, dtype=torch.float64) / 16000
    sound = sum(torch.sin(2 * math.pi * 120 * k * time + 0.5 * torch.sin(5 * time)) / k for k in range(1, 6))
    return (0.1 * sound * (0.6 + 0.4 * torch.sin(2 * math.pi * 3 * time))).float()


def noise_arrays(config: DiffPoseTalkConfig, windows: int, takes: int = 1) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(7)
    shape = (takes, config.denoiser.motions, config.layout.width)
    return {
        "motion_at_T": generator.standard_normal(shape).astype(np.float16),
        "z": generator.standard_normal((windows, config.steps - 1, *shape)).astype(np.float16),
    }


def vector(size: int, step: float = 0.7) -> Tensor:
    return torch.sin(step * torch.arange(size))


# Official files -----------------------------------------------------------------------------------


def official_args(config: DiffPoseTalkConfig) -> dict[str, Any]:
    shape = config.denoiser
    return {
        "data_root": PosixPath("datasets/lmdb"),
        "stats_file": PosixPath("stats_train.npz"),
        "audio_model": config.audio.kind,
        "architecture": "decoder",
        "rot_repr": "aa",
        "no_head_pose": not config.layout.head,
        "style_enc_ckpt": PosixPath("experiments/SE/x/checkpoints/iter_1.pt") if shape.style_dim else None,
        "d_style": shape.style_dim or 128,
        "fps": int(config.fps),
        "n_motions": shape.motions,
        "n_prev_motions": shape.previous_motions,
        "feature_dim": shape.feature_dim,
        "n_heads": shape.heads,
        "n_layers": shape.layers,
        "mlp_ratio": shape.mlp_ratio,
        "align_mask_width": shape.alignment_width,
        "no_use_learnable_pe": not shape.learned_positions,
        "use_indicator": shape.indicator,
        "n_diff_steps": config.steps,
        "diff_schedule": config.schedule,
        "target": config.target,
        "guiding_conditions": ",".join(reversed(config.guiding)),
        "cfg_mode": config.guidance,
        "pad_mode": config.padding,
    }


def official_weights(model: LoadedModel) -> OrderedDict[str, Tensor]:
    """The model's weights with the tables that the official program saves beside them."""
    config = model.config
    width, frames = config.denoiser.feature_dim, config.denoiser.frames
    weights = OrderedDict(model.network.state_dict())
    weights["denoising_net.TE.pe"] = sinusoidal_table(config.steps + 1, width)[None]
    if not config.denoiser.learned_positions:
        weights["denoising_net.PE.pe"] = sinusoidal_table(600, width)[None]
    if config.denoiser.alignment_width > 0:
        weights["denoising_net.alignment_mask"] = ~alignment(frames, config.denoiser.alignment_width)
    zero = torch.zeros(1)
    betas = torch.cat([zero, model.schedule.betas])
    weights["diffusion_sched.betas"] = betas
    weights["diffusion_sched.alphas"] = 1 - betas
    weights["diffusion_sched.alpha_bars"] = torch.cat([zero + 1, model.schedule.alpha_bars])
    weights["diffusion_sched.sigmas_flex"] = betas.sqrt()
    weights["diffusion_sched.sigmas_inflex"] = betas.sqrt()
    return weights


def save_official(
    path: Path, args: dict[str, Any], weights: Any, key: str = "model", extra: dict[str, Any] | None = None
) -> Path:
    torch.save({"args": argparse.Namespace(**args), key: weights, "iter": 3, **(extra or {})}, path)
    return path


def write_official(folder: Path, model: LoadedModel) -> dict[str, Path]:
    """Official denoiser, style encoder and statistics, and a folder for the speech encoder."""
    import json

    config, encoder = model.config, folder / "speech-encoder"
    encoder.mkdir()
    (encoder / "config.json").write_text(json.dumps(dict(config.audio.options)))
    stats = folder / "stats_train.npz"
    np.savez(stats, exp_max=0, **{k: v.numpy() for k, v in model.stats.to_tensors().items()})
    paths = {
        "checkpoint": save_official(folder / "iter_1.pt", official_args(config), official_weights(model)),
        "stats": stats,
        "audio_encoder": encoder,
    }
    if model.style_encoder is not None and config.style_encoder is not None:
        style = config.style_encoder
        args = {
            "feature_dim": style.feature_dim,
            "n_heads": style.heads,
            "n_layers": style.layers,
            "mlp_ratio": style.mlp_ratio,
            "n_motions": style.motions,
            "no_head_pose": not style.head,
            "rot_repr": "aa",
        }
        weights = OrderedDict(model.style_encoder.state_dict())
        paths["style_encoder"] = save_official(folder / "se.pt", args, weights, "encoder")
    return paths
