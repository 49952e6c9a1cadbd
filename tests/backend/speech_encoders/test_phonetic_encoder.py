from dataclasses import replace

import pytest
import torch

from elocute.errors import InputError
from elocute.speech_encoders.phonetic_config import PhoneticEncoderConfig
from elocute.speech_encoders.phonetic_encoder import PhoneticEncoder
from elocute.speech_encoders.phonetic_input import LABELS, MOUTH_WIDTH, PHONE_WIDTH, SOUND_WIDTH, SOURCES
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
    mouth = torch.randn(batch, frames, MOUTH_WIDTH, generator=generator)
    return sound, phones, mouth, source


def test_shapes(encoder):
    features, logits = encoder(*inputs())
    assert features.shape == (2, 12, SMALL_ENCODER.width)
    assert logits.shape == (2, 12, len(LABELS))


def test_sound_that_is_not_heard_does_not_matter(encoder):
    sound, phones, mouth, source = inputs()
    heard = torch.tensor([True, False])
    first = encoder(sound, phones, mouth, source, heard)[0]
    second = encoder(sound + 1.0, phones, mouth, source, heard)[0]
    assert not torch.allclose(first[0], second[0], atol=1e-3)
    assert torch.equal(first[1], second[1])


def test_phones_without_a_source_do_not_matter(encoder):
    sound, phones, mouth, source = inputs()
    source[1] = 0.0
    first = encoder(sound, phones, mouth, source)[0]
    second = encoder(sound, phones + 1.0, mouth, source)[0]
    assert not torch.allclose(first[0], second[0], atol=1e-3)
    assert torch.equal(first[1], second[1])


def test_what_is_heard_is_named_by_the_sound_alone(encoder):
    sound, phones, mouth, source = inputs()
    assert torch.equal(
        encoder(sound, phones, mouth, source)[1], encoder(sound, phones + 1.0, mouth, 0 * source)[1]
    )


def test_a_feature_depends_on_its_reach_only(encoder):
    frames, middle, reach = 21, 10, SMALL_ENCODER.reach
    sound, phones, mouth, source = inputs(frames, 1)
    plain = encoder(sound, phones, mouth, source)[0][0, middle]
    for distance, changes in ((reach, True), (reach + 1, False)):
        for side in (-1, 1):
            other = sound.clone()
            other[0, middle + side * distance] += 5.0
            moved = encoder(other, phones, mouth, source)[0][0, middle]
            assert torch.equal(moved, plain) is not changes


@pytest.fixture
def told():
    """An encoder that is given what the phones ask of the mouth."""
    torch.manual_seed(1)
    return PhoneticEncoder(replace(SMALL_ENCODER, mouth=True)).eval()


def test_what_the_phones_ask_of_the_mouth_matters_where_it_is_given(encoder, told):
    sound, phones, mouth, source = inputs()
    assert torch.equal(
        encoder(sound, phones, mouth, source)[0], encoder(sound, phones, mouth + 1.0, source)[0]
    )
    before, after = (told(sound, phones, asked, source)[0] for asked in (mouth, mouth + 1.0))
    assert not torch.allclose(before, after, atol=1e-3)


def test_the_mouth_is_also_what_the_heard_phones_ask_for(told):
    logits = torch.full((1, 2, len(LABELS)), -30.0)
    logits[0, 0, LABELS.index("M")] = logits[0, 1, LABELS.index("AA")] = 30.0
    mouth = torch.zeros(1, 2, MOUTH_WIDTH)
    asked = told.mouth(mouth, logits, None)
    assert asked.shape == (1, 2, told.config.mouth_width)
    own = asked[0, :, MOUTH_WIDTH:]
    assert own[:, -2].tolist() == pytest.approx([1.0, 0.0])  # lips together in M alone
    assert own[1, 0] > 0.4 > own[0, 0]  # the jaw of AA
    assert not told.mouth(mouth, logits, torch.tensor([False]))[..., MOUTH_WIDTH:].any()


def test_after_a_clips_end_nothing_is_heard(told):
    sound, phones, mouth, source = inputs(30, 1)
    inside = torch.arange(30)[None] < 20
    short = told(sound[:, :20], phones[:, :20], mouth[:, :20], source)[0]
    cut = told(sound, phones, mouth, source, None, inside)[0][:, :20]
    assert torch.allclose(short, cut, atol=1e-5)
    assert not torch.allclose(short, told(sound, phones, mouth, source)[0][:, :20], atol=1e-3)


def test_options_survive_json():
    assert PhoneticEncoderConfig.from_options({"mouth": True}).mouth is True

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
        {"mouth": 1},
    ],
)
def test_impossible_options(options):
    with pytest.raises(InputError, match="speech encoder"):
        PhoneticEncoderConfig.from_options(options)
