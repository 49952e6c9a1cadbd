"""What scripts key is kept and written as what the panel keys."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

import addon
from addon.blender import api, version_compat
from addon.blender.keys.kept_clip import kept_clip, kept_phones
from addon.blender.keys.line_strips import placed_lines
from addon.core.backend.messages import PhoneList, PhoneMessage
from addon.core.clip.sampled import clip_content
from addon.core.options import SceneOptions
from addon.core.retarget.perform import Strength

HEARD = PhoneList(1.0, "heard", None, (PhoneMessage("AA", 0.0, 1.0),), (), ())


@pytest.fixture
def head(scene, rig):
    addon.register()
    scene.render.fps, scene.render.fps_base = 25, 1.0
    bpy.context.view_layer.objects.active = rig.armature
    yield rig
    addon.unregister()


def column(curves, rig, name):
    path = rig.keys.key_blocks[name].path_from_id("value")
    return next(curve for curve in curves if curve.data_path == path)


def test_what_was_heard_is_kept_with_the_take(head, make_clip, tmp_path):
    recording = tmp_path / "line.wav"
    recording.write_bytes(b"RIFF")
    take = api.Take(clip_content(make_clip(frames=25)), recording, heard=HEARD)
    api.key(take, head.armature)
    assert kept_phones(placed_lines(head.keys)[0].strip.action) == HEARD


def test_motion_without_a_recording_is_keyed_as_asked_and_keeps_its_clip(head, make_clip):
    clip = make_clip(frames=25)
    options = SceneOptions(keys="NTH", keys_step=5, brows_strength=0.5, interpolation="LINEAR")
    api.key(clip, head.armature, options=options)
    (placed,) = placed_lines(head.keys)
    curve = column(version_compat.strip_curves(placed.strip), head, "browInnerUp")
    assert len(curve.keyframe_points) < 15
    wanted = 0.5 * float(clip.expression[0, head.expressions.index("browInnerUp")])
    assert curve.evaluate(1) == pytest.approx(wanted, abs=1e-4)
    np.testing.assert_allclose(kept_clip(placed.strip.action).expression, clip.expression, atol=1e-6)


def test_heads_are_retargeted_with_a_strength(head, make_clip):
    clip = make_clip(frames=25)
    whole, half = (api.retarget(clip, head.armature, strength=Strength(brows=s)).curves for s in (1.0, 0.5))

    def values(curves):
        return next(c for c in curves if c.channel.name == "browInnerUp").values

    np.testing.assert_allclose(values(half), 0.5 * values(whole), atol=1e-6)
