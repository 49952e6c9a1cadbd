"""The networks give the numbers of the published steps written out plainly."""

from __future__ import annotations

import pytest
import torch

from elocute.renderers.mtov.convert import read_official_autoencoder, read_official_unet
from elocute.renderers.mtov.planes import identity_condition, latent_width
from tests.backend.mtov import published_mtov as published


def noise(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("which", "seed"), [(0, ""), (1, "dots ")])
def test_encoding(published_files, which, seed):
    network = read_official_autoencoder(published_files[which])
    clips = noise(1, 2, 3, published.FRAMES, published.SIZE, published.SIZE).clamp(-1, 1)
    plain = published.PlainAutoencoder(published.autoencoder_state(seed))
    expected = torch.stack([plain.encode(clip) for clip in clips]).float()
    assert (network.encode(clips) - expected).abs().max() < 2e-5
    assert expected.shape[-1] == latent_width(network.config)


def test_decoding(published_files):
    network = read_official_autoencoder(published_files[0])
    latents = noise(2, 2, published.LATENT, latent_width(network.config)).clamp(-1, 1)
    plain = published.PlainAutoencoder(published.autoencoder_state())
    expected = torch.stack([plain.decode(latent) for latent in latents]).float().transpose(1, 2)
    assert (network.decode(latents) - expected).abs().max() < 2e-5


@pytest.mark.parametrize("t", [0, 499, 999])
def test_denoising(published_files, renderer, t):
    network = read_official_unet(published_files[2], renderer.config.autoencoder)
    cells = latent_width(renderer.config.autoencoder)
    x, condition, face = (noise(k, 2, n, cells) for k, n in ((3, 4), (4, 8), (5, 4)))
    plain = published.PlainUnet(published.unet_state())
    row = identity_condition(face, renderer.config.autoencoder)
    found = network(x, torch.tensor([t, t]), condition, row)
    for i in range(2):
        expected = plain(x[i], t, condition[i], face[i, :, : published.CELLS**2]).float()
        assert (found[i] - expected).abs().max() < 2e-5


def test_a_fresh_denoising_network_predicts_nothing(renderer):
    """What is added to others begins with zeros, the end too, as the published training begins."""
    from elocute.renderers.mtov.unet import LatentUnet

    network = LatentUnet(renderer.config)
    cells = latent_width(renderer.config.autoencoder)
    found = network(noise(6, 1, 4, cells), torch.tensor([5]), noise(7, 1, 8, cells), noise(8, 1, 4, cells))
    assert not found.any()
