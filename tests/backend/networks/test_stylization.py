"""Stylization and the time embedding by their closed forms."""

from __future__ import annotations

import math

import pytest
import torch

from elocute.networks.stylization import EMBEDDED, FeedForward, Stylization, TimeEmbedding, sinusoids

WIDTH = 6


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).double()


def silu(x):
    return x / (1 + math.exp(-x))


def test_sinusoids_are_cosines_then_sines():
    found = sinusoids(torch.tensor([0, 3, 1000]), 8)
    for row, t in zip(found, (0, 3, 1000), strict=True):
        angles = [t * 10_000 ** (-k / 4) for k in range(4)]
        expected = [math.cos(a) for a in angles] + [math.sin(a) for a in angles]
        assert row.tolist() == pytest.approx(expected, abs=1e-4)


def test_time_is_embedded_four_times_as_wide():
    torch.manual_seed(0)
    embedding = TimeEmbedding(WIDTH)
    t = torch.tensor([1, 7])
    hidden = embedding.first(sinusoids(t, WIDTH))
    expected = embedding.second(hidden / (1 + torch.exp(-hidden)))
    assert embedding(t).shape == (2, EMBEDDED * WIDTH)
    assert torch.allclose(embedding(t), expected, atol=1e-6)


@pytest.mark.parametrize("axes", [(4,), (4, 3)])
def test_stylization_number_by_number(axes):
    torch.manual_seed(1)
    block = Stylization(WIDTH).double()
    torch.nn.init.normal_(block.out.weight)
    torch.nn.init.normal_(block.norm.weight)
    y, emb = random(2, *axes, WIDTH), random(2, EMBEDDED * WIDTH, seed=1)
    with torch.no_grad():
        found = block(y, emb)
        for sample in range(2):
            told = torch.tensor([silu(float(v)) for v in emb[sample]], dtype=torch.float64)
            style = block.style.weight @ told + block.style.bias
            for row, got in zip(y[sample].view(-1, WIDTH), found[sample].view(-1, WIDTH), strict=True):
                spread = ((row - row.mean()) ** 2).mean()
                normed = (row - row.mean()) / (spread + 1e-5).sqrt() * block.norm.weight + block.norm.bias
                shaped = normed * (1 + style[:WIDTH]) + style[WIDTH:]
                lit = torch.tensor([silu(float(v)) for v in shaped], dtype=torch.float64)
                assert got == pytest.approx(block.out.weight @ lit + block.out.bias, abs=1e-9)


def test_every_block_begins_as_the_identity():
    torch.manual_seed(2)
    y, emb = random(2, 4, WIDTH).float(), random(2, EMBEDDED * WIDTH, seed=1).float()
    assert not Stylization(WIDTH)(y, emb).any()
    assert torch.equal(FeedForward(WIDTH, 12)(y, emb), y)
