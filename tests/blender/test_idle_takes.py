"""Earlier takes of a line stay in the file and can be played again."""

from __future__ import annotations

import bpy
import pytest

from addon.blender import version_compat
from addon.blender.keys.idle_takes import IDLE_PATH, playing_takes
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.line_time import scene_time
from tests.blender.lines import line_action


@pytest.fixture
def key(scene, rig, make_clip):
    """A function that keys another take of one line."""

    def make(seed, start=1):
        key_clip(rig, make_clip(seed=seed), scene_time(scene, start), f"take {seed}")
        return line_action(rig.armature)

    return make


def marked():
    """The actions that have the mark."""
    return {
        action
        for action in bpy.data.actions
        if any(curve.data_path == IDLE_PATH for curve in version_compat.curves_in(action))
    }


def test_just_the_earlier_takes_of_the_bones_are_marked(rig, key):
    first, second = key(1), key(2)
    assert marked() == {first}
    assert second in playing_takes()
    assert first not in playing_takes()


def test_a_take_that_is_chosen_again_plays_and_loses_the_mark(rig, key):
    first, second = key(1), key(2)
    (placed,) = placed_lines(rig.armature)
    placed.strip.action = first
    if version_compat.one_action_fits_all():
        placed.strip.action_slot = next(s for s in first.slots if s.target_id_type == "OBJECT")
    key(3, start=200)
    assert first not in marked()
    assert first in playing_takes()
    if not version_compat.one_action_fits_all():
        assert second in marked()


def test_a_take_that_was_made_the_current_action_becomes_a_strip_again(rig, key):
    first = key(1)
    key(2)
    rig.armature.animation_data.action = first
    key(3, start=200)
    assert version_compat.current_action(rig.armature) is None
    assert first in {placed.strip.action for placed in placed_lines(rig.armature)}


def test_muted_lines_and_what_a_solo_track_silences_do_not_play(rig, key):
    first, later = key(1), key(2, start=200)
    blocks = (rig.armature, rig.keys)
    for block in blocks:
        block.animation_data.nla_tracks[-1].is_solo = True
    assert later in playing_takes()
    assert first not in playing_takes()
    for block in blocks:
        block.animation_data.nla_tracks[-1].is_solo = False
        block.animation_data.nla_tracks[-1].mute = True
    assert first in playing_takes()
    assert later not in playing_takes()
