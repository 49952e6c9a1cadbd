import pytest
import torch
from torch import nn

from elocute.models.diffposetalk.config import StyleEncoderConfig
from elocute.models.diffposetalk.positions import sinusoidal_table
from elocute.models.diffposetalk.style_encoder import StyleEncoder
from tests.backend.diffposetalk.tiny_model import fill


@pytest.fixture(scope="module")
def encoder():
    made = StyleEncoder(StyleEncoderConfig(feature_dim=12, heads=2, layers=2, mlp_ratio=2), 54)
    fill(made)
    return made.eval().requires_grad_(False)


@pytest.mark.parametrize("frames", [1, 60, 100, 599])
def test_equals_the_published_form(encoder, frames):
    motion = torch.randn(2, frames, 54, generator=torch.Generator().manual_seed(frames))
    x = encoder.motion_proj(motion) + sinusoidal_table(600, 12)[frames]
    for ours in encoder.transformer.layers:
        layer = nn.TransformerEncoderLayer(12, 2, 24, activation="gelu", batch_first=True)
        layer.load_state_dict(ours.state_dict(), strict=True)
        layer.train()  # the plain path, without torch's fused one
        for part in layer.modules():
            if isinstance(part, nn.Dropout):
                part.p = 0.0
        layer.self_attn.dropout = 0.0
        x = layer(x)
    assert torch.allclose(encoder(motion), x.mean(1), atol=2e-6)


def test_order_of_frames_does_not_matter(encoder):
    motion = torch.randn(1, 100, 54, generator=torch.Generator().manual_seed(1))
    order = torch.randperm(100, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(encoder(motion), encoder(motion[:, order]), atol=2e-6)


def test_length_matters(encoder):
    motion = torch.randn(1, 1, 54, generator=torch.Generator().manual_seed(1))
    assert not torch.allclose(encoder(motion.expand(1, 50, 54)), encoder(motion.expand(1, 90, 54)), atol=1e-4)


@pytest.mark.parametrize("frames", [0, 600])
def test_lengths_outside_the_table(encoder, frames):
    with pytest.raises(ValueError, match="1 to 599 frames"):
        encoder(torch.zeros(1, frames, 54))


@pytest.mark.parametrize(("velocity", "same"), [(True, True), (False, False)])
def test_the_length_of_a_clip_is_no_style_where_pace_is_read(velocity, same):
    """The published encoder adds a row that depends on the number of frames; ours always the same."""
    torch.manual_seed(2)
    config = StyleEncoderConfig(feature_dim=16, heads=2, layers=2, motions=50, velocity=velocity)
    encoder = StyleEncoder(config, 7).eval()
    frame = torch.randn(1, 1, 7)
    with torch.no_grad():
        short, long = (encoder(frame.expand(-1, frames, -1)) for frames in (20, 50))
    assert torch.allclose(short, long, atol=1e-5) is same


def test_pace_is_read():
    torch.manual_seed(2)
    encoder = StyleEncoder(StyleEncoderConfig(16, 2, 1, motions=40, velocity=True), 3).eval()
    generator = torch.Generator().manual_seed(1)
    slow = torch.randn(1, 20, 3, generator=generator).repeat_interleave(2, dim=1)
    shuffled = slow[:, torch.randperm(40, generator=generator)]
    with torch.no_grad():
        assert not torch.allclose(encoder(slow), encoder(shuffled), atol=1e-3)
