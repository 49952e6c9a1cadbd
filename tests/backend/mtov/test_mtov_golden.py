"""Recorded outputs of the published networks at full size; skipped unless ELOCUTE_GOLDEN is set."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from elocute.renderers.mtov.autoencoder import TriplaneAutoencoder
from elocute.renderers.mtov.config import AutoencoderConfig, MtovConfig
from elocute.renderers.mtov.convert import our_autoencoder_name, our_unet_name
from elocute.renderers.mtov.sampling import schedule_of
from elocute.renderers.mtov.unet import LatentUnet
from tests.backend.mtov import published_mtov as published

FOLDER = Path(os.environ.get("ELOCUTE_GOLDEN", "")) / "moditalker" / "mtov"
pytestmark = pytest.mark.skipif(
    not os.environ.get("ELOCUTE_GOLDEN") or not FOLDER.is_dir(), reason="no recorded outputs"
)


def recorded(name):
    with np.load(FOLDER / name) as file:
        return {key: torch.from_numpy(value.astype(np.float32)) for key, value in file.items()}


@pytest.fixture
def full_size(monkeypatch):
    """The plain lists of names at the published size."""
    sizes = {
        "SIZE": 256, "FRAMES": 16, "PATCH": 8, "WIDTH": 384, "LAYERS": 8, "HEADS": 8, "HEAD_WIDTH": 64,
        "CELLS": 32, "POOL_LAYERS": 4, "POOL_HEADS": 4, "POOL_WIDTH": 48, "POOL_HIDDEN": 512, "LATENT": 4,
        "BASE": 128, "MULTIPLIERS": (1, 2, 4, 4), "BLOCKS": 2, "ATTENDED": (0, 1, 2),
    }  # fmt: skip
    for name, value in sizes.items():
        monkeypatch.setattr(published, name, value)


def test_the_denoising_network(full_size):
    ups = {2: 1, 5: 2, 8: 2}
    shapes = {published.PREFIX + name: shape for name, shape in published.unet_shapes().items()}
    weights = {
        our_unet_name(name.removeprefix(published.PREFIX), ups): value
        for name, value in published.filled(shapes).items()
        if "output_bg" not in name
    }
    network = LatentUnet(MtovConfig()).eval()
    network.load_state_dict(weights)
    case = recorded("unet.npz")
    face = torch.cat([case["image_cond"], torch.zeros(1, 4, 1024)], dim=2)
    with torch.inference_mode():
        found = network(case["x"], case["t"].long(), case["cond"], face)
    assert (found - case["eps"]).abs().max() < 2e-5


def test_the_schedule():
    case = recorded("unet.npz")
    schedule = schedule_of(MtovConfig())
    assert torch.allclose(schedule.betas, case["sched_betas"], rtol=1e-5, atol=0)
    assert torch.allclose(schedule.alpha_bars, case["sched_alphas_cumprod"], rtol=1e-5, atol=1e-8)


def test_the_autoencoder_decodes(full_size):
    """Decoding alone: encoding the recorded film takes a minute and a half of a processor."""
    weights = published.filled(published.autoencoder_shapes())
    for name in ("pre_xy.weight", "pre_yt.weight", "pre_xt.weight", "to_pixel.1.weight"):
        weights[name] = weights[name] * 0.15
    network = TriplaneAutoencoder(AutoencoderConfig()).eval()
    network.load_state_dict({our_autoencoder_name(name): value for name, value in weights.items()})
    case = recorded("autoencoder.npz")
    with torch.inference_mode():
        found = network.decode(case["z_in"])[0].transpose(0, 1)
    assert (found[0][:, ::8, ::8] - case["dec_frame0_stride8"]).abs().max() < 2e-5
    assert (found[15][:, 4::8, 4::8] - case["dec_frame15_stride8"]).abs().max() < 2e-5
    assert (found.mean((1, 2, 3)) - case["dec_mean_per_frame"]).abs().max() < 2e-5
