"""Maps are read strictly, with a sentence for every error, and written so that they come back the same."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from addon.core.errors import UserError
from addon.core.retarget.presets import presets
from addon.core.retarget.rig_map import (
    Combination,
    MapChannel,
    MapLook,
    MapTurn,
    RigMap,
)
from addon.core.retarget.rig_map_file import parse_map, read_map, write_map


def plain(**changes):
    data = {
        "format": "elocute-rig-map",
        "version": 1,
        "kind": "mine",
        "channels": [{"key": "Open", "from": {"jawOpen": 1}}],
    }
    data.update(changes)
    return {name: value for name, value in data.items() if value is not None}


@pytest.mark.parametrize("one", presets(), ids=lambda one: one.kind)
def test_presets_come_back_as_they_were(one):
    assert parse_map(write_map(one), "it") == one


def test_everything_that_a_map_says_comes_back():
    whole = RigMap(
        "mine",
        "Mine",
        (
            MapChannel(
                "key", 'ö "x"', 0, {"jawOpen": 0.5, "mouthClose": -1.0}, None, 2.0, 0.1, (-math.inf, 1.5)
            ),
            MapChannel("location", "lip", 2, {}, None, curve=((0.0, 0.0), (1.0, 0.5)), optional=True),
            MapChannel("property", "aa", 0, {}, {"jawOpen": 0.5}, unless=("x",)),
        ),
        (MapTurn("jaw", "Kiefer", 0.5, (0.0, 0.0, 1.0), 30.0, 40.0, True), MapTurn("head", "Kopf")),
        MapLook("eyes", "", "eye.R"),
        (Combination("fix", ("jawOpen", "mouthPucker"), 0.5),),
        pictures=True,
    )
    assert parse_map(write_map(whole), "it") == whole


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("{", "is not JSON"),
        ("[" * 100000, "is not JSON"),
        ([], "the file must be an object"),
        (plain(format="other"), "format"),
        (plain(version=2), "its version is 2, this add-on reads 1"),
        (plain(more=1), "unknown entry 'more'"),
        (plain(channels=[]), "it drives nothing"),
        (plain(channels={}), "channels must be a list"),
        (plain(kind=""), "kind must be a text"),
        (
            plain(channels=[{"key": "a", "from": {"jawOpn": 1}}]),
            "channel 1 (a), from: there is no control 'jawOpn'",
        ),
        (plain(channels=[{"key": "a", "from": {"jawOpen": "1"}}]), "jawOpen must be a number"),
        (plain(channels=[{"key": "a", "from": {"jawOpen": math.nan}}]), "jawOpen must be a number"),
        (plain(channels=[{"key": "a", "from": {"jawOpen": 10**400}}]), "jawOpen must be a number"),
        (plain(channels=[{"key": "a", "gain": True}]), "gain must be a number"),
        (plain(channels=[{"from": {}}]), "channel 1 must say one of key"),
        (plain(channels=[{"key": "a", "property": "b"}]), "channel 1 must say one of key"),
        (plain(channels=[{"key": "a", "size": 1}]), "unknown entry 'size'"),
        (plain(channels=[{"key": "a"}, {"key": "a"}]), "a is listed twice"),
        (plain(channels=[{"bone": "b", "location": "w"}]), "names no axes"),
        (plain(channels=[{"bone": "b", "location": "xx"}]), "names no axes"),
        (plain(channels=[{"location": "x"}]), "name must be a text"),
        (plain(channels=[{"key": "a", "limits": [1, 0]}]), "limits are in the wrong order"),
        (plain(channels=[{"key": "a", "limits": [1]}]), "must be two numbers"),
        (plain(channels=[{"key": "a", "curve": [[0, 0], [0, 1]]}]), "rising from left to right"),
        (plain(channels=[{"key": "a", "from": {"jawOpen": 1}, "pose": {}}]), "says both from and pose"),
        (plain(channels=[{"key": str(n)} for n in range(2001)]), "more than 2000"),
        (plain(turns=[{"joint": "knee", "bone": "b"}]), "'knee' is no joint"),
        (plain(turns=[{"joint": "jaw", "bone": "b", "axis": [0, 0, 0]}]), "its axis has no length"),
        (plain(turns=[{"joint": "jaw", "bone": "b", "axis": [0, 0]}]), "must be 3 numbers"),
        (plain(turns=[{"joint": "jaw", "bone": "b", "degrees": 0}]), "does not open"),
        (plain(turns=[{"joint": "jaw", "bone": "b", "limit": -1}]), "limit must not be negative"),
        (plain(turns=[{"joint": "jaw", "bone": "b", "limit": None}]), "limit must be a number"),
        (plain(turns=[{"joint": "jaw", "bone": "b", "exact": 1}]), "exact must be true or false"),
        (plain(turns=[{"joint": "jaw", "bone": "b"}, {"joint": "head", "bone": "b"}]), "b is listed twice"),
        (plain(combinations=[{"name": "a", "of": ["jawOpen"]}]), "needs two controls"),
        (plain(look={"middle": "a"}), "unknown entry 'middle'"),
        (plain(detect={"marks": {"faces": []}}), "unknown entry 'faces'"),
        (plain(pictures=1), "pictures must be true or false"),
    ],
)
def test_each_error_is_one_sentence(data, says):
    text = data if isinstance(data, str) else json.dumps(data)
    with pytest.raises(UserError) as raised:
        parse_map(text, "mine.json")
    assert says in raised.value.message
    assert raised.value.message.startswith("mine.json is not")
    assert raised.value.hint


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="no file"):
        read_map(tmp_path / "none.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read"):
        read_map(tmp_path / "bytes.json")
    with pytest.raises(UserError, match="cannot be read"):
        read_map(tmp_path)
    with (tmp_path / "huge.json").open("wb") as stream:
        stream.truncate(5_000_000)
    with pytest.raises(UserError, match="too large"):
        read_map(tmp_path / "huge.json")


def test_a_bone_may_list_several_axes_at_once():
    one = parse_map(json.dumps(plain(channels=[{"bone": "lip", "location": "xz"}])), "it")
    assert [(channel.place, channel.axis) for channel in one.channels] == [("location", 0), ("location", 2)]
    assert replace(one.channels[0], axis=2) == one.channels[1]
