"""Generated lines beside what moves already: evaluated frame by frame."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import version_compat
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.surroundings import LAST_FRAME
from addon.core.clip.clip import Clip
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from tests.blender.lines import line_action

FRAMES = range(1, 141)
LINE = range(21, 71)
"""Frames of a line of 50 frames that starts at 21."""
SMILE = "mouthSmileLeft"
PUCKER = "mouthPucker"


def at(scene, rig, frames=FRAMES):
    """What Blender shows: frame -> every shape key, every bone's rotation, the head object's place."""
    shown = {}
    for frame in frames:
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        keys = rig.mesh.evaluated_get(graph).data.shape_keys.key_blocks
        armature = rig.armature.evaluated_get(graph)
        shown[frame] = {
            **{name: keys[name].value for name in rig.expressions},
            **{f"bone {b.name}": np.array(b.matrix_basis) for b in armature.pose.bones},
            "place": np.array(armature.matrix_world),
        }
    return shown


def assert_same(one, other, names=None, frames=FRAMES):
    for frame in frames:
        first, second = ({name: shown[frame][name] for name in names or one[frame]} for shown in (one, other))
        if np.allclose(*(np.hstack([np.ravel(v) for v in s.values()]) for s in (first, second)), 0.0, 1e-5):
            continue
        # One comparison of a whole frame takes a hundredth of one for each of its numbers; these name one.
        for name, value in first.items():
            np.testing.assert_allclose(value, second[name], atol=1e-5, err_msg=f"{name} at {frame}")


def outside(*lines):
    return [frame for frame in FRAMES if not any(frame in line for line in lines)]


def key_shape(rig, name, *keys):
    for frame, value in keys:
        rig.keys.key_blocks[name].value = value
        rig.keys.key_blocks[name].keyframe_insert("value", frame=frame)


def walk(rig):
    """Keys on the object and on the root bone, over all frames and beyond."""
    for frame in range(1, 141, 20):
        rig.armature.location = (0.01 * frame, 0.0, 0.1 * (frame % 40 == 1))
        rig.armature.keyframe_insert("location", frame=frame)
        rig.armature.pose.bones["root"].location = (0.0, 0.02 * (frame % 40 == 1), 0.0)
        rig.armature.pose.bones["root"].keyframe_insert("location", frame=frame)


def push_down(id_block, name):
    """What the NLA editor's button does."""
    anim = id_block.animation_data
    action, slot = anim.action, version_compat.current_slot(id_block)
    track = anim.nla_tracks.new()
    track.name = name
    part = version_compat.ActionPart(action, slot, version_compat.curve_owner(id_block))
    strip = version_compat.add_strip(track, name, int(action.frame_range[0]), part)
    anim.action = None
    return track, strip


def line(rig, make_clip, start=21, seed=1, frames=50, **more):
    return key_clip(rig, make_clip(seed=seed, frames=frames), SceneTime(25.0, start), f"take {seed}", **more)


@pytest.fixture
def wanted(scene, face, make_clip):
    """A function: what a line alone shows on a head of its own."""
    from addon.blender.heads.head_builder import build_head

    def make(start=21, seed=1, frames=50):
        alone = build_head(scene, face)
        line(alone, make_clip, start, seed, frames)
        shown = at(scene, alone)
        bpy.data.objects.remove(alone.mesh)
        bpy.data.objects.remove(alone.armature)
        return shown

    return make


@pytest.mark.parametrize("start", [21, 1])
def test_outside_of_a_line_the_face_is_at_rest(scene, rig, make_clip, start):
    rest = at(scene, rig)
    clip = make_clip()
    keyed = key_clip(rig, clip, SceneTime(25.0, start), "x")
    shown = at(scene, rig)
    assert keyed.notes == ()
    for frame in FRAMES:
        if start <= frame < start + 50:
            values = [shown[frame][name] for name in rig.expressions]
            np.testing.assert_allclose(values, np.clip(clip.expression[frame - start], -1, 2), atol=1e-6)
        else:
            assert_same(rest, shown, frames=[frame])


def test_a_walk_goes_on(scene, rig, make_clip, wanted):
    alone = wanted()
    walk(rig)
    before = at(scene, rig)
    mine = version_compat.current_action(rig.armature)
    keyed = line(rig, make_clip)
    after = at(scene, rig)
    assert keyed.notes == ()
    assert version_compat.current_action(rig.armature) == mine
    assert_same(before, after, ["place", "bone root"])
    assert_same(before, after, frames=outside(LINE))
    faces = [name for name in after[1] if name not in ("place", "bone root")]
    assert_same(alone, after, faces)


@pytest.mark.parametrize(
    "keys", [((1, 1.0),), ((1, 0.2), (140, 1.0)), ((30, 0.0), (40, 1.0), (60, 0.0)), ((90, 1.0),)]
)
def test_a_keyed_smile_stays_and_a_note_says_that_it_wins(scene, rig, make_clip, wanted, keys):
    alone = wanted()
    key_shape(rig, SMILE, *keys)
    before = at(scene, rig)
    mine = version_compat.current_action(rig.keys)
    keyed = line(rig, make_clip)
    after = at(scene, rig)
    assert version_compat.current_action(rig.keys) == mine
    (note,) = keyed.notes
    assert f"Your action {mine.name} has keys on {SMILE} too: they win over the line" in note
    assert_same(before, after, [SMILE])
    assert_same(before, after, frames=outside(LINE))
    assert_same(alone, after, [name for name in after[1] if name != SMILE])


def test_a_second_line_leaves_the_first(scene, rig, make_clip, wanted):
    first, second = wanted(21, 1), wanted(81, 2)
    keyed = [line(rig, make_clip, 21, 1), line(rig, make_clip, 81, 2)]
    assert [k.notes for k in keyed] == [(), ()]
    shown = at(scene, rig)
    assert_same(first, shown, frames=[f for f in FRAMES if f < 81])
    assert_same(second, shown, frames=[f for f in FRAMES if f > 70])
    for block in (rig.keys, rig.armature):
        assert [round(placed.origin) for placed in placed_lines(block)] == [21, 81]


def test_lines_that_touch_do_not_mix(scene, rig, make_clip, wanted):
    first, second = wanted(21, 1), wanted(71, 2)
    line(rig, make_clip, 71, 2)
    line(rig, make_clip, 21, 1)
    shown = at(scene, rig)
    assert_same(first, shown, frames=LINE)
    assert_same(second, shown, frames=range(71, 121))


def test_where_lines_overlap_the_newer_plays_and_a_note_says_so(scene, rig, make_clip, wanted):
    first, second = wanted(21, 1), wanted(61, 2)
    line(rig, make_clip, 21, 1)
    keyed = line(rig, make_clip, 61, 2)
    shown = at(scene, rig)
    assert_same(first, shown, frames=range(21, 61))
    assert_same(second, shown, frames=range(61, 111))
    assert any(
        "wins over the NLA strip take 1 on" in note and "frames 61 to 70" in note for note in keyed.notes
    )


def test_another_take_replaces_its_own_line_only(scene, rig, make_clip, wanted, tmp_path):
    first, take, second = wanted(21, 1), wanted(21, 3), wanted(81, 2)
    recordings = tmp_path / "one.wav", tmp_path / "two.wav"
    line(rig, make_clip, 21, 1, recording=recordings[0])
    line(rig, make_clip, 81, 2, recording=recordings[1])
    old = line_actions(rig)
    keyed = line(rig, make_clip, 21, 3, recording=recordings[0])
    assert [(r.recording, r.origin) for r in keyed.replaced] == [(str(recordings[0]), 21.0)]
    shown = at(scene, rig)
    assert_same(take, shown, frames=[f for f in FRAMES if f < 81])
    assert_same(second, shown, frames=[f for f in FRAMES if f > 70])
    assert np.abs(first[40][PUCKER] - take[40][PUCKER]) > 1e-3
    for block in (rig.keys, rig.armature):
        assert [track.name for track in tracks(block)] == ["one", "two"]
    assert all(action.use_fake_user for name, action in old if name == "one")
    assert not any(action.use_fake_user for name, action in old if name == "two")


def tracks(block):
    return [t for t in block.animation_data.nla_tracks if t.name != "Elocute rest"]


def line_actions(rig):
    return [(p.track.name, p.strip.action) for b in (rig.keys, rig.armature) for p in placed_lines(b)]


def test_the_same_recording_moved_a_little_is_the_same_line(scene, rig, make_clip, wanted, tmp_path):
    moved = wanted(26, 2)
    line(rig, make_clip, 21, 1, recording=tmp_path / "one.wav")
    keyed = line(rig, make_clip, 26, 2, recording=tmp_path / "one.wav")
    assert [r.origin for r in keyed.replaced] == [21.0]
    assert_same(moved, at(scene, rig))


@pytest.mark.parametrize("frames", [20, 90])
def test_takes_of_other_lengths(scene, rig, make_clip, wanted, frames):
    other = wanted(21, 2, frames)
    line(rig, make_clip, 21, 1)
    line(rig, make_clip, 21, 2, frames)
    assert_same(other, at(scene, rig))


def test_a_longer_take_goes_round_its_neighbour_on_the_track(scene, rig, make_clip, wanted):
    other, neighbour = wanted(21, 2, 90), wanted(91, 3, 20)
    line(rig, make_clip, 91, 3, 20)
    line(rig, make_clip, 21, 1)
    for block in (rig.keys, rig.armature):  # the user puts both strips on one track
        late, early = placed_lines(block)
        part = version_compat.ActionPart(late.strip.action, getattr(late.strip, "action_slot", None), None)
        version_compat.add_strip(early.track, "late", 91, part).extrapolation = "NOTHING"
        block.animation_data.nla_tracks.remove(late.track)
    line(rig, make_clip, 21, 2, 90)
    shown = at(scene, rig)
    assert_same(other, shown, frames=range(1, 111))
    assert_same(neighbour, shown, frames=range(111, 141))


def test_a_cut_strip_stays_cut(scene, rig, make_clip, wanted):
    other = wanted(21, 2)
    line(rig, make_clip, 21, 1)
    for block in (rig.keys, rig.armature):
        (placed,) = placed_lines(block)
        placed.strip.action_frame_start = 31
        placed.strip.frame_start_ui = 31
        placed.strip.action_frame_end = 60
        (placed,) = placed_lines(block)
        assert placed.origin == 21
    rest = at(scene, rig, [1])[1]
    line(rig, make_clip, 21, 2)
    shown = at(scene, rig)
    assert_same(other, shown, frames=range(31, 61))
    for frame in (21, 30, 61, 70):
        assert_same({frame: rest}, shown, frames=[frame])


def test_a_moved_line_is_another_one(scene, rig, make_clip, wanted):
    first, second = wanted(81, 1), wanted(21, 2)
    line(rig, make_clip, 21, 1)
    for block in (rig.keys, rig.armature):
        (placed,) = placed_lines(block)
        placed.strip.frame_start_ui = 81
    line(rig, make_clip, 21, 2)
    shown = at(scene, rig)
    assert_same(first, shown, frames=range(71, 141))
    assert_same(second, shown, frames=range(1, 71))


def test_a_line_that_was_pushed_down_keeps_playing(scene, rig, make_clip, wanted):
    """As in files of earlier versions: the action was current, the user pushed it down."""
    first, second = wanted(21, 1), wanted(81, 2)
    make_current(rig, make_clip)
    for block in (rig.keys, rig.armature):
        _, strip = push_down(block, "by hand")
        strip.extrapolation = "NOTHING"
    line(rig, make_clip, 81, 2)
    shown = at(scene, rig)
    assert_same(first, shown, frames=LINE)
    assert_same(second, shown, frames=range(81, 131))


def make_current(rig, make_clip):
    """A line's action as the current one, without a strip."""
    line(rig, make_clip, 21, 1)
    for block in (rig.keys, rig.armature):
        anim = block.animation_data
        (placed,) = placed_lines(block)
        action, slot = placed.strip.action, getattr(placed.strip, "action_slot", None)
        while anim.nla_tracks:
            anim.nla_tracks.remove(anim.nla_tracks[0])
        anim.action = action
        if slot is not None:
            anim.action_slot = slot


def test_a_current_generated_action_becomes_a_strip(scene, rig, make_clip, wanted):
    first, second = wanted(21, 1), wanted(81, 2)
    make_current(rig, make_clip)
    keyed = line(rig, make_clip, 81, 2)
    assert keyed.notes == ()
    shown = at(scene, rig)
    assert_same(first, shown, frames=LINE)
    assert_same(second, shown, frames=range(81, 131))
    assert version_compat.current_action(rig.keys) is None


def test_a_generated_action_with_other_keys_stays_current(scene, rig, make_clip):
    make_current(rig, make_clip)
    rig.armature.location.x = 2.0
    rig.armature.keyframe_insert("location", frame=1)
    mine = version_compat.current_action(rig.armature)
    before = at(scene, rig)
    keyed = line(rig, make_clip, 81, 2)
    assert version_compat.current_action(rig.armature) == mine
    assert_same(before, at(scene, rig), ["place", "bone neck"])
    assert any("they win over the line" in note for note in keyed.notes)


def test_a_strip_being_edited_as_the_current_action_does_not_cover_the_next_line(
    scene, rig, make_clip, wanted
):
    second = wanted(81, 2)
    line(rig, make_clip, 21, 1)
    for block in (rig.keys, rig.armature):
        (placed,) = placed_lines(block)
        block.animation_data.action = placed.strip.action
        if (slot := getattr(placed.strip, "action_slot", None)) is not None:
            block.animation_data.action_slot = slot
    line(rig, make_clip, 81, 2)
    assert_same(second, at(scene, rig), frames=range(81, 131))


@pytest.mark.parametrize("state", ["plain", "muted", "solo"])
def test_tracks_of_the_user_stay(scene, rig, make_clip, wanted, state):
    alone = wanted()
    walk(rig)
    track, _ = push_down(rig.armature, "walking")
    key_shape(rig, SMILE, (1, 0.8), (140, 0.8))
    smiling, _ = push_down(rig.keys, "smiling")
    for mine in (track, smiling):
        mine.mute, mine.is_solo = state == "muted", state == "solo"
    if state == "muted":  # Blender leaves the last value there that the track gave
        rig.keys.key_blocks[SMILE].value = 0.0
    before = at(scene, rig)
    keyed = line(rig, make_clip)
    after = at(scene, rig)
    assert [(t.mute, t.is_solo) for t in (track, smiling)] == [(state == "muted", state == "solo")] * 2
    assert_same(before, after, ["place"])
    assert_same(before, after, frames=outside(LINE))
    if state == "solo":
        assert_same(before, after)
        assert sum("solo, so the line does not play" in note for note in keyed.notes) == 2
        track.is_solo = smiling.is_solo = False
        after = at(scene, rig)
    assert_same(alone, after, [SMILE, PUCKER, "bone neck"], LINE)
    wins = [note for note in keyed.notes if "wins over the NLA strip smiling on" in note]
    assert len(wins) == (0 if state == "muted" else 1)
    if wins:
        assert f"{SMILE} in frames 21 to 70" in wins[0]


def test_a_track_above_the_line_wins_and_a_note_says_so(scene, rig, make_clip):
    line(rig, make_clip, 21, 1)
    key_shape(rig, SMILE, (30, 0.8), (50, 0.8))
    push_down(rig.keys, "smiling")[1].extrapolation = "NOTHING"
    keyed = line(rig, make_clip, 21, 2)
    (note,) = keyed.notes
    assert note == f"The NLA strip smiling wins over the line on {SMILE} in frames 30 to 50."
    shown = at(scene, rig, [40])
    assert abs(shown[40][SMILE] - 0.8) < 1e-6


def test_what_cannot_play_is_said(scene, rig, make_clip):
    rig.keys.animation_data_create().use_nla = False
    rig.armature.animation_data_create().use_nla = False
    block = rig.keys.key_blocks[PUCKER]
    block.driver_add("value")
    notes = line(rig, make_clip).notes
    assert sum("The NLA of" in note for note in notes) == 2
    assert any(f"win over the line on {PUCKER}." in note for note in notes)


def test_a_muted_line_plays_again_when_it_is_generated_again(scene, rig, make_clip, wanted):
    take = wanted(21, 2)
    line(rig, make_clip, 21, 1)
    for block in (rig.keys, rig.armature):
        (placed,) = placed_lines(block)
        placed.strip.mute = placed.track.mute = True
    line(rig, make_clip, 21, 2)
    assert_same(take, at(scene, rig))


def test_a_line_whose_strip_was_deleted_on_one_side_is_whole_again(scene, rig, make_clip, wanted):
    take = wanted(21, 2)
    line(rig, make_clip, 21, 1)
    anim = rig.keys.animation_data
    anim.nla_tracks.remove(next(t for t in anim.nla_tracks if t.name == "take 1"))
    line(rig, make_clip, 21, 2)
    assert_same(take, at(scene, rig))
    assert [t.name for t in tracks(rig.keys)] == [t.name for t in tracks(rig.armature)] == ["take 1"]


def test_tracks_have_one_name_on_both_sides_and_never_that_of_another(scene, rig, make_clip):
    rig.armature.animation_data_create().nla_tracks.new().name = "take 1"
    line(rig, make_clip, 21, 1)
    assert tracks(rig.armature)[-1].name == tracks(rig.keys)[-1].name == "take 1 2"


@pytest.mark.parametrize("start", [-30, -60])
def test_lines_before_frame_zero(scene, rig, make_clip, start):
    clip = make_clip()
    key_clip(rig, clip, SceneTime(25.0, start), "x")
    for frame in (start, start + 20, start + 49):
        shown = at(scene, rig, [frame])[frame]
        values = [shown[name] for name in rig.expressions]
        np.testing.assert_allclose(values, np.clip(clip.expression[frame - start], -1, 2), atol=1e-6)
    assert at(scene, rig, [start - 1])[start - 1][PUCKER] == 0.0


@pytest.mark.parametrize("start", [2**31 - 1, LAST_FRAME, -LAST_FRAME - 1, -(2**31)])
def test_frames_that_blender_does_not_have_are_refused_before_anything_is_made(rig, make_clip, start):
    with pytest.raises(UserError, match="Blender's frames end at"):
        key_clip(rig, make_clip(), SceneTime(25.0, start), "x")
    assert not bpy.data.actions
    assert rig.armature.animation_data is None
    assert rig.keys.animation_data is None


def test_a_line_of_one_frame(scene, rig):
    still = np.zeros((1, 3), np.float32)
    expression = np.full((1, 43), 0.5, np.float32)
    key_clip(rig, Clip(25.0, "elocute-head-1", expression, still, still), SceneTime(25.0, 21), "x")
    shown = at(scene, rig, [20, 21, 23])
    assert [round(shown[frame][PUCKER], 5) for frame in shown] == [0.0, 0.5, 0.0]


def test_undo_takes_a_take_back(scene, rig, make_clip):
    bpy.ops.ed.undo_push(message="before")
    name = rig.armature.name
    line(rig, make_clip, 21, 1)
    bpy.ops.ed.undo_push(message="one")
    first = line_action(rig.keys).name
    line(rig, make_clip, 21, 2)
    bpy.ops.ed.undo_push(message="two")
    bpy.ops.ed.undo()
    mesh = next(c for c in bpy.data.objects[name].children if c.type == "MESH")
    assert line_action(mesh.data.shape_keys).name == first
    bpy.ops.ed.undo()
    mesh = next(c for c in bpy.data.objects[name].children if c.type == "MESH")
    assert mesh.data.shape_keys.animation_data is None
