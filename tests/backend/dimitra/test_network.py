"""The networks: shapes, what each hears, what is dropped, and padding."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from elocute.errors import InputError
from elocute.models.dimitra.config import DimitraConfig, NetworkConfig
from elocute.models.dimitra.network import Dimitra, Told
from elocute.speech_encoders.sources import TextConfig
from tests.backend.dimitra.tiny_dimitra import SIZES, config, network

FRAMES, WIDTH = SIZES.frames, 47
STEPS = torch.tensor([3, 60, 100])
KEEP = torch.tensor([True, False, True])


def noise(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def told(**more):
    inside = torch.arange(FRAMES)[None] < torch.tensor([[FRAMES], [FRAMES], [12]])
    usual = {
        "first": noise(1, 3, WIDTH),
        "audio": noise(2, 3, FRAMES, 8),
        "phones": torch.randint(0, 40, (3, FRAMES), generator=torch.Generator().manual_seed(3)),
        "text": torch.tensor([[5, 9, 11], [5, 0, 0], [7, 8, 0]]),
        "said": torch.tensor([[True, True, True], [True, False, False], [True, True, False]]),
        "inside": inside,
    }
    return Told(**(usual | more))


X = noise(4, 3, FRAMES, WIDTH)


@torch.no_grad()
def made(net, heard, x=X, keep=KEEP):
    return net.denoise(x, STEPS, net.conditions(heard, keep))


@pytest.mark.parametrize("attention", ["efficient", "full"])
@pytest.mark.parametrize(
    ("change", "groups"),
    [
        ({}, ["lips", "face", "head"]),
        ({"division": "one"}, ["all"]),
        ({"phones": False, "text": TextConfig("none", 0, "")}, ["lips", "face", "head"]),
        ({"lips": (1, 4)}, ["lips", "face", "head"]),
    ],
)
def test_shapes_of_every_kind(attention, change, groups):
    net = network(config(network=replace(SIZES, attention=attention), **change))
    assert list(net.groups) == groups
    out = made(net, told())
    assert out.shape == X.shape
    assert out.isfinite().all()


def test_each_group_is_a_network_of_its_own():
    """What another group's channels hold changes nothing: the networks could be trained apart."""
    net, other = network(), X.clone()
    lips = net.groups["lips"]
    outside = [c for c in range(WIDTH) if c not in lips]
    other[..., outside] += 3
    first = told().first.clone()
    first[:, outside] += 3
    before, after = made(net, told()), made(net, told(first=first), other)
    assert torch.equal(before[..., lips], after[..., lips])
    assert not torch.equal(before[..., outside], after[..., outside])


@pytest.mark.parametrize("name", ["first", "audio", "phones", "text"])
def test_every_condition_is_heard_unless_it_is_dropped(name):
    net, heard = network(), told()
    value = getattr(heard, name)
    changed = replace(heard, **{name: value + 1})
    before, after = made(net, heard), made(net, changed)
    assert not torch.allclose(before[0], after[0])
    # Sample 1 has lost sound, phones and text; it keeps its first frame.
    assert torch.allclose(before[1], after[1]) is (name != "first")


def test_without_alignment_a_frame_hears_the_memory_alone():
    plain = network(config(network=replace(SIZES, aligned=False)))
    heard = told()
    conditions = plain.conditions(heard, KEEP)
    assert not conditions["lips"].aligned.any()
    assert network().conditions(heard, KEEP)["lips"].aligned.any()


@pytest.mark.parametrize("attention", ["efficient", "full"])
def test_what_lies_behind_the_end_changes_nothing(attention):
    net = network(config(network=replace(SIZES, attention=attention)))
    heard, x = told(), X.clone()
    behind = ~heard.inside
    x[behind] += 5
    audio, phones = heard.audio.clone(), heard.phones.clone()
    audio[behind] += 5
    phones[behind] = 1
    text = heard.text.clone()
    text[~heard.said] = 77
    before, after = made(net, heard), made(net, replace(heard, audio=audio, phones=phones, text=text), x)
    assert torch.allclose(before[heard.inside], after[heard.inside], atol=1e-5)


def test_without_averages_time_alone_is_what_stylizes():
    plain, told_too = network(config(network=replace(SIZES, averages=False))), network()
    with torch.no_grad():
        assert not plain.conditions(told(), KEEP)["lips"].pooled.any()
        assert told_too.conditions(told(), KEEP)["lips"].pooled.any()
    assert made(plain, told()).isfinite().all()


def test_a_network_begins_by_predicting_the_mean():
    torch.manual_seed(0)
    assert not made(Dimitra(config()), told()).any()


def test_rows_of_a_batch_do_not_see_each_other():
    net, heard = network(), told()
    alone = Told(*(None if v is None else v[2:3] for v in vars(heard).values()))
    one = net.denoise(X[2:3], STEPS[2:], net.conditions(alone, KEEP[2:]))
    assert torch.allclose(one[0], made(net, heard)[2], atol=1e-5)


def test_a_configuration_there_and_back():
    own = config()
    assert DimitraConfig.from_json(own.to_json(), "x").to_json() == own.to_json()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"network": {"heads": 3}}, "16 channels cannot have 3"),
        ({"network": {"width": 0}}, "beyond reason"),
        ({"network": {"kernel": 4}}, "beyond reason"),
        ({"network": {"attention": "flash"}}, "unknown attention"),
        ({"network": {"depth": 4}}, "unknown fields: depth"),
        ({"overlap": 11}, "out of range"),
        ({"guidance": -1.0}, "out of range"),
        ({"division": "four"}, "channels are unknown"),
        ({"text": {"width": 5}}, "text encoder"),
        ({"speech": {"kind": "whistle"}}, "speech encoder"),
        ({"steps": "many"}, "steps"),
        ({"schedule": "steep"}, "'steep'"),
        ({"target": "speed"}, "'speed'"),
        ({"lips": [1, 1]}, "each once"),
        ({"lips": [-1]}, "each once"),
        ({"lips": [43]}, "each once"),
        ({"tail": 6}, "out of range"),
        ({"architecture": "atom"}, "no model with the architecture dimitra"),
    ],
)
def test_configurations_that_cannot_be(change, said):
    content = config().to_json()
    for name, value in change.items():
        content[name] = content[name] | value if isinstance(value, dict) else value
    with pytest.raises(InputError, match=said):
        DimitraConfig.from_json(content, "config.json")
    with pytest.raises(InputError):
        DimitraConfig.from_json([], "config.json")


def test_configurations_from_before_some_options_mean_their_defaults():
    content = config().to_json()
    for name in ("schedule", "target", "lips", "tail"):
        del content[name]
    del content["network"]["averages"]
    found = DimitraConfig.from_json(content, "config.json")
    assert (found.schedule, found.target, found.lips, found.tail) == ("cosine", "sample", (), 4)
    assert found.network.averages


@pytest.mark.parametrize(("frames", "tail"), [(3, 0), (7, 1), (12, 3), (15, 3), (16, 4), (100, 4)])
def test_older_folders_with_short_windows_lose_what_these_can(frames, tail):
    content = config().to_json() | {"overlap": 1}
    del content["tail"]
    content["network"] = {**content["network"], "frames": frames}
    assert DimitraConfig.from_json(content, "config.json").tail == tail


def test_published_sizes_are_the_default():
    own = NetworkConfig()
    assert (own.width, own.layers, own.heads, own.hidden, own.frames) == (512, 8, 8, 1024, 100)
    assert own.attention == "efficient"
    assert own.kernel == 1


@pytest.mark.parametrize("kind", range(4))
@torch.no_grad()
def test_every_kind_of_condition_is_told_from_the_others_by_an_embedding_of_its_own(kind):
    net = network(config())
    before = made(net, told())
    for name, numbers in net.named_parameters():
        if name.endswith("segments"):
            numbers[kind] += noise(5, numbers.shape[1])
    assert not torch.allclose(made(net, told()), before, atol=1e-5)
