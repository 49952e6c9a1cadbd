# ruff: noqa: F811 - fixtures
"""The list of lines: adding, copying, sorting, removing, saving and drawing."""

from __future__ import annotations

import bpy

from addon.blender.ui.lines_panel import ELOCUTE_MT_add_lines
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.blender.ui.properties import read_options
from tests.blender.drawing import draw
from tests.blender.lines_at_work import (  # noqa: F401
    add,
    generate_all,
    lines,
    recordings,
    service,
    session,
    two_heads,
)


def test_without_lines_the_scene_has_its_own_options(session):
    scene = bpy.context.scene
    scene.elocute.style = "calm"
    assert read_options(scene).style == "calm"
    assert not bpy.ops.elocute.line_remove.poll()


def test_files_become_lines_one_after_the_other(session, recordings):
    scene = bpy.context.scene
    scene.frame_set(10)
    scene.elocute.style, scene.elocute.use_audio_scale, scene.elocute.audio_scale = "calm", True, 2.0
    added = add(recordings)
    assert [line.name for line in added] == ["one", "two", "three"]
    assert [line.start_frame for line in added] == [10, 10 + 31, 10 + 62]
    assert len({line.key for line in added}) == 3
    options = read_options(scene)
    assert (options.audio, options.style, options.audio_scale) == (recordings[0], "calm", 2.0)
    scene.elocute_active_line = 2
    assert read_options(scene).audio == recordings[2]
    added[2].style = "lively"
    assert (read_options(scene).style, scene.elocute.style) == ("lively", "calm")
    scene.elocute.idle_seconds = 3.0
    assert read_options(scene).idle_seconds == 3.0, "the scene's in any case"


def test_lines_are_copied_moved_and_removed(session, recordings):
    scene, added = bpy.context.scene, add(recordings)
    scene.elocute_active_line, added[1].style = 1, "happy"
    assert bpy.ops.elocute.line_duplicate() == {"FINISHED"}
    assert [line.name for line in added] == ["one", "two", "two", "three"]
    assert (added[2].style, added[2].start_frame) == ("happy", added[1].start_frame)
    assert added[2].key != added[1].key
    assert scene.elocute_active_line == 2
    bpy.ops.elocute.line_move(direction="DOWN")
    bpy.ops.elocute.line_move(direction="DOWN")
    assert [line.name for line in added] == ["one", "two", "three", "two"]
    assert scene.elocute_active_line == 3
    bpy.ops.elocute.line_remove()
    assert (len(added), scene.elocute_active_line) == (3, 2)
    bpy.ops.elocute.lines_clear()
    assert len(added) == 0


def test_lines_are_sorted_by_their_start(session, recordings):
    scene, added = bpy.context.scene, add(recordings)
    for line, start in zip(added, (90, 10, 50), strict=True):
        line.start_frame = start
    scene.elocute_active_line = 2
    assert bpy.ops.elocute.lines_sort() == {"FINISHED"}
    assert [line.name for line in added] == ["two", "three", "one"]
    assert scene.elocute_active_line == 1
    drawn = draw(ELOCUTE_MT_add_lines)
    assert {"elocute.lines_sort", "elocute.lines_clear", "elocute.split_at_pauses"} <= set(drawn.operators)


def test_an_index_beyond_the_list_is_its_last_line(session, recordings):
    scene = bpy.context.scene
    add(recordings)
    scene.elocute_active_line = 77
    assert read_options(scene).audio == recordings[2]


def test_lines_survive_saving_and_opening(session, service, two_heads, recordings, tmp_path):
    added = add(recordings)
    added[1].character, added[1].style = two_heads[1].armature, "calm"
    keys = [line.key for line in added]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert [line.key for line in lines()] == keys
    assert lines()[1].character.name == "Bob rig" or "Bob" in lines()[1].character.name
    assert (lines()[1].style, read_options(bpy.context.scene).audio) == ("calm", recordings[0])


def test_lines_are_drawn(session, two_heads, recordings):
    drawn = draw(ELOCUTE_PT_generate)
    assert "ELOCUTE_MT_add_lines" in drawn.menus
    assert "elocute.generate_all" not in drawn.operators
    added = add(recordings)
    added[0].problem = "It failed."
    drawn = draw(ELOCUTE_PT_generate)
    assert "elocute.generate_all" in drawn.operators
    assert "It failed." in drawn.text
    assert "character" in drawn.properties
