# ruff: noqa: F811 - fixtures
"""Idle motion gives way to lines that are generated into it, or grow into it, however its strip plays."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import apply_motion
from addon.blender.apply_motion import current_target
from addon.blender.keys.line_strips import placed_lines
from addon.blender.rekey import rekey_in_steps
from addon.blender.ui.properties import read_options
from addon.core.steps import run
from tests.blender.idle_at_work import idle, played, session  # noqa: F401
from tests.blender.speaking_service import lively


def plain(_strip):
    pass


def slower(strip):
    strip.scale = 2.0


def backwards(strip):
    strip.use_reverse = True


def cut(strip):
    strip.action_frame_start, strip.action_frame_end = 120.0, 190.0
    strip.frame_start_ui = 101.0


def faded(strip):
    strip.blend_in = 10.0


def again(strip):
    strip.repeat = 2.0


WAYS = [plain, slower, backwards, cut, faded]


@pytest.fixture
def waiting(session, rig):
    """A function that lets the head wait in the frames 101 to 200, in some way."""
    bpy.context.scene.render.fps = 25

    def wait(way):
        bpy.context.view_layer.objects.active = rig.armature
        idle(lively(100, 1.0), 101, 200, idle_span="RANGE")
        for block in (rig.keys, rig.armature):
            way(next(placed.strip for placed in placed_lines(block) if placed.idle))

    return wait


def say(first, frames, tmp_path):
    scene = bpy.context.scene
    scene.elocute.start_frame, scene.elocute.style = first, ""
    options = read_options(scene)
    return apply_motion.apply_motion(
        lively(frames, 2.0), tmp_path / f"{first}.wav", options, current_target(bpy.context)
    )


def spans(rig, *, of_idle=True):
    found = {
        tuple(
            sorted((p.strip.frame_start, p.strip.frame_end) for p in placed_lines(block) if p.idle is of_idle)
        )
        for block in (rig.keys, rig.armature)
    }
    assert len(found) == 1, "bones and shape keys alike"
    return list(found.pop())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("first", "frames"), [(91, 20), (111, 20), (140, 5), (151, 200)], ids=["begin", "middle", "short", "end"]
)
def test_what_is_left_plays_what_it_played(waiting, rig, tmp_path, way, first, frames):
    waiting(way)
    ((begin, end),) = spans(rig)
    scene = range(int(begin), int(end) + 1)
    before = played(rig, scene[0], scene[-1])
    outcome = say(first, frames, tmp_path)
    assert [note for note in outcome.notes if "gave way" in note]
    assert not [note for note in outcome.notes if "wins over" in note and "Idle" in note]
    ((line_begin, line_end),) = spans(rig, of_idle=False)
    left = spans(rig)
    assert left
    assert all(b < line_begin or a > line_end for a, b in left)
    wanted = [frame for frame in scene if not line_begin <= frame <= line_end]
    kept = [frame for frame in wanted if any(a <= frame <= b for a, b in left)]
    assert len(kept) > len(wanted) - 6, "all but what is too short to be kept"
    if way is faded:  # begins its fade with each strip
        kept = [frame for frame in kept if all(not a <= frame <= a + 10 for a, _ in left)]
    now = played(rig, scene[0], scene[-1])
    rows = [frame - scene[0] for frame in kept]
    np.testing.assert_allclose(now[rows], before[rows], atol=1e-5)


def test_a_line_over_all_of_it_leaves_none_and_it_stays_in_the_file(waiting, rig, tmp_path):
    waiting(plain)
    action = placed_lines(rig.keys)[0].strip.action
    say(100, 120, tmp_path)
    assert spans(rig) == []
    assert action.use_fake_user


def test_one_that_repeats_begins_anew_behind_the_line(waiting, rig, tmp_path):
    waiting(again)
    say(101, 20, tmp_path)
    ((begin, end),) = spans(rig)
    assert (begin, round(end)) == (121.0, 299)
    np.testing.assert_allclose(played(rig, 121, 121), played(rig, 220, 220), atol=1e-5)


def test_one_that_repeats_is_not_moved_by_what_lies_behind_it_on_its_track(waiting, rig, tmp_path):
    waiting(again)
    for block in (rig.keys, rig.armature):
        placed = placed_lines(block)[0]
        placed.track.strips.new("next", 300, placed.strip.action)
    say(101, 20, tmp_path)
    assert [(begin, round(end)) for begin, end in spans(rig)] == [(121.0, 299), (300.0, 399)]


def test_one_with_animated_time_is_told_and_stays(waiting, rig, tmp_path):
    def animated(strip):
        strip.use_animated_time = True

    waiting(animated)
    before = spans(rig)
    outcome = say(111, 20, tmp_path)
    assert [note for note in outcome.notes if "time of the strip Idle is animated" in note]
    assert spans(rig) == before


def test_muted_idle_motion_and_lines_without_any_are_left_alone(waiting, rig, tmp_path):
    waiting(lambda strip: setattr(strip, "mute", True))
    before = spans(rig)
    outcome = say(111, 20, tmp_path)
    assert (spans(rig), [note for note in outcome.notes if "gave way" in note]) == (before, [])


@pytest.mark.parametrize("only_at", [50, None], ids=["this line", "all lines"])
@pytest.mark.parametrize("way", [plain, slower, backwards])
def test_a_line_that_grows_with_the_rate_is_not_covered(waiting, session, rig, tmp_path, way, only_at):
    """Keyed again at more frames a second it plays into what was idle; its own motion is what is seen."""
    say(1, 100, tmp_path)
    waiting(way)
    bpy.context.scene.render.fps = 50
    run(rekey_in_steps(current_target(bpy.context), lambda _: read_options(bpy.context.scene), only_at))
    assert spans(rig, of_idle=False) == [(1.0, 200.0)]
    left = spans(rig)
    assert bool(left) is (only_at is None or way is slower), "else it lay under the line wholly"
    assert all(begin > 200.0 for begin, _ in left)


def test_both_parts_can_be_keyed_again(waiting, session, rig, tmp_path):
    waiting(plain)
    say(140, 10, tmp_path)
    before, where = played(rig, 101, 200), spans(rig)
    assert where == [(101.0, 139.0), (150.0, 200.0)]
    run(rekey_in_steps(current_target(bpy.context), lambda _: read_options(bpy.context.scene), None))
    assert spans(rig) == where
    np.testing.assert_allclose(played(rig, 101, 200)[10:30], before[10:30], atol=1e-3)
    bpy.context.scene.render.fps = 50
    run(rekey_in_steps(current_target(bpy.context), lambda _: read_options(bpy.context.scene), None))
    ((begin, end),) = spans(rig, of_idle=False)
    parts = spans(rig)
    assert len(parts) == 2
    assert all(b < begin or a > end for a, b in parts)
