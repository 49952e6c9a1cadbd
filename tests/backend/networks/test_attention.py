"""Attention against explicit loops over tokens and heads."""

from __future__ import annotations

import math

import pytest
import torch

from elocute.networks.attention import make_attention
from elocute.networks.encoder import Encoder, mean_inside

WIDTH, HEADS, ASKING, TOKENS = 12, 3, 5, 7
SIZE = WIDTH // HEADS


def made(kind, seed=0):
    torch.manual_seed(seed)
    return make_attention(kind, WIDTH, HEADS).double()


def inputs(seed=1):
    generator = torch.Generator().manual_seed(seed)
    asking = torch.randn(2, ASKING, WIDTH, generator=generator).double()
    memory = torch.randn(2, TOKENS, WIDTH, generator=generator).double()
    return asking, memory


def softmax(values):
    largest = max(values)
    powers = [math.exp(value - largest) for value in values]
    return [power / sum(powers) for power in powers]


def by_loop(attention, asking, memory, inside, kind):
    """One sample, number by number."""
    query, key, value = attention.query(asking), attention.key(memory), attention.value(memory)
    tokens = [s for s in range(len(memory)) if inside[s]]
    out = torch.zeros(len(asking), WIDTH, dtype=torch.float64)
    for head in range(HEADS):
        own = range(head * SIZE, (head + 1) * SIZE)
        for n in range(len(asking)):
            if kind == "efficient":
                asked = softmax([float(query[n, c]) for c in own])
                weights = [0.0] * len(tokens)
                for share, c in zip(asked, own, strict=True):
                    over_tokens = softmax([float(key[s, c]) for s in tokens])
                    weights = [w + share * k for w, k in zip(weights, over_tokens, strict=True)]
            else:
                dots = [sum(float(query[n, c] * key[s, c]) for c in own) for s in tokens]
                weights = softmax([dot / math.sqrt(SIZE) for dot in dots])
            assert sum(weights) == pytest.approx(1.0)
            for c in own:
                out[n, c] = sum(w * float(value[s, c]) for w, s in zip(weights, tokens, strict=True))
    return out


@pytest.mark.parametrize("kind", ["efficient", "full"])
def test_by_its_formula(kind):
    attention, (asking, memory) = made(kind), inputs()
    inside = torch.ones(2, TOKENS, dtype=torch.bool)
    inside[1, 4:] = False
    with torch.no_grad():
        found = attention.read(asking, attention.context(memory, inside))
        for sample in range(2):
            expected = by_loop(attention, asking[sample], memory[sample], inside[sample], kind)
            assert found[sample] == pytest.approx(expected, abs=1e-9)
        whole = attention.read(asking, attention.context(memory))
        assert whole[0] == pytest.approx(found[0], abs=1e-12)


@pytest.mark.parametrize("kind", ["efficient", "full"])
def test_what_does_not_count_changes_nothing(kind):
    attention, (asking, memory) = made(kind), inputs()
    inside = torch.arange(TOKENS)[None] < torch.tensor([[3], [0]])
    other = torch.where(inside[..., None], memory, memory + 50)
    with torch.no_grad():
        found = attention.read(asking, attention.context(memory, inside))
        assert torch.equal(found, attention.read(asking, attention.context(other, inside)))
        alone = attention.read(asking[:1], attention.context(memory[:1, :3]))
    assert found[0] == pytest.approx(alone[0], abs=1e-9)
    assert not found[1].any()  # nothing counts: nothing is added, and nothing is NaN


def test_the_cost_of_efficient_attention_does_not_grow_with_the_memory():
    """What is asked has the size of a head, whatever was taken in."""
    attention = made("efficient")
    (small,) = attention.context(torch.randn(2, 4, WIDTH).double())
    (large,) = attention.context(torch.randn(2, 400, WIDTH).double())
    assert small.shape == large.shape == (2, HEADS, SIZE, SIZE)


@pytest.mark.parametrize("kind", ["efficient", "full"])
def test_an_encoder_with_padding_gives_what_it_gives_without(kind):
    torch.manual_seed(0)
    encoder = Encoder(WIDTH, HEADS, 2, kind).double().eval()
    _, memory = inputs()
    inside = (torch.arange(TOKENS) < 4)[None].expand(2, -1)
    with torch.no_grad():
        padded, short = encoder(memory, inside), encoder(memory[:, :4])
    assert padded[:, :4] == pytest.approx(short, abs=1e-9)


def test_mean_over_what_counts():
    x = torch.arange(12.0).view(2, 3, 2)
    inside = torch.tensor([[True, True, False], [False, False, False]])
    assert mean_inside(x, inside).tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert mean_inside(x, None).tolist() == [[2.0, 3.0], [8.0, 9.0]]
