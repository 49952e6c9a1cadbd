"""Attention in grids against explicit loops over samples, frames and points."""

from __future__ import annotations

import pytest
import torch

from elocute.networks.grid_attention import (
    PointwiseCross,
    SharedCross,
    SpatialSelf,
    TemporalSelf,
    frames_back,
    of_each_point,
    over_frames,
    over_points,
    points_back,
)

N, F, K, D, S = 2, 5, 3, 8, 4
KINDS = ["efficient", "full"]


def noise(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).double()


X, EMBEDDING = noise(1, N, F, K, D), noise(2, N, 4 * D)
INSIDE = torch.tensor([[True] * F, [True, True, True, False, False]])


def block(kind, attention):
    """With random weights everywhere, also where a new block has zeros."""
    torch.manual_seed(0)
    made = kind(D, 2, attention).double().eval()
    with torch.no_grad():
        made.stylization.out.weight.normal_()
    return made


def attended(made, asking, memory, inside=None):
    """Attention of one sequence (T, D) to another (S, D), each by itself."""
    context = made.attention.context(memory[None], None if inside is None else inside[None])
    return made.attention.read(asking[None], context)[0]


def stylized(made, x, y, sample):
    """The input and the stylized result of attention, one token."""
    return x + made.stylization(y[None], EMBEDDING[sample : sample + 1])[0]


def test_reshapes_by_a_loop():
    frames, points = over_frames(X), over_points(X)
    assert frames.shape == (N * K, F, D)
    assert points.shape == (N * F, K, D)
    for n in range(N):
        for f in range(F):
            for k in range(K):
                assert torch.equal(frames[n * K + k, f], X[n, f, k])
                assert torch.equal(points[n * F + f, k], X[n, f, k])
                assert of_each_point(INSIDE, K)[n * K + k, f] == INSIDE[n, f]
    assert torch.equal(frames_back(frames, K), X)
    assert torch.equal(points_back(points, F), X)


@pytest.mark.parametrize("attention", KINDS)
@torch.no_grad()
def test_self_attention_over_frames(attention):
    made = block(TemporalSelf, attention)
    found = made(X, EMBEDDING, INSIDE)
    for n in range(N):
        for k in range(K):
            seen = made.norm(X[n, :, k])
            read = attended(made, seen, seen, INSIDE[n])
            for f in range(F):
                assert torch.allclose(found[n, f, k], stylized(made, X[n, f, k], read[f], n))


@pytest.mark.parametrize("attention", KINDS)
@torch.no_grad()
def test_self_attention_over_points(attention):
    made = block(SpatialSelf, attention)
    found = made(X, EMBEDDING)
    for n in range(N):
        for f in range(F):
            seen = made.norm(X[n, f])
            read = attended(made, seen, seen)
            for k in range(K):
                assert torch.allclose(found[n, f, k], stylized(made, X[n, f, k], read[k], n))


@pytest.mark.parametrize("attention", KINDS)
@torch.no_grad()
def test_all_tokens_ask_one_memory(attention):
    made, memory = block(SharedCross, attention), noise(3, N, S, D)
    inside = torch.tensor([[True] * S, [True, False, True, False]])
    found = made(X, made.context(memory, inside), EMBEDDING)
    for n in range(N):
        seen = made.memory_norm(memory[n])
        for f in range(F):
            for k in range(K):
                read = attended(made, made.norm(X[n, f, k])[None], seen, inside[n])[0]
                assert torch.allclose(found[n, f, k], stylized(made, X[n, f, k], read, n))


@pytest.mark.parametrize("attention", KINDS)
@torch.no_grad()
def test_each_point_asks_its_own_frames(attention):
    made, memory = block(PointwiseCross, attention), noise(4, N, S, K, D)
    found = made(X, made.context(memory), EMBEDDING)
    for n in range(N):
        for k in range(K):
            seen = made.memory_norm(memory[n, :, k])
            for f in range(F):
                read = attended(made, made.norm(X[n, f, k])[None], seen)[0]
                assert torch.allclose(found[n, f, k], stylized(made, X[n, f, k], read, n))


@pytest.mark.parametrize("kind", [TemporalSelf, SpatialSelf, SharedCross, PointwiseCross])
def test_a_new_block_leaves_its_input_alone(kind):
    torch.manual_seed(0)
    made = kind(D, 2, "efficient").double()
    with torch.no_grad():
        if kind is TemporalSelf:
            found = made(X, EMBEDDING, INSIDE)
        elif kind is SpatialSelf:
            found = made(X, EMBEDDING)
        else:
            memory = noise(5, N, S, D) if kind is SharedCross else noise(5, N, S, K, D)
            found = made(X, made.context(memory), EMBEDDING)
    assert torch.equal(found, X)
