"""What is kept with a linked character that is overridden: its map, points and shapes hold over files."""

from __future__ import annotations

import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest

import addon
from addon.blender.headless.stage import stage_shot
from addon.blender.heads.library_override import Linked, make_editable
from addon.blender.session import jobs
from addon.blender.session.test_pose import BEFORE_KEY
from addon.blender.targets.find import target_of
from addon.blender.targets.kept_text import KEPT_KEY, keep_text, kept_text
from addon.blender.targets.rig_state import (
    MAP_KEY,
    POINTS_KEY,
    SHAPES_KEY,
    HeldPoints,
    held_map,
    held_points,
    held_shapes,
    held_text,
    hold_points,
    hold_shape,
    release,
)
from addon.blender.ui.chosen_row import row_text
from addon.core.errors import UserError
from addon.core.headless.arguments import HeadlessOptions
from addon.core.headless.shots import Shot
from addon.core.retarget.marked_points import MARKS
from addon.core.retarget.presets import preset
from addon.core.retarget.rig_map_file import write_map
from addon.core.retarget.test_poses import TEST_POSES, pose_track
from elocute.motion.clip import MotionClip
from tests.blender.character_clips import FRAMES, clip, play
from tests.blender.test_what_animators_keep import character, head

__all__ = ["clip", "head"]


@pytest.fixture(autouse=True)
def session(scene):
    addon.register()
    yield jobs.session()
    addon.unregister()


@pytest.fixture(scope="module")
def made(head, tmp_path_factory):
    """A character in a file of its own."""
    return make_library(head, tmp_path_factory.mktemp("library") / "library.blend")


@pytest.fixture
def library(made, tmp_path):
    """A copy of it that the test may do with as it likes."""
    return Path(shutil.copy(made, tmp_path))


def make_library(head, path, kept=None):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig, mesh = character(bpy.context.scene, head, "Hero")
    for key, text in (kept or {}).items():
        rig[key] = text
    made = bpy.data.collections.new("hero")
    for thing in (rig, mesh):
        made.objects.link(thing)
    path.parent.mkdir(exist_ok=True)
    bpy.data.libraries.write(str(path), {made})
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


def link(path):
    """Link the character and override it; its armature is active."""
    scene = bpy.context.scene
    before = set(scene.objects)
    with bpy.data.libraries.load(str(path), link=True) as (_, wanted):
        wanted.collections = ["hero"]
    scene.collection.children.link(wanted.collections[0])
    rig = next(one for one in wanted.collections[0].objects if one.type == "ARMATURE")
    make_editable(scene, Linked(rig, False))
    made = next(one for one in scene.objects if one.type == "ARMATURE" and one not in before)
    activate(made)
    return made


def activate(thing):
    bpy.context.view_layer.objects.active = thing
    bpy.context.view_layer.update()


def edit_gain(rig, gain, name="jawOpen"):
    """Keep the map that is found, with another gain of one row."""
    activate(rig)
    if held_map(rig) is None:
        assert bpy.ops.elocute.edit_rig_map() == {"FINISHED"}
    settings = bpy.context.scene.elocute_rig
    settings.row = row_text(("key", name, 0))
    settings.gain = gain
    assert not settings.error


def gain(rig, name="jawOpen"):
    return next(one.gain for one in held_map(rig).channels if one.name == name)


def reopened(path, name):
    """The character after its file was saved and opened."""
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    return by_name(name)


def by_name(name):
    return next(one for one in bpy.context.scene.objects if one.name == name)


def opened(rig):
    """How far the rig's map opens ``jawOpen`` for the shape Open."""
    target = target_of(rig)
    played = target.play(pose_track(TEST_POSES["open"], 1.0), "it was not measured")
    column = played.signals.names.index("key jawOpen 0")
    return float(played.signals.values[0, column])


def test_an_edited_map_is_played_after_the_file_was_opened_again(library, tmp_path):
    rig = link(library)
    assert rig.override_library is not None
    before = opened(rig)
    edit_gain(rig, 0.5)
    assert opened(rig) == pytest.approx(0.5 * before)
    again = reopened(tmp_path / "shot.blend", rig.name)
    assert again.override_library is not None
    assert gain(again) == pytest.approx(0.5)
    assert opened(again) == pytest.approx(0.5 * before)


def test_a_line_that_is_keyed_after_the_file_was_opened_again_follows_the_map(library, clip, tmp_path):
    rig = link(library)
    edit_gain(rig, 0.5, "browInnerUp")
    again = reopened(tmp_path / "shot.blend", rig.name)
    scene = bpy.context.scene
    play(target_of(again), clip, scene)
    mesh = next(one for one in scene.objects if one.type == "MESH")
    scene.frame_set(FRAMES)
    assert mesh.data.shape_keys.key_blocks["browInnerUp"].value == pytest.approx(0.5 * 0.4, abs=0.01)
    path = tmp_path / "keyed.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    bpy.context.scene.frame_set(FRAMES)
    mesh = next(one for one in bpy.context.scene.objects if one.type == "MESH")
    assert mesh.data.shape_keys.key_blocks["browInnerUp"].value == pytest.approx(0.5 * 0.4, abs=0.01)


def test_a_batch_gives_its_map_to_the_character_of_the_mesh_that_is_named(library, head, clip, tmp_path):
    rig = link(library)
    path = tmp_path / "clip.npz"
    MotionClip(25.0, head.basis, clip.expression, clip.jaw, clip.head, None, clip.eyes).save(path)
    mesh = next(one for one in bpy.context.scene.objects if one.type == "MESH")
    given = tmp_path / "map.json"
    given.write_text(write_map(preset("arkit")), "utf-8")
    options = HeadlessOptions(tmp_path, tmp_path, character=mesh.name, rig_map=str(given))
    stage_shot(bpy.context.scene, Shot("a", path), options)
    assert held_map(reopened(tmp_path / "shot.blend", rig.name)).kind == "arkit"
    given.write_text("{", "utf-8")
    with pytest.raises(UserError, match=r"map\.json is not JSON"):
        stage_shot(bpy.context.scene, Shot("a", path), options)


def test_points_shapes_and_the_kind_hold_too(library, tmp_path):
    rig = link(library)
    points = HeldPoints({mark: ("Hero", mark) for mark in MARKS}, (0.0, 0.0, 1.0))
    hold_points(rig, points)
    shapes = {"open": {("key", "jawOpen", 0): 1.0}, "rest": {}}
    for name, shape in shapes.items():
        hold_shape(rig, name, shape)
    assert bpy.ops.elocute.choose_rig_map(kind="arkit") == {"FINISHED"}
    again = reopened(tmp_path / "shot.blend", rig.name)
    assert held_points(again) == points
    assert held_shapes(again) == shapes
    assert held_text(again) == "arkit"


@pytest.mark.parametrize("key", [MAP_KEY, POINTS_KEY, SHAPES_KEY])
def test_what_is_forgotten_stays_forgotten(library, tmp_path, key):
    rig = link(library)
    keep_text(rig, key, write_map(preset("arkit")) if key == MAP_KEY else "{}")
    keep_text(rig, "another", "stays")
    rig = reopened(tmp_path / "shot.blend", rig.name)
    activate(rig)
    if key == MAP_KEY:
        assert bpy.ops.elocute.release_rig_map() == {"FINISHED"}
    elif key == SHAPES_KEY:
        assert bpy.ops.elocute.forget_shapes() == {"FINISHED"}
    else:
        release(rig, key)
    again = reopened(tmp_path / "shot.blend", rig.name)
    assert kept_text(again, key) == ""
    assert kept_text(again, "another") == "stays"


def test_what_the_library_says_holds_until_it_is_changed_or_forgotten(head, tmp_path):
    rig = link(make_library(head, tmp_path / "library.blend", {MAP_KEY: "arkit"}))
    assert held_text(rig) == "arkit"
    edit_gain(rig, 0.25)
    rig = reopened(tmp_path / "shot.blend", rig.name)
    assert gain(rig) == pytest.approx(0.25)
    activate(rig)
    assert bpy.ops.elocute.release_rig_map() == {"FINISHED"}
    assert held_text(rig) == ""
    assert held_text(reopened(tmp_path / "shot.blend", rig.name)) == ""


def test_a_renamed_character_and_a_file_that_moves_keep_the_map(library, tmp_path):
    rig = link(library)
    edit_gain(rig, 0.5)
    rig.name = "Someone else"
    assert gain(reopened(tmp_path / "shot.blend", rig.name)) == pytest.approx(0.5)
    (tmp_path / "deeper").mkdir()
    assert gain(reopened(tmp_path / "deeper" / "shot.blend", "Someone else")) == pytest.approx(0.5)


def test_an_override_that_is_made_anew_has_its_map_again(library, tmp_path):
    rig = link(library)
    edit_gain(rig, 0.5)
    for thing in [one for one in bpy.data.objects if one.override_library is not None]:
        bpy.data.objects.remove(thing)
    reopened_scene(tmp_path / "shot.blend")
    rig = link(library)
    assert gain(rig) == pytest.approx(0.5)
    edit_gain(rig, 0.75)
    assert gain(reopened(tmp_path / "shot.blend", rig.name)) == pytest.approx(0.75)
    assert len(bpy.context.scene[KEPT_KEY].keys()) == 1


def reopened_scene(path):
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    return bpy.context.scene


def test_characters_of_the_same_name_in_other_files_have_nothing_of_each_other(made, tmp_path):
    paths = [tmp_path / folder / "rig.blend" for folder in ("one", "other")]
    for path in paths:
        path.parent.mkdir()
        shutil.copy(made, path)
    one = link(paths[0])
    edit_gain(one, 0.5)
    for thing in [thing for thing in bpy.data.objects if thing.override_library is not None]:
        bpy.data.objects.remove(thing)
    assert held_text(link(paths[1])) == ""


def test_two_overrides_of_one_character_have_maps_of_their_own(library, tmp_path):
    one = link(library)
    other = link(library)
    assert other != one
    edit_gain(one, 0.5)
    assert held_text(other) == ""
    edit_gain(other, 0.75)
    name = other.name
    assert gain(reopened(tmp_path / "shot.blend", one.name)) == pytest.approx(0.5)
    assert gain(by_name(name)) == pytest.approx(0.75)


def test_undo_takes_an_edit_back(library):
    rig = link(library)
    edit_gain(rig, 0.5)
    bpy.ops.ed.undo_push(message="edited")
    name = rig.name
    edit_gain(rig, 0.25)
    bpy.ops.ed.undo_push(message="again")
    bpy.ops.ed.undo()
    assert gain(by_name(name)) == pytest.approx(0.5)
    bpy.ops.ed.redo()
    assert gain(by_name(name)) == pytest.approx(0.25)


def test_a_character_of_two_scenes_keeps_its_map_when_one_of_them_goes(library, tmp_path):
    rig = link(library)
    first = bpy.context.scene
    second = bpy.data.scenes.new("Second")
    for collection in first.collection.children:
        second.collection.children.link(collection)
    edit_gain(rig, 0.5)
    edit_gain(rig, 0.75)
    name = rig.name
    bpy.context.window.scene = second
    bpy.data.scenes.remove(first)
    assert gain(by_name(name)) == pytest.approx(0.75)
    assert gain(reopened(tmp_path / "shot.blend", name)) == pytest.approx(0.75)


def test_a_copied_scenes_character_has_the_map_too(library):
    rig = link(library)
    edit_gain(rig, 0.5)
    bpy.ops.scene.new(type="FULL_COPY")
    copied = next(one for one in bpy.context.scene.objects if one.type == "ARMATURE")
    assert copied != rig
    assert gain(copied) == pytest.approx(0.5)
    edit_gain(copied, 0.75)
    assert gain(rig) == pytest.approx(0.5)


def test_a_character_made_local_keeps_its_map_as_its_own(library, tmp_path):
    rig = link(library)
    edit_gain(rig, 0.5)
    rig.make_local(clear_liboverride=True)
    rig = by_name(rig.name)
    assert rig.override_library is None
    assert gain(rig) == pytest.approx(0.5)
    edit_gain(rig, 0.75)
    assert MAP_KEY in rig
    assert not bpy.context.scene[KEPT_KEY].keys()
    rig = reopened(tmp_path / "shot.blend", rig.name)
    assert gain(rig) == pytest.approx(0.75)
    activate(rig)
    assert bpy.ops.elocute.release_rig_map() == {"FINISHED"}
    assert held_text(rig) == ""


def leave_the_scene(rig):
    scene = bpy.context.scene
    for collection in [one for one in scene.collection.children if rig in one.all_objects.values()]:
        scene.collection.children.unlink(collection)
    assert not rig.users_scene


def test_a_deleted_character_is_not_held_in_the_file(library, tmp_path):
    rig = link(library)
    before = rig.users
    edit_gain(rig, 0.5)
    assert rig.users > before
    leave_the_scene(rig)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert rig.users == before
    assert [entry["texts"][MAP_KEY] for entry in bpy.context.scene[KEPT_KEY].values()]


def test_a_pose_of_an_override_that_was_saved_by_force_is_put_right(library, session, tmp_path, monkeypatch):
    link(library)
    before = values()
    bpy.context.scene.elocute_rig.pose = "smile"
    while session.test_pose.pump() is not None:
        pass
    assert not session.test_pose.error
    assert values() != before
    monkeypatch.setattr(type(session.test_pose), "pause", lambda _self: None)  # as autosave does
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"), copy=True)
    monkeypatch.undo()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert values() == pytest.approx(before)
    assert not any(kept_text(one, BEFORE_KEY) for one in (*bpy.data.objects, *bpy.data.shape_keys))


def values():
    """Name of each key of the overridden mesh -> value."""
    mesh = next(one for one in bpy.context.scene.objects if one.type == "MESH")
    return {block.name: block.value for block in mesh.data.shape_keys.key_blocks}


@pytest.mark.parametrize("damage", ["text", 3, {"0": "text"}, {"0": {"of": 1}}, {"0": {"texts": "none"}}])
def test_a_damaged_entry_is_passed_over(library, damage):
    rig = link(library)
    bpy.context.scene[KEPT_KEY] = damage
    assert held_map(rig) is None
    edit_gain(rig, 0.5)
    assert gain(rig) == pytest.approx(0.5)


def test_an_override_in_no_scene_and_a_linked_character_say_so(library, tmp_path):
    rig = link(library)
    leave_the_scene(rig)
    with pytest.raises(UserError, match="in no scene of this file"):
        keep_text(rig, MAP_KEY, "text")
    linked = rig.override_library.reference
    with pytest.raises(UserError, match="linked from another file"):
        keep_text(linked, MAP_KEY, "text")
    assert kept_text(linked, MAP_KEY) == ""


def test_nothing_is_written_by_looking(library):
    rig = link(library)
    assert held_map(rig) is None
    assert np.isfinite(opened(rig))
    assert KEPT_KEY not in bpy.context.scene


def test_the_file_is_not_changed_where_the_library_is(library):
    size = Path(library).stat().st_size
    edit_gain(link(library), 0.5)
    assert Path(library).stat().st_size == size


def duplicated(rig):
    """What Shift-D makes of an override and what belongs to it."""
    bpy.ops.object.select_all(action="DESELECT")
    for thing in (rig, *rig.children):
        thing.select_set(True)
    activate(rig)
    bpy.ops.object.duplicate()
    made = bpy.context.view_layer.objects.active
    assert made != rig
    assert made.override_library is not None
    return made


@pytest.mark.parametrize("how", ["at once", "in a file that was opened again"])
def test_a_copy_of_an_override_begins_with_its_map_and_goes_its_own_way(library, tmp_path, how):
    rig = link(library)
    edit_gain(rig, 0.5)
    if how != "at once":
        rig = reopened(tmp_path / "shot.blend", rig.name)
    copy = duplicated(rig)
    assert gain(copy) == pytest.approx(0.5)
    edit_gain(rig, 0.25)
    assert gain(copy) == pytest.approx(0.5)
    edit_gain(copy, 0.75)
    assert (gain(rig), gain(copy)) == pytest.approx((0.25, 0.75))
    third = duplicated(copy)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "again.blend"))
    entries = [entry for entry in bpy.context.scene[KEPT_KEY].values() if entry["of"] == third]
    assert len(entries) == 1, "what is saved is the copy's own"
    edit_gain(copy, 0.1)
    assert gain(third) == pytest.approx(0.75)


def test_a_copy_of_an_override_stays_without_a_map_that_was_forgotten(library):
    rig = link(library)
    edit_gain(rig, 0.5)
    copy = duplicated(rig)
    activate(copy)
    assert bpy.ops.elocute.release_rig_map() == {"FINISHED"}
    assert held_text(copy) == ""
    assert gain(rig) == pytest.approx(0.5)
