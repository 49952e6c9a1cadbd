import pytest
import torch

from elocute.errors import InputError
from elocute.speech_encoders.phonetic_encoder import PhoneticEncoder, PhoneticEncoderConfig
from elocute.speech_encoders.phonetic_input import LABELS, PHONE_WIDTH, SOUND_WIDTH, SOURCES
from tests.backend.diffposetalk.phonetic_model import SMALL_ENCODER


@pytest.fixture
def encoder():
    torch.manual_seed(1)
    made = PhoneticEncoder(SMALL_ENCODER).eval()
    torch.nn.init.normal_(made.no_sound)
    torch.nn.init.normal_(made.no_phones)
    return made


def inputs(frames=12, batch=2):
    generator = torch.Generator().manual_seed(2)
    sound = torch.randn(batch, frames, SOUND_WIDTH, generator=generator)
    phones = torch.randn(batch, frames, PHONE_WIDTH, generator=generator)
    source = torch.zeros(batch, len(SOURCES))
    source[:, 0] = 1.0
    return sound, phones, source


def test_shapes(encoder):
    features, logits = encoder(*inputs())
    assert features.shape == (2, 12, SMALL_ENCODER.width)
    assert logits.shape == (2, 12, len(LABELS))


def test_sound_that_is_not_heard_does_not_matter(encoder):
    sound, phones, source = inputs()
    heard = torch.tensor([True, False])
    first = encoder(sound, phones, source, heard)[0]
    second = encoder(sound + 1.0, phones, source, heard)[0]
    assert not torch.allclose(first[0], second[0], atol=1e-3)
    assert torch.equal(first[1], second[1])


def test_phones_without_a_source_do_not_matter(encoder):
    sound, phones, source = inputs()
    source[1] = 0.0
    first = encoder(sound, phones, source)[0]
    second = encoder(sound, phones + 1.0, source)[0]
    assert not torch.allclose(first[0], second[0], atol=1e-3)
    assert torch.equal(first[1], second[1])


def test_what_is_heard_is_named_by_the_sound_alone(encoder):
    sound, phones, source = inputs()
    assert torch.equal(encoder(sound, phones, source)[1], encoder(sound, phones + 1.0, 0 * source)[1])


def test_a_feature_depends_on_its_reach_only(encoder):
    frames, middle, reach = 21, 10, SMALL_ENCODER.reach
    sound, phones, source = inputs(frames, 1)
    plain = encoder(sound, phones, source)[0][0, middle]
    for distance, changes in ((reach, True), (reach + 1, False)):
        for side in (-1, 1):
            other = sound.clone()
            other[0, middle + side * distance] += 5.0
            moved = encoder(other, phones, source)[0][0, middle]
            assert torch.equal(moved, plain) is not changes


def test_options_survive_json():
    config = PhoneticEncoderConfig.from_options(
        {"width": 8, "sound_dilations": [1, 2], "joint_dilations": [], "kernel": 3}
    )
    assert config == PhoneticEncoderConfig(8, (1, 2), (), 3)


@pytest.mark.parametrize(
    "options",
    [
        {"breadth": 8},
        {"width": "wide"},
        {"kernel": 4},
        {"width": 0},
        {"sound_dilations": [0]},
        {"width": None},
    ],
)
def test_impossible_options(options):
    with pytest.raises(InputError, match="speech encoder"):
        PhoneticEncoderConfig.from_options(options)
