"""A result in steps: nothing shows half of it, and closed early it leaves nothing."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

import addon
from addon.blender import apply_motion
from addon.blender.apply_motion import apply_motion_in_steps, current_target
from addon.blender.keys.line_strips import is_generated
from addon.blender.ui.properties import read_options
from addon.core import steps as steps_module
from addon.core.errors import UserError
from elocute.motion.clip import MotionClip
from tests.core.synthetic_face import saved_face


@pytest.fixture(autouse=True)
def enabled(scene, tmp_path, monkeypatch):
    """The add-on, with the synthetic face in the place of the shipped head, and as many steps each time."""
    monkeypatch.setattr(steps_module, "LOOK_SECONDS", 60.0)
    monkeypatch.setattr(apply_motion, "STAND_IN_HEAD", saved_face(tmp_path))
    addon.register()
    yield
    addon.unregister()


@pytest.fixture
def steps(tmp_path):
    """A function that begins to apply a clip to what is active now."""
    path = tmp_path / "clip.npz"
    rng = np.random.default_rng(0)
    still = np.zeros((50, 3), np.float32)
    expression = rng.random((50, 43)).astype(np.float32)
    MotionClip(25.0, "elocute-head-1", expression, still, still, meta={"style": "calm"}).save(path)

    def begin():
        options = read_options(bpy.context.scene)
        return apply_motion_in_steps(
            path.read_bytes(), tmp_path / "line.wav", options, current_target(bpy.context)
        )

    return begin


COLLECTIONS = ("objects", "meshes", "armatures", "materials", "actions", "shape_keys")


def names():
    """Everything in the file that a result could add to."""
    found = {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in COLLECTIONS}
    found["playing"] = sorted(str(strip) for strip in strips())
    found["range"] = (bpy.context.scene.frame_start, bpy.context.scene.frame_end)
    return found


def strips():
    """Names of the actions that strips play, of every data-block."""
    blocks = [*bpy.data.objects, *bpy.data.shape_keys]
    tracks = [t for block in blocks if block.animation_data for t in block.animation_data.nla_tracks]
    return [strip.action.name for track in tracks for strip in track.strips]


@pytest.fixture(params=["a new head", "a head that is there"])
def whose(request):
    if request.param == "a head that is there":
        bpy.ops.elocute.add_head()
    return request.param


def test_nothing_plays_before_the_last_step(steps, whose):
    work = steps()
    share, seen = 0.0, 0
    while share < 1.0:
        assert not [name for name in strips() if is_generated(bpy.data.actions[name])]
        assert all(block.animation_data.action is None for block in bpy.data.objects if block.animation_data)
        before, share = share, next(work)
        assert share >= before
        seen += 1
    assert seen > 50, "a step for every curve"
    assert [name for name in strips() if is_generated(bpy.data.actions[name])]


def test_closed_at_any_step_it_leaves_the_scene_as_it_was(steps, whose):
    before = names()
    work = steps()
    count = 0
    while next(work) < 1.0:
        count += 1
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if whose == "a head that is there":
        bpy.ops.elocute.add_head()
    for stop in [*range(1, count, 7), count]:
        work = steps()
        for _ in range(stop):
            assert next(work) < 1.0
        work.close()
        assert names() == before, f"closed after {stop} of {count} steps"


class KeysBegin(Exception):
    """Raised where the first key would be made."""


def test_before_keys_are_made_a_step_looks_at_the_target_once(steps, monkeypatch):
    """Looking at a character of many bones takes a third of what a step may take."""

    def begin(*_args):
        raise KeysBegin

    bpy.ops.elocute.add_head()
    looks = []
    found = apply_motion.target_of
    monkeypatch.setattr(apply_motion, "target_of", lambda *args: looks.append(1) or found(*args))
    monkeypatch.setattr(apply_motion, "key_takes_in_steps", begin)
    work, each = steps(), []
    with pytest.raises(KeysBegin):
        while True:
            looks.clear()
            try:
                next(work)
            finally:
                each.append(len(looks))
    assert sum(each) > 1
    assert max(each) == 1, each


def test_a_head_that_is_deleted_between_steps_is_one_sentence(steps):
    bpy.ops.elocute.add_head()
    head = bpy.context.active_object
    work = steps()
    while next(work) < 0.7:
        pass
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    with pytest.raises(UserError, match="deleted"):
        for _ in work:
            pass
    assert not bpy.data.actions
    assert head is not None


def test_an_action_that_is_deleted_between_steps_is_one_sentence(steps):
    bpy.ops.elocute.add_head()
    rest = set(bpy.data.actions)
    work = steps()
    while next(work) < 0.7:
        pass
    for action in set(bpy.data.actions) - rest:
        bpy.data.actions.remove(action)
    with pytest.raises(UserError, match="deleted"):
        for _ in work:
            pass
