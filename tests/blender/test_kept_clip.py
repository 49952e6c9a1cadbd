"""A take keeps its clip, words and phones, on its actions, through everything that happens to actions."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender.apply_motion import apply_motion, current_target
from addon.blender.keys.kept_clip import (
    holder_of,
    keep_clip,
    keep_phones,
    kept_clip,
    kept_clip_file,
    kept_phones,
    kept_time,
)
from addon.core.backend.messages import PhoneList, PhoneMessage, WordMessage
from addon.core.clip.clip import read_clip
from addon.core.options import SceneOptions
from elocute.motion.clip import MotionClip
from tests.blender.lines import line_action

PHONES = PhoneList(
    2.0,
    "transcript",
    "Hé, „du“",
    (PhoneMessage("SIL", 0.0, 0.5), PhoneMessage("B", 0.5, 0.75), PhoneMessage("SIL", 0.75, 2.0)),
    (WordMessage("Hé", 0.5, 0.75),),
    (),
)


@pytest.fixture
def content(tmp_path, make_clip):
    clip = make_clip()
    path = tmp_path / "clip.npz"
    parts = {name: getattr(clip, name) for name in ("expression", "jaw", "head", "neck", "eyes")}
    MotionClip(fps=clip.fps, basis=clip.basis, meta={"style": "calm"}, **parts).save(path)
    return path.read_bytes()


@pytest.fixture
def take(rig, content, tmp_path):
    """A generated take: the rig and its actions, that of the bones and that of the shape keys."""
    bpy.context.view_layer.objects.active = rig.armature
    options = SceneOptions(start_frame=11)
    apply_motion(content, tmp_path / "line.wav", options, current_target(bpy.context), PHONES)
    return rig


def actions_of(rig):
    return [line_action(rig.armature), line_action(rig.keys)]


def assert_kept(action, content, phones=PHONES):
    assert kept_clip_file(action) == content
    assert np.array_equal(kept_clip(action).expression, read_clip(content).expression)
    assert kept_phones(action) == phones
    assert (kept_time(action).start_frame, kept_time(action).fps) == (11, pytest.approx(24.0))


def test_both_data_blocks_know_the_clip(take, content):
    for action in actions_of(take):
        assert_kept(action, content)


def test_only_one_action_holds_the_bytes(take, content):
    held = [action for action in bpy.data.actions if content in dict(action.items()).values()]
    assert len(held) == 1


def test_saved_and_opened(take, content, tmp_path):
    names = [action.name for action in actions_of(take)]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
    for name in names:
        assert_kept(bpy.data.actions[name], content)


def test_renamed_and_copied(take, content):
    for action in actions_of(take):
        action.name = "Other"
        assert_kept(action, content)
        assert_kept(action.copy(), content)


def test_appended_alone_brings_the_clip_along(take, content, tmp_path):
    names = [action.name for action in actions_of(take)]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    for name in names:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        with bpy.data.libraries.load(str(tmp_path / "kept.blend")) as (_, into):
            into.actions = [name]
        assert_kept(bpy.data.actions[name], content)


def test_undone(take, content):
    names = [action.name for action in actions_of(take)]
    bpy.ops.ed.undo_push(message="before")
    keep_clip(bpy.data.actions[names[0]], b"another")
    bpy.ops.ed.undo_push(message="changed")
    bpy.ops.ed.undo()
    for name in names:
        assert_kept(bpy.data.actions[name], content)


def test_another_clip_and_other_words_for_every_action_of_the_take(take, content):
    one, other = actions_of(take)
    words = PhoneList(2.0, "given", None, None, (), ())
    keep_clip(other, content + b"x")
    keep_phones(one, words)
    assert kept_clip_file(one) == content + b"x"
    assert kept_phones(other) == words
    assert kept_time(other).start_frame == 11


def test_an_action_of_the_users_keeps_nothing_and_can_begin_to(scene, content):
    action = bpy.data.actions.new("mine")
    assert (kept_clip(action), kept_clip_file(action), kept_phones(action), kept_time(action)) == (None,) * 4
    keep_clip(action, content)
    assert kept_clip(action).frames == 50
    assert kept_time(action) is not None
    assert holder_of(action) == action


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("elocute_clip_file", b"PK damaged"),
        ("elocute_clip_file", "text"),
        ("elocute_phones", "{"),
        ("elocute_phones", 3),
        ("elocute_clip_time", [1.0, 0.0]),
        ("elocute_clip_time", [float("nan"), 24.0]),
        ("elocute_clip_time", "soon"),
        ("elocute_clip_holder", 7),
    ],
)
def test_what_was_changed_by_hand_is_as_good_as_none(take, key, value):
    for action in actions_of(take):
        action[key] = value
        for read in (kept_clip, kept_phones, kept_time):
            read(action)
    holder = holder_of(actions_of(take)[0])
    told = {"elocute_clip_file": kept_clip, "elocute_phones": kept_phones, "elocute_clip_time": kept_time}
    if key in told:
        assert told[key](holder) is None
