import pytest
import torch
from torch import nn

from elocute.models.diffposetalk.config import DenoiserConfig
from elocute.models.diffposetalk.denoiser import Denoiser, alignment
from elocute.models.diffposetalk.positions import constant_row, sinusoidal_table
from tests.backend.diffposetalk.tiny_model import fill

WIDTH, STEPS = 54, 8


def build(**changes):
    sizes = {"feature_dim": 16, "heads": 2, "layers": 2, "mlp_ratio": 2, "style_dim": 12, **changes}
    denoiser = Denoiser(DenoiserConfig(**sizes), WIDTH, STEPS)
    fill(denoiser)
    return denoiser.eval().requires_grad_(False)


def inputs(denoiser, batch=3):
    config = denoiser.config
    generator = torch.Generator().manual_seed(2)

    def randn(*shape):
        return torch.randn(batch, *shape, generator=generator)

    indicator = torch.ones(batch, config.motions)
    indicator[-1, -30:] = 0
    return {
        "motion": randn(config.motions, WIDTH),
        "audio": randn(config.motions, config.feature_dim),
        "person": randn(1, config.shape_dim + config.style_dim),
        "previous_motion": randn(config.previous_motions, WIDTH),
        "previous_audio": randn(config.previous_motions, config.feature_dim),
        "step": torch.tensor([8, 3, 1][:batch]),
        "indicator": indicator if config.indicator else None,
    }


def reference(denoiser, given):
    """The published network, assembled from torch's own decoder layers."""
    config = denoiser.config
    layers = []
    for ours in denoiser.transformer.layers:
        layer = nn.TransformerDecoderLayer(
            config.feature_dim,
            config.heads,
            config.mlp_ratio * config.feature_dim,
            activation="gelu",
            batch_first=True,
        )
        layer.load_state_dict(ours.state_dict(), strict=True)
        layers.append(layer.eval())
    motion = torch.cat([given["previous_motion"], given["motion"]], 1)
    if config.indicator:
        flags = torch.cat([torch.zeros(len(motion), config.previous_motions), given["indicator"]], 1)
        motion = torch.cat([motion, flags[..., None]], -1)
    table = sinusoidal_table(STEPS + 1, config.feature_dim)
    first = denoiser.person_proj(given["person"]) + denoiser.diff_step_map(table[given["step"]])[:, None]
    tokens = torch.cat([first, denoiser.feature_proj(motion)], 1)
    if config.learned_positions:
        tokens = tokens + denoiser.PE
    else:
        tokens = tokens + sinusoidal_table(600, config.feature_dim)[tokens.shape[1]]
    sound = torch.cat([given["previous_audio"], given["audio"]], 1)
    mask = None
    if config.alignment_width > 0:
        i, j = torch.arange(config.frames)[:, None], torch.arange(config.frames)[None]
        blocked = (i - j).abs() > config.alignment_width - 1
        mask = torch.cat([torch.zeros(1, config.frames, dtype=torch.bool), blocked])
    for layer in layers:
        tokens = layer(tokens, sound, memory_mask=mask)
    return denoiser.motion_dec(tokens[:, 1:])


@pytest.mark.parametrize("width", [0, 1, 2, 5])
@pytest.mark.parametrize("learned", [True, False])
@pytest.mark.parametrize("indicator", [True, False])
@pytest.mark.parametrize("style_dim", [0, 12])
def test_equals_torchs_decoder(width, learned, indicator, style_dim):
    denoiser = build(
        alignment_width=width, learned_positions=learned, indicator=indicator, style_dim=style_dim
    )
    given = inputs(denoiser)
    with torch.no_grad():
        assert torch.allclose(denoiser(**given), reference(denoiser, given), atol=2e-6)


@pytest.mark.parametrize("width", [0, 1, 3])
def test_remembered_work_changes_nothing(width):
    denoiser = build(alignment_width=width)
    given = inputs(denoiser)
    plain = denoiser(**given)
    memory = denoiser.remember(
        given["audio"],
        given["person"][:, 0],
        given["previous_motion"],
        given["previous_audio"],
        given["indicator"],
    )
    assert (memory.frame_updates is not None) == (width == 1)
    fast = denoiser.denoise(given["motion"], denoiser.embed_steps(given["step"]), memory)
    assert torch.allclose(fast, plain[:, denoiser.config.previous_motions :], atol=2e-6)


def test_branches_share_motion():
    """Two branches of two takes, one call, against four single calls."""
    denoiser = build()
    given = inputs(denoiser, batch=2)
    memory = denoiser.remember(
        given["audio"],
        given["person"][:, 0],
        given["previous_motion"],
        given["previous_audio"],
        given["indicator"][:1],
    ).spread(
        audio_rows=torch.tensor([0, 0, 1, 1]),
        person_rows=torch.tensor([0, 0, 1, 1]),
        context_rows=torch.tensor([0, 1, 0, 1]),
    )
    together = denoiser.denoise(given["motion"], denoiser.embed_steps(torch.tensor([5]))[0], memory)
    for row, (branch, take) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        alone = denoiser(
            given["motion"][take : take + 1],
            given["audio"][branch : branch + 1],
            given["person"][branch : branch + 1],
            given["previous_motion"][take : take + 1],
            given["previous_audio"][branch : branch + 1],
            torch.tensor([5]),
            given["indicator"][:1],
        )
        alone = alone[:, denoiser.config.previous_motions :]
        assert torch.allclose(together[row : row + 1], alone, atol=2e-6)


def test_constant_positions_do_not_know_the_order():
    """With every frame seeing all audio, swapping frames only swaps the result."""
    denoiser = build(learned_positions=False, alignment_width=0)
    given = inputs(denoiser)
    order = torch.randperm(denoiser.config.motions, generator=torch.Generator().manual_seed(0))
    swapped = {**given, "motion": given["motion"][:, order], "indicator": given["indicator"][:, order]}
    previous = denoiser.config.previous_motions
    expected = denoiser(**given)[:, previous:][:, order]
    assert torch.allclose(denoiser(**swapped)[:, previous:], expected, atol=1e-5)


def test_learned_positions_know_the_order():
    denoiser = build(alignment_width=0)
    given = inputs(denoiser)
    swapped = {**given, "motion": given["motion"].flip(1)}
    difference = denoiser(**swapped)[:, 10:] - denoiser(**given)[:, 10:].flip(1)
    assert difference.abs().max() > 0.01


def test_constant_row_is_the_one_past_the_tokens():
    assert torch.equal(constant_row(111, 16), sinusoidal_table(600, 16)[111])


def test_sinusoidal_table_by_hand():
    table = sinusoidal_table(3, 4)
    expected = torch.tensor(
        [[0, 1, 0, 1], [0.841471, 0.540302, 0.01, 0.99995], [0.909297, -0.416147, 0.019999, 0.9998]]
    )
    assert torch.allclose(table, expected, atol=1e-5)


def test_alignment_by_hand():
    expected = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]])
    assert torch.equal(alignment(4, 2), expected.bool())
    assert torch.equal(alignment(4, 1)[1:], torch.eye(4, dtype=torch.bool))


def test_bfloat16_stays_near_float32():
    denoiser = build()
    given = inputs(denoiser)
    exact = denoiser(**given)
    denoiser.use_dtype(torch.bfloat16)
    rough = denoiser(**given)
    assert rough.dtype == torch.float32
    error = (rough - exact).pow(2).mean().sqrt() / exact.std()
    assert 1e-6 < error < 0.02


def test_indicator_is_demanded():
    denoiser = build()
    given = inputs(denoiser)
    given["indicator"] = None
    with pytest.raises(ValueError, match="needs the indicator"):
        denoiser(**given)


def test_dropout_acts_in_training_only():
    denoiser = build()
    given = inputs(denoiser)
    assert torch.equal(denoiser(**given), denoiser(**given))
    denoiser.train()
    assert not torch.equal(denoiser(**given), denoiser(**given))
