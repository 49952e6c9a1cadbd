"""The user's action pushed down into the NLA plays exactly as it did, or it stays where it is."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import version_compat
from addon.blender.keys.line_strips import CLIP_KEY
from addon.blender.keys.push_down import push_down

PATHS = {("location", 0)}
LATER = (40, 60)


@pytest.fixture
def thing(scene):
    """An object that moves in frames 3 to 30."""
    made = bpy.data.objects.new("Box", None)
    scene.collection.objects.link(made)
    for frame, place in ((3, 1.0), (20, 2.0), (30, 1.5)):
        made.location = (place, 2.0 * place, 0.0)
        made.keyframe_insert("location", frame=frame)
    return made


def curve(thing, index):
    return next(c for c in version_compat.curves_of(thing) if c.array_index == index)


def seen(thing):
    """(T, 3) where the thing is, as Blender plays it."""
    places = []
    for frame in range(-30, 121, 3):
        bpy.context.scene.frame_set(frame)
        places.append(thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).location.copy())
    return np.array(places)


def other_strip(thing):
    """A strip of the user's below."""
    action = bpy.data.actions.new("below")
    part = version_compat.new_part(action, thing)
    for index in range(3):
        below = part.curves.fcurves.new("location", index=index)
        for frame in (1, 50):
            below.keyframe_points.insert(frame, 5.0)
    version_compat.add_strip(thing.animation_data.nla_tracks.new(), "below", 1, part)


def half(thing):
    thing.animation_data.action_influence = 0.5


def within_its_keys(thing):
    thing.animation_data.action_extrapolation = "NOTHING"


def added(thing):
    thing.animation_data.action_blend_type = "ADD"


def own_range(thing):
    action = thing.animation_data.action
    action.use_frame_range, action.frame_start, action.frame_end = True, -20, 25


def between_frames(thing):
    for one in version_compat.curves_of(thing):
        for point in one.keyframe_points:
            point.co.x += 0.4
        one.update()


def one_key(thing):
    for one in version_compat.curves_of(thing):
        while len(one.keyframe_points) > 1:
            one.keyframe_points.remove(one.keyframe_points[-1])


def nothing_special(_):
    """As Blender makes it."""


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize(
    "settings", [nothing_special, half, within_its_keys, added, own_range, between_frames, one_key]
)
def test_it_plays_as_before(thing, settings, below):
    if below:
        other_strip(thing)
    settings(thing)
    before = seen(thing)
    name = thing.animation_data.action.name
    assert name in push_down(thing, PATHS, *LATER)
    assert thing.animation_data.action is None
    assert thing.animation_data.nla_tracks[-1].strips[0].action.name == name
    assert np.abs(seen(thing) - before).max() < 1e-5
    assert np.abs(before).max() > 1.0


def repeated(thing):
    curve(thing, 0).modifiers.new("CYCLES")


def repeated_elsewhere(thing):
    curve(thing, 1).modifiers.new("CYCLES")


def going_on(thing):
    curve(thing, 0).extrapolation = "LINEAR"


def without_nla(thing):
    thing.animation_data.use_nla = False


@pytest.mark.parametrize("settings", [repeated, repeated_elsewhere, going_on, without_nla])
def test_what_a_strip_would_end_stays(thing, settings):
    settings(thing)
    before = seen(thing)
    action = thing.animation_data.action
    assert push_down(thing, PATHS, *LATER) == ""
    assert thing.animation_data.action == action
    assert not thing.animation_data.nla_tracks
    assert np.array_equal(seen(thing), before)


def test_what_is_muted_ends_nothing(thing):
    repeated(thing)
    curve(thing, 0).modifiers[0].mute = True
    curve(thing, 1).modifiers.new("CYCLES")
    curve(thing, 1).mute = True
    before = seen(thing)
    assert push_down(thing, PATHS, *LATER)
    assert np.abs(seen(thing) - before).max() < 1e-5


def test_another_object_keeps_an_action_that_both_play(thing, scene):
    other = thing.copy()
    scene.collection.objects.link(other)
    action = thing.animation_data.action
    before = seen(other)
    assert push_down(thing, PATHS, *LATER)
    assert other.animation_data.action == action
    assert np.array_equal(seen(other), before)


def test_muted_curves_cover_nothing(thing):
    curve(thing, 0).mute = True
    assert push_down(thing, PATHS, *LATER) == ""
    assert thing.animation_data.action is not None


def test_a_line_that_is_the_current_action_is_not_the_users(thing):
    thing.animation_data.action[CLIP_KEY] = "{}"
    assert push_down(thing, PATHS, *LATER) == ""
    assert thing.animation_data.action is not None
