"""Names of animatable numbers. What Blender calls them is checked in tests/blender."""

from __future__ import annotations

import math

import numpy as np
import pytest

from addon.core.channel import (
    ROTATION_MODES,
    Channel,
    ChannelCurve,
    ChannelKind,
    custom_property,
    location,
    object_property,
    rotation,
    scale,
    shape_key,
)


def test_paths():
    assert shape_key("face", "jawOpen").data_path == 'key_blocks["jawOpen"].value'
    assert shape_key("face", 'a "b" \\').data_path == r'key_blocks["a \"b\" \\"].value'
    assert location("rig", 2, "jaw").data_path == 'pose.bones["jaw"].location'
    assert location("rig", 2, "jaw").index == 2
    assert scale("rig", 0).data_path == "scale"
    assert custom_property("rig", "Smile", "head").data_path == 'pose.bones["head"]["Smile"]'
    assert custom_property("rig", "Smile").data_path == '["Smile"]'
    assert object_property("cube", "pose.x.influence").name == "influence"


@pytest.mark.parametrize("mode", ROTATION_MODES)
def test_rotations(mode):
    channels = rotation("rig", mode, "head")
    assert [channel.index for channel in channels] == list(range(len(channels)))
    assert {channel.kind for channel in channels} == {ChannelKind.ROTATION}
    assert {channel.group for channel in channels} == {"head"}
    assert len(channels) == (4 if mode in ("QUATERNION", "AXIS_ANGLE") else 3)
    assert rotation("cube", mode)[0].data_path in channels[0].data_path


def test_channels_are_told_apart_by_owner_path_and_index():
    assert location("a", 0).key != location("b", 0).key
    assert location("a", 0).key != location("a", 1).key
    assert shape_key("a", "x", "one").key == shape_key("a", "x", "two").key


@pytest.mark.parametrize(("index", "limits"), [(-1, (0.0, 1.0)), (0, (1.0, 0.0)), (0, (math.nan, 1.0))])
def test_impossible_channels(index, limits):
    with pytest.raises(ValueError, match="x"):
        Channel("a", ChannelKind.PROPERTY, "x", index, "x", limits=limits)


@pytest.mark.parametrize(("frames", "values"), [((1, 2), (0,)), ((), ())])
def test_impossible_curves(frames, values):
    with pytest.raises(ValueError, match=r"\(N,\)"):
        ChannelCurve(location("a", 0), np.array(frames, float), np.array(values, float))
