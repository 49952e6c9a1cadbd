"""From a character's channels back to controls: what the pose of a rig tells."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.clip.curves import signal_curves
from addon.core.clip.timebase import SceneTime
from addon.core.retarget.bind import bind
from addon.core.retarget.controls.pattern import read_pattern
from addon.core.retarget.controls.vocabulary import ARKIT, COLUMN, CONTROLS, JAW_OPEN_RADIANS
from addon.core.retarget.features import OPENING, WIDTH, pattern_features
from addon.core.retarget.layout import layout_of
from addon.core.retarget.perform import signals_of
from addon.core.retarget.presets import preset
from addon.core.retarget.rig_map import MapChannel, RigMap
from addon.core.retarget.unplayed import stand_in_clip, track_of_values
from tests.core.retarget.made_up import rig, talking, track_of

PATTERN = read_pattern()


def keyed(bound, track):
    """What the performance leaves on the rig's channels, frame by frame."""
    curves = signal_curves(signals_of(bound, track).signals, layout_of(bound), SceneTime(25.0, 0))
    frames = np.arange(track.frames)
    return {curve.channel.key: np.interp(frames, curve.frames, curve.values) for curve in curves}


def test_keys_named_as_controls_come_back():
    bound, track = bind(preset("arkit"), rig(ARKIT)), talking()
    back = track_of_values(bound, keyed(bound, track), 25.0)
    assert np.abs(back.values - track.values).max() < 0.01
    assert np.abs(back.jaw - track.jaw).max() < 0.01
    clip = stand_in_clip(back)
    assert np.abs(clip.jaw[:, 0] - JAW_OPEN_RADIANS * track.column("jawOpen")).max() < 0.01
    blink = clip.expression[:, PATTERN.names.index("eyeBlinkLeft")]
    assert np.abs(blink - track.column("eyeBlinkLeft")).max() < 0.01


@pytest.mark.parametrize(
    "kind", ["oculus-visemes", "azure-visemes", "cc4-visemes", "mmd", "preston-blair", "vrm-1"]
)
def test_a_mixture_of_visemes_tells_how_the_mouth_stands(kind):
    track = talking()
    names = [channel.name for channel in preset(kind).channels if channel.pose is not None]
    bound = bind(preset(kind), rig([*names, "blink"]))
    back = track_of_values(bound, keyed(bound, track), 25.0)
    wanted = pattern_features(PATTERN, CONTROLS, track.values)
    found = pattern_features(PATTERN, CONTROLS, back.values)
    assert np.corrcoef(found[:, OPENING], wanted[:, OPENING])[0, 1] > 0.95
    assert np.corrcoef(found[:, WIDTH], wanted[:, WIDTH])[0, 1] > 0.7


def test_gain_offset_curve_and_shared_controls():
    channels = (
        MapChannel("key", "gained", 0, {"jawOpen": 1.0}, gain=2.0, offset=0.1),
        MapChannel("key", "bent", 0, {"mouthPucker": 1.0}, curve=((0.0, 0.0), (0.5, 0.8), (1.0, 1.0))),
        MapChannel("key", "both", 0, {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}),
    )
    bound = bind(RigMap("k", "K", channels), rig(["gained", "bent", "both"]))
    track = track_of(
        30, jawOpen=0.3, mouthPucker=0.5, mouthSmileLeft=np.linspace(0, 1, 30), mouthSmileRight=0.4
    )
    back = track_of_values(bound, keyed(bound, track), 25.0)
    assert np.abs(back.column("jawOpen") - 0.3).max() < 0.01
    assert np.abs(back.column("mouthPucker") - 0.5).max() < 0.01
    smile = 0.5 * (track.column("mouthSmileLeft") + track.column("mouthSmileRight"))
    assert np.abs(0.5 * (back.column("mouthSmileLeft") + back.column("mouthSmileRight")) - smile).max() < 0.01
    assert np.abs(back.column("mouthSmileLeft") - back.column("mouthSmileRight")).max() < 0.02


def test_bones_tell_head_jaw_and_eyes():
    bones = ["Head", "Jaw", "LeftEye", "RightEye"]
    bound = bind(preset("arkit"), rig(ARKIT, bones=bones))
    t = np.arange(60) / 9
    track = talking(60)
    head = np.column_stack([0.2 * np.sin(t), 0.1 * np.cos(t), 0.05 * t / 7])
    track = type(track)(25.0, track.values, track.jaw, head, track.neck, track.eyes)
    back = track_of_values(bound, keyed(bound, track), 25.0)
    assert np.abs(back.head - head).max() < 0.01


def test_what_is_not_there_is_at_rest():
    bound = bind(preset("arkit"), rig(ARKIT))
    columns = {key: values for key, values in keyed(bound, talking()).items() if "jawOpen" not in key[1]}
    back = track_of_values(bound, columns, 25.0)
    assert np.abs(back.column("jawOpen")).max() < 0.01
    assert back.values[:, COLUMN["mouthPucker"]].max() > 0.3
