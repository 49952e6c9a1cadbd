"""The network: shapes, what it sees and hears, what is dropped, padding, and whole layers by loops."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from elocute.errors import InputError
from elocute.models.thmm.config import BLOCKS, SPOKEN, NetworkConfig, ThmmConfig
from elocute.models.thmm.network import Keep, Thmm, Told
from elocute.networks.grid_attention import of_each_point
from tests.backend.thmm.tiny_thmm import SIZES, network, published, spoken, unspoken

FRAMES, CLUE = SIZES.frames, SIZES.clue
STEPS = torch.tensor([3, 60, 100])
KEEP = Keep(torch.tensor([True, False, True]), torch.tensor([True, True, False]))
INSIDE = torch.arange(FRAMES)[None] < torch.tensor([[FRAMES], [FRAMES], [12]])


def noise(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def told(own, **more):
    width = own.points * own.numbers
    clue = noise(1, 3, own.network.clue if own.network.sees_clue else 0, width)
    audio = noise(2, 3, FRAMES, own.heard) if own.listens else None
    return Told(**({"clue": clue, "audio": audio, "inside": INSIDE} | more))


def rows(own, seed=4):
    return noise(seed, 3, FRAMES, own.points * own.numbers)


@torch.no_grad()
def made(net, heard, x, keep=KEEP):
    return net.denoise(x, STEPS, net.conditions(heard, keep))


@pytest.mark.parametrize("kind", ["efficient", "full"])
@pytest.mark.parametrize(
    "own",
    [
        spoken(), spoken(dimensions=3), spoken(sound="mel"), spoken(sound="encoder"), unspoken(), published(),
        spoken(variance="learned"), unspoken(variance="learned"),
        spoken(network=replace(SIZES, pattern=("spatial", "temporal"))),
        spoken(network=replace(SIZES, pattern=("clue_spatial",), kernel=1, aligned=False)),
    ],
)  # fmt: skip
def test_shapes_of_every_kind(own, kind):
    own = replace(own, network=replace(own.network, temporal=kind))
    out = made(network(own), told(own), rows(own))
    factor = 2 if own.variance == "learned" else 1
    assert out.shape == (3, FRAMES, factor * own.points * own.numbers)
    assert out.isfinite().all()


def test_a_frame_is_its_points_in_their_order():
    """What goes in for one landmark comes out for the same one where points do not see each other."""
    own = spoken(network=replace(SIZES, pattern=("temporal",)))
    net, x = network(own), rows(own)
    other = x.unflatten(-1, (68, 2)).clone()
    other[:, :, 30] += 3
    before, after = made(net, told(own), x), made(net, told(own), other.flatten(2))
    changed = (before != after).unflatten(-1, (68, 2)).any(dim=-1).any(dim=1)
    assert changed.nonzero()[:, 1].unique().tolist() == [30]


@pytest.mark.parametrize("own", [unspoken(variance="learned"), spoken(variance="learned")])
def test_learned_variances_come_behind_all_predictions(own):
    net, width = network(own), own.points * own.numbers
    with torch.no_grad():
        net.out.weight[own.numbers :] = 0
        net.out.bias[own.numbers :] = 7
    found = made(net, told(own), rows(own))
    assert (found[..., width:] == 7).all()
    assert not (found[..., :width] == 7).any()


@pytest.mark.parametrize("own", [spoken(), unspoken()])
def test_every_condition_is_seen_unless_it_is_dropped(own):
    net, heard, x = network(own), told(own), rows(own)
    before = made(net, heard, x)
    other = made(net, replace(heard, clue=heard.clue + 1), x)
    assert [torch.allclose(before[n], other[n]) for n in range(3)] == [False, False, True]
    if own.listens:
        other = made(net, replace(heard, audio=heard.audio + 1), x)
        assert [torch.allclose(before[n], other[n]) for n in range(3)] == [False, True, False]


@pytest.mark.parametrize(("block", "all_frames"), [("clue", True), ("clue_spatial", False)])
def test_which_frames_of_the_clue_a_block_sees(block, all_frames):
    """In space only the last one; over time every one. What is pooled sees them all and is left out here."""
    own = spoken(network=replace(SIZES, pattern=(block,)))
    net = network(own)
    with torch.no_grad():
        net.clue_pooled.weight.zero_()
    heard = told(own)
    for frame in (0, CLUE - 2, CLUE - 1):
        clue = heard.clue.clone()
        clue[:2, frame] += 2
        after = made(net, replace(heard, clue=clue), rows(own))
        seen = not torch.allclose(made(net, heard, rows(own))[:2], after[:2])
        assert seen is (all_frames or frame == CLUE - 1)


def test_without_alignment_a_frame_hears_the_memory_alone():
    assert network(spoken()).conditions(told(spoken()), KEEP).aligned is not None
    plain = spoken(network=replace(SIZES, aligned=False))
    assert network(plain).conditions(told(plain), KEEP).aligned is None


@pytest.mark.parametrize("kind", ["efficient", "full"])
@pytest.mark.parametrize("own", [spoken(), unspoken()])
def test_what_lies_behind_the_end_changes_nothing(own, kind):
    own = replace(own, network=replace(own.network, temporal=kind))
    net, heard, x = network(own), told(own), rows(own)
    other, behind = x.clone(), ~INSIDE
    other[behind] += 5
    changed = heard
    if own.listens:
        audio = heard.audio.clone()
        audio[behind] += 5
        changed = replace(heard, audio=audio)
    before, after = made(net, heard, x), made(net, changed, other)
    assert torch.allclose(before[INSIDE], after[INSIDE], atol=1e-5)


def test_time_and_the_means_of_the_conditions_are_what_stylizes():
    """The embedding by its formula: time, the mean of the sound inside, the mean of all of the clue."""
    own = spoken()
    net, heard = network(own), told(own)
    with torch.no_grad():
        found = net.conditions(heard, Keep(torch.ones(3).bool(), torch.ones(3).bool())).pooled
        encoded = net.speech_encoder(net.speech_in(heard.audio) + net.speech_frames, INSIDE)
        for n, end in enumerate((FRAMES, FRAMES, 12)):
            tokens = [
                net.clue_in(heard.clue[n, f].view(68, 2)[k])
                + net.places[k] + net.clue_frames[f] + net.clue_type
                for f in range(CLUE) for k in range(68)
            ]  # fmt: skip
            expected = net.speech_pooled(encoded[n, :end].mean(dim=0))
            expected = expected + net.clue_pooled(torch.stack(tokens).mean(dim=0))
            assert torch.allclose(found[n], expected, atol=1e-4)


def test_without_averages_time_alone_is_what_stylizes():
    own = spoken(network=replace(SIZES, averages=False))
    net = network(own)
    with torch.no_grad():
        conditions = net.conditions(told(own), Keep(torch.ones(3).bool(), torch.ones(3).bool()))
    assert not conditions.pooled.any()
    content = own.to_json()
    del content["network"]["averages"], content["tail"]
    older = ThmmConfig.from_json(content, "config.json")
    assert (older.network.averages, older.tail) == (True, 4)
    content["network"]["frames"] = 12
    assert ThmmConfig.from_json(content, "config.json").tail == 3


def test_a_layer_is_its_blocks_in_the_order_of_the_pattern():
    own = spoken(network=replace(SIZES, layers=1, kernel=3))
    net, heard, x = network(own), told(own), rows(own)
    with torch.no_grad():
        conditions = net.conditions(heard, KEEP)
        embedding = net.time(STEPS) + conditions.pooled
        h = net.motion_in(x.view(3, FRAMES, 68, 2)) + net.places + net.frames[:, None]
        h = h + conditions.aligned[:, :, None]
        (layer,) = net.layers
        mask = of_each_point(INSIDE, 68)[..., None].float()
        h = layer.neighbours(h.transpose(1, 2).reshape(3 * 68, FRAMES, -1), mask)
        h = h.view(3, 68, FRAMES, -1).transpose(1, 2)
        contexts = dict(zip(SPOKEN, conditions.contexts[0], strict=True))
        blocks = dict(zip(SPOKEN, layer.blocks, strict=True))
        h = blocks["temporal"](h, embedding, INSIDE)
        h = blocks["spatial"](h, embedding)
        for name in ("speech", "clue", "clue_spatial"):
            h = blocks[name](h, contexts[name], embedding)
        h = layer.feed_forward(h, embedding)
        expected = net.out(net.norm(h)).flatten(2)
    assert torch.allclose(made(net, heard, x), expected, atol=1e-5)


def test_a_network_begins_by_predicting_nothing():
    torch.manual_seed(0)
    assert not made(Thmm(spoken()), told(spoken()), rows(spoken())).any()


def test_rows_of_a_batch_do_not_see_each_other():
    own = spoken()
    net, heard, x = network(own), told(own), rows(own)
    alone = Told(heard.clue[2:], heard.audio[2:], heard.inside[2:])
    keep = Keep(KEEP.speech[2:], KEEP.clue[2:])
    with torch.no_grad():
        one = net.denoise(x[2:], STEPS[2:], net.conditions(alone, keep))
    assert torch.allclose(one[0], made(net, heard, x)[2], atol=1e-5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"heads": 3}, "3 attention heads"),
        ({"width": 0}, "beyond reason"),
        ({"frames": 1}, "beyond reason"),
        ({"clue": -1}, "beyond reason"),
        ({"kernel": 4}, "beyond reason"),
        ({"temporal": "sparse"}, "unknown attention: 'sparse'"),
        ({"spatial": "sparse"}, "unknown attention: 'sparse'"),
        ({"pattern": ()}, "names no block"),
        ({"pattern": ("temporal", "temporal")}, "one twice"),
        ({"pattern": ("time",)}, ", ".join(BLOCKS)),
        ({"clue": 0}, "the clue has no frames"),
    ],
)
def test_sizes_that_cannot_be(change, said):
    with pytest.raises(InputError, match=said):
        replace(SIZES, **change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"motion": "coefficients"}, "nothing to attend to in space"),
        ({"sound": "none"}, "hears none"),
        ({"dimensions": 4}, "beyond reason"),
        ({"sampling_steps": 2000}, "out of range"),
        ({"overlap": 11}, "out of range"),
        ({"schedule": "steep"}, "'steep'"),
        ({"target": "speed"}, "'speed'"),
        ({"variance": "large"}, "'large'"),
        ({"sampler": "euler"}, "'euler'"),
        ({"sound": "loud"}, "'loud'"),
        ({"motion": "voxels"}, "'voxels'"),
    ],
)
def test_settings_that_cannot_be(change, said):
    with pytest.raises(InputError, match=said):
        spoken(**change)


def test_a_configuration_comes_back_as_it_was():
    for own in (spoken(), unspoken(), published(), ThmmConfig()):
        assert ThmmConfig.from_json(own.to_json(), "config.json") == own
    assert NetworkConfig().pattern == SPOKEN


@pytest.mark.parametrize(
    "change",
    [{"architecture": "dimitra"}, {"format": 2}, {"extra": 1}, {"network": 3}, {"steps": "all"}],
)
def test_configurations_of_other_kinds(change):
    with pytest.raises(InputError):
        ThmmConfig.from_json({**spoken().to_json(), **change}, "config.json")
