# ruff: noqa: F811 - fixtures
"""Takes of a line: made at once, heard by a click, named, starred, removed, made again."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from addon.blender import version_compat
from addon.blender.heads.head_builder import HeadOptions, build_head
from addon.blender.keys.kept_clip import kept_clip
from addon.blender.keys.line_strips import CLIP_KEY, is_generated, placed_lines
from addon.blender.keys.line_takes import playing, takes_of
from addon.blender.operators.takes import ELOCUTE_OT_take_play
from addon.blender.session.status import Phase
from addon.blender.shown_takes import shown_takes
from addon.blender.targets.head_rig import head_of
from addon.blender.ui.properties import read_options
from addon.blender.ui.takes_panel import ELOCUTE_PT_takes
from addon.core.animated import Animated
from addon.core.retarget.controls.vocabulary import ARKIT
from tests.blender.drawing import draw
from tests.blender.lines_at_work import add, played, recordings, service, session, spans  # noqa: F401
from tests.blender.made_up_rigs import mesh_with_keys
from tests.blender.pumping import pump_to_the_end


@pytest.fixture
def three(session, service, rig, recordings):
    """A line with three takes."""
    (line,) = add(recordings[:1])
    line.takes, line.seed, line.style = 3, 7, "calm"
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
    return line


def shown():
    return shown_takes(bpy.context)


def curves(block):
    """What the strips of a data-block play: (path, index) -> values."""
    return {
        (curve.data_path, curve.array_index): [round(point.co[1], 5) for point in curve.keyframe_points]
        for placed in placed_lines(block)
        for curve in version_compat.strip_curves(placed.strip)
    }


def facts(block):
    return [
        (p.strip.frame_start, p.strip.frame_end, p.strip.extrapolation, p.strip.blend_type, p.strip.influence)
        for p in placed_lines(block)
    ]


def test_several_takes_are_made_at_once(three, service, rig):
    found = shown()
    assert [settings.takes for settings in service.settings] == [3]
    assert len(found.takes) == 3
    assert found.playing == found.takes[0].key
    assert [take.facts["options"]["seed"] for take in found.takes] == [7, 8, 9]
    assert {take.name for take in found.takes} == {f"one calm take {seed}" for seed in (7, 8, 9)}
    for take in found.takes:
        count = 1 if version_compat.one_action_fits_all() else 2
        assert len(take.actions) == count
        assert kept_clip(take.actions[0]).frames == 25
        assert (take.key == found.playing) or all(action.use_fake_user for action in take.actions)
    assert [len(placed_lines(block)) for block in (rig.keys, rig.armature)] == [1, 1]


def test_a_click_plays_another_on_every_data_block(three, session, service, rig):
    blocks = rig.keys, rig.armature
    for block in blocks:
        placed_lines(block)[0].strip.influence = 0.75
    first, second, _ = shown().takes
    before, where = [curves(block) for block in blocks], [facts(block) for block in blocks]
    assert bpy.ops.elocute.take_play(take=second.key) == {"FINISHED"}
    assert shown().playing == second.key
    after = [curves(block) for block in blocks]
    for old, new in zip(before, after, strict=True):
        assert old.keys() == new.keys()
        assert all(old[path] != new[path] for path in old if len(set(old[path])) > 1)
    assert [facts(block) for block in blocks] == where
    assert bpy.ops.elocute.take_play(take=first.key) == {"FINISHED"}
    assert [curves(block) for block in blocks] == before
    assert len(service.heard) == 1, "nothing is generated anew"
    with pytest.raises(RuntimeError, match="This take is gone"):
        bpy.ops.elocute.take_play(take="none")


def test_what_plays_is_what_is_seen(three, rig):
    one = played(rig, 1, 25)
    bpy.ops.elocute.take_play(take=shown().takes[2].key)
    assert np.abs(played(rig, 1, 25) - one).max() > 0.1


def test_a_cut_and_moved_strip_stays_so(three, rig):
    for block in (rig.keys, rig.armature):
        strip = placed_lines(block)[0].strip
        strip.action_frame_start = 6
        strip.frame_start_ui = 106
    where = [facts(block) for block in (rig.keys, rig.armature)]
    bpy.ops.elocute.take_play(take=shown().takes[1].key)
    assert [facts(block) for block in (rig.keys, rig.armature)] == where


def test_a_take_of_before_the_line_moved_plays_where_the_line_is(three, session, service, rig):
    first, seen = shown().playing, played(rig, 1, 25)
    bpy.context.scene.elocute_lines[0].start_frame = 101
    bpy.ops.elocute.generate()
    pump_to_the_end(session)
    assert bpy.ops.elocute.take_play(take=first) == {"FINISHED"}
    assert [span[:2] for span in spans(rig.keys)] == [(101, 125)]
    assert np.abs(played(rig, 101, 125) - seen).max() < 1e-4


def test_the_rest_goes_and_stars_stay(three, rig):
    first, _, third = shown().takes
    assert bpy.ops.elocute.take_star(take=third.key) == {"FINISHED"}
    third.actions[0].name = "the good one"
    assert bpy.ops.elocute.takes_clean() == {"FINISHED"}
    assert {take.key for take in shown().takes} == {first.key, third.key}
    assert [take.name for take in shown().takes if take.starred] == ["the good one"]
    bpy.ops.elocute.take_star(take=third.key)
    bpy.ops.elocute.takes_clean()
    assert [take.key for take in shown().takes] == [first.key]
    generated = [action for action in bpy.data.actions if is_generated(action)]
    assert len(generated) == (1 if version_compat.one_action_fits_all() else 2)
    assert curves(rig.keys)


def test_one_more_like_it_has_its_settings_and_a_seed_of_its_own(three, session, service, rig):
    line = bpy.context.scene.elocute_lines[0]
    line.style, line.use_audio_scale, line.audio_scale, line.head_motion = "lively", True, 3.0, False
    bpy.ops.elocute.generate()
    pump_to_the_end(session)
    bpy.ops.elocute.take_play(take=next(t.key for t in shown().takes if t.facts["options"]["seed"] == 8))
    line.transcript = "Something else."
    assert bpy.ops.elocute.take_again() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
    asked = service.settings[-1]
    assert (asked.style, asked.seed, asked.takes, asked.head_motion) == ("calm", 10, 1, True)
    assert asked.options == {}
    options = read_options(bpy.context.scene)
    assert (options.style, options.transcript, options.audio_scale) == ("calm", None, None)
    assert len(shown().takes) == 7
    again = shown().take(shown().playing)
    assert again.facts["options"]["seed"] == 10


def test_one_more_like_it_has_what_was_keyed_for_it(three, session, service, rig):
    scene = bpy.context.scene
    line = scene.elocute_lines[0]
    line.use_intensity = True
    for frame, value in ((line.start_frame, 0.25), (line.start_frame + 20, 1.25)):
        line.intensity = value
        line.keyframe_insert("intensity", frame=frame)
    bpy.ops.elocute.generate()
    assert pump_to_the_end(session).phase is Phase.DONE
    keyed = service.settings[-1].curves["intensity"]
    path = line.path_from_id("intensity")
    line.keyframe_insert("energy", frame=1)
    for curve in version_compat.curves_of(scene):
        if curve.data_path == path:
            version_compat.curve_owner(scene).fcurves.remove(curve)
    line.intensity = 1.0
    assert bpy.ops.elocute.take_again() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
    again = service.settings[-1].curves["intensity"]
    assert [again[0], again[-1]] == [pytest.approx(keyed[0], abs=1e-4), pytest.approx(keyed[-1], abs=1e-4)]
    assert {curve.data_path for curve in version_compat.curves_of(scene)} == {path}, "nor others' keys"


def test_what_was_keyed_is_told_once_for_all_takes_beside_the_main_thread(
    session, service, rig, recordings, monkeypatch
):
    """That of half an hour takes longer than a slice, for each take."""
    (line,) = add(recordings[:1])
    line.takes, line.seed = 3, 7
    for frame, value in ((1, 0.5), (20, 1.5)):
        line.energy = value
        line.keyframe_insert("energy", frame=frame)
    threads = []

    def seconds(*told):
        threads.append(threading.current_thread())
        return plain(*told)

    plain = Animated.seconds
    bpy.ops.elocute.generate()
    monkeypatch.setattr(Animated, "seconds", seconds)
    assert pump_to_the_end(session).phase is Phase.DONE
    assert [take.facts["options"]["seed"] for take in shown().takes] == [7, 8, 9]
    assert all("energy" in take.facts["options"]["over_time"] for take in shown().takes)
    bpy.ops.elocute.rekey(everything=True)
    assert pump_to_the_end(session).phase is Phase.DONE
    assert len(threads) == 2
    assert threading.main_thread() not in threads


def test_keys_that_made_place_for_a_takes_come_back_with_undo_where_it_cannot_be_made(
    three, session, service, recordings
):
    scene = bpy.context.scene
    line = scene.elocute_lines[0]
    line.keyframe_insert("energy", frame=1)
    bpy.ops.ed.undo_push(message="mine")
    recordings[0].unlink()
    with pytest.raises(RuntimeError, match="There is no file"):
        bpy.ops.elocute.take_again()
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    path = scene.elocute_lines[0].path_from_id("energy")
    assert [curve.data_path for curve in version_compat.curves_of(scene)] == [path]


def test_settings_are_shown(three):
    drawn = draw(ELOCUTE_PT_takes)
    assert drawn.operators.count("elocute.take_play") == 3
    assert "Style: calm" in drawn.text
    assert "Seed: 7" in drawn.text
    assert drawn.properties == ["name"] * 3


def test_without_a_list_the_line_at_the_frame_has_its_takes(session, service, rig, recordings):
    scene = bpy.context.scene
    assert "No takes yet" in draw(ELOCUTE_PT_takes).text
    for start, audio in ((1, recordings[0]), (101, recordings[1])):
        scene.elocute.audio, scene.elocute.start_frame, scene.elocute.takes = str(audio), start, 2
        bpy.ops.elocute.generate()
        pump_to_the_end(session)
    keys = []
    for frame in (1, 110, 50, -10):
        scene.frame_set(frame)
        keys.append(shown().key)
    assert len(set(keys)) == 2
    assert keys == [keys[0], keys[1], keys[0], keys[0]]
    scene.frame_set(110)
    other = next(take for take in shown().takes if take.key != shown().playing)
    bpy.ops.elocute.take_play(take=other.key)
    assert shown().playing == other.key
    scene.elocute.seed = 5
    bpy.ops.elocute.generate()
    pump_to_the_end(session)
    assert shown().key == keys[1]
    assert len(shown().takes) == 4


def test_takes_survive_undo_saving_and_renaming(three, rig, tmp_path):
    bpy.ops.ed.undo_push(message="takes")
    second = shown().takes[1].key
    bpy.ops.elocute.take_play(take=second)
    bpy.ops.ed.undo_push(message="play")
    bpy.ops.ed.undo()
    assert shown().playing == shown().takes[0].key
    bpy.ops.ed.redo()
    assert shown().playing == second
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert (len(shown().takes), shown().playing) == (3, second)
    rig = head_of(bpy.data.objects[shown().target.name])
    rig.armature.name, rig.mesh.data.shape_keys.name = "renamed", "other keys"
    bpy.ops.elocute.take_play(take=shown().takes[2].key)
    assert shown().playing == shown().takes[2].key
    assert playing(head_of(bpy.data.objects["renamed"]), shown().key) == shown().takes[2].key


def test_an_appended_character_plays_its_take_and_gets_others(
    three, session, service, rig, recordings, tmp_path
):
    names = [rig.armature.name, rig.mesh.name]
    bpy.ops.elocute.take_play(take=shown().takes[1].key)
    seen = curves(rig.keys)
    path = str(tmp_path / "cast.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(path) as (_, wanted):
        wanted.objects = list(names)
    for thing in wanted.objects:
        bpy.context.scene.collection.objects.link(thing)
    rig = head_of(bpy.data.objects[names[0]])
    bpy.context.view_layer.objects.active = rig.armature
    bpy.context.scene.render.fps = 25
    assert curves(rig.keys) == seen
    assert len(shown().takes) == 1
    bpy.context.scene.elocute.audio = str(recordings[0])
    bpy.ops.elocute.generate()
    assert pump_to_the_end(session).phase is Phase.DONE
    assert len(shown().takes) == 2
    assert [span[:2] for span in spans(rig.keys)] == [(1, 25)]


def test_takes_that_come_with_a_linked_character_are_not_changed(three, rig, tmp_path):
    collection = bpy.data.collections.new("cast")
    bpy.context.scene.collection.children.link(collection)
    for thing in (rig.armature, rig.mesh):
        collection.objects.link(thing)
    key, first = shown().key, shown().takes[0].key
    path = str(tmp_path / "cast.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(path, link=True) as (has, wanted):
        wanted.collections, wanted.actions = ["cast"], list(has.actions)
    scene, layer = bpy.context.scene, bpy.context.view_layer
    scene.collection.children.link(wanted.collections[0])
    made = wanted.collections[0].override_hierarchy_create(scene, layer, do_fully_editable=True)
    things = made.all_objects if made is not None else scene.objects
    armature = next(thing for thing in things if thing.type == "ARMATURE" and thing.override_library)
    layer.objects.active = armature
    found = shown()
    assert (found.key, found.playing, len(found.takes)) == (key, first, 3)
    with pytest.raises(RuntimeError, match="is linked from another file"):
        bpy.ops.elocute.take_play(take=found.takes[1].key)
    bpy.ops.elocute.make_editable()
    with pytest.raises(RuntimeError, match="comes with the linked file"):
        bpy.ops.elocute.take_play(take=shown().takes[1].key)
    with pytest.raises(RuntimeError, match="comes from another file"):
        bpy.ops.elocute.take_star(take=first)
    bpy.ops.elocute.takes_clean()
    assert len(shown().takes) == 3
    assert shown().playing == first


def test_a_take_whose_strips_were_deleted_is_one_sentence(three, rig):
    second = shown().takes[1].key
    for block in (rig.keys, rig.armature):
        block.animation_data_clear()
    with pytest.raises(RuntimeError, match="No character here has a strip of this line"):
        bpy.ops.elocute.take_play(take=second)


def test_a_damaged_note_on_a_take_is_as_good_as_none(three):
    for action in bpy.data.actions:
        action[CLIP_KEY] = json.dumps([1]) if action == shown().takes[0].actions[0] else "{"
    draw(ELOCUTE_PT_takes)
    assert not bpy.ops.elocute.take_again.poll()


def test_takes_of_keys_alone_take_their_range_along(session, service, scene, recordings):
    thing = mesh_with_keys(scene, "Ada", ARKIT)
    bpy.context.view_layer.objects.active = thing
    scene.render.fps = 25
    (line,) = add(recordings[:1])
    line.takes = 2
    bpy.ops.elocute.generate()
    assert pump_to_the_end(session).phase is Phase.DONE
    for index in (1, 0, 1):
        bpy.ops.elocute.take_play(take=shown().takes[index].key)
        assert [span[:2] for span in spans(thing)] == [(1, 25)]
    bpy.ops.elocute.takes_clean()
    assert len(shown().takes) == 1
    assert all(placed.strip.action is not None for placed in placed_lines(thing))
    assert all(placed.strip.action is not None for placed in placed_lines(thing.data.shape_keys))


def test_two_characters_of_one_scene_keep_their_takes_apart(session, service, scene, face, recordings):
    heads = [build_head(scene, face, HeadOptions(name=name)) for name in ("Ada", "Bob")]
    lines = add(recordings[:2])
    for line, head in zip(lines, heads, strict=True):
        line.character, line.takes = head.armature, 2
    bpy.ops.elocute.generate_all()
    pump_to_the_end(session)
    seen = curves(heads[1].keys)
    bpy.ops.elocute.take_play(take=takes_of(lines[0].key)[1].key)
    assert curves(heads[1].keys) == seen
    scene.elocute_active_line = 1
    assert len(shown().takes) == 2


def test_a_take_of_another_frame_rate_is_told(three):
    told = []
    scene, take = bpy.context.scene, shown().takes[1]
    teller = SimpleNamespace(report=lambda kinds, text: told.append((kinds, text)))
    ELOCUTE_OT_take_play._tell_rate(teller, scene, take)
    assert not told
    scene.render.fps = 30
    ELOCUTE_OT_take_play._tell_rate(teller, scene, take)
    ((kinds, text),) = told
    assert kinds == {"WARNING"}
    assert "keyed for 25 frames a second and the scene has 30" in text
