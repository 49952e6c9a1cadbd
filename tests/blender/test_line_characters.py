# ruff: noqa: F811 - fixtures
"""Whose line it is: several characters, one, none, and one that is deleted."""

from __future__ import annotations

import bpy
import pytest

from addon.blender.session.status import Phase
from addon.blender.ui.lines import split_line
from addon.blender.ui.panels import ELOCUTE_PT_generate
from addon.core.lines.draft import LineDraft
from tests.blender.drawing import draw
from tests.blender.lines_at_work import (  # noqa: F401
    add,
    generate_all,
    recordings,
    service,
    session,
    spans,
    two_heads,
)
from tests.blender.pumping import pump_to_the_end


def test_each_line_goes_to_its_character(session, service, two_heads, recordings):
    added = add(recordings)
    for line, head in zip(added, (*two_heads, two_heads[0]), strict=True):
        line.character = head.armature
    assert generate_all(session).message == "3 lines generated."
    assert [span[2] for span in spans(two_heads[0].keys)] == ["one", "three"]
    assert [span[2] for span in spans(two_heads[1].keys)] == ["two"]


def test_lines_are_the_selected_characters_where_there_are_several(session, two_heads, recordings):
    scene = bpy.context.scene
    for head in two_heads:
        bpy.context.view_layer.objects.active = head.mesh
        add(recordings[:1])
    assert [line.character for line in scene.elocute_lines] == [head.armature for head in two_heads]
    bpy.context.view_layer.objects.active = None
    add(recordings[:1])
    assert scene.elocute_lines[2].character is None


def test_with_one_character_lines_name_nobody(session, rig, recordings):
    bpy.context.view_layer.objects.active = rig.armature
    assert add(recordings[:1])[0].character is None


def test_a_deleted_character_is_one_sentence(session, service, two_heads, recordings):
    added = add(recordings)
    added[0].character, added[1].character = (head.armature for head in two_heads)
    added[2].character = two_heads[1].armature
    bpy.context.scene.collection.objects.unlink(two_heads[0].armature)
    status = generate_all(session)
    assert status.message == "2 of 3 lines generated; the others failed."
    assert "Ada" in added[0].problem
    assert "not in the scene any more" in added[0].problem


@pytest.mark.parametrize("copied", ["", "duplicated", "split"])
def test_a_line_whose_character_is_deleted_is_no_one_elses(session, service, two_heads, recordings, copied):
    scene, added = bpy.context.scene, add(recordings)
    added[0].character = two_heads[0].armature
    bpy.data.objects.remove(two_heads[0].armature)
    bpy.data.objects.remove(two_heads[0].mesh)
    assert added[0].character is None
    scene.elocute_active_line, failed = 0, [0]
    if copied == "duplicated":
        assert bpy.ops.elocute.line_duplicate() == {"FINISHED"}
        failed = [0, 1]
    elif copied == "split":
        parts = [
            LineDraft(recordings[0], "a", "0-0.4", 0.0, 0.4),
            LineDraft(recordings[0], "b", "0.5-1", 0.5),
        ]
        split_line(scene, added[0].key, parts)
        failed = [0, 1]
    status = generate_all(session)
    assert status.message == f"2 of {2 + len(failed)} lines generated; the others failed."
    assert [index for index, line in enumerate(added) if line.problem] == failed
    assert added[0].problem == (
        "Ada rig, who speaks this line, was deleted. Choose the line's character again, or undo the deletion."
    )
    assert {span[2] for span in spans(two_heads[1].keys)} == {"two", "three"}
    scene.elocute_active_line = 0
    assert "Ada rig was deleted" in draw(ELOCUTE_PT_generate).text
    with pytest.raises(RuntimeError, match="Ada rig, who speaks this line, was deleted"):
        bpy.ops.elocute.rekey(everything=True)
    added[0].character = two_heads[1].armature
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
    added[0].character = None  # emptied by the user: whoever is selected, or the only one
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE


def test_several_characters_and_none_selected_are_asked(session, service, two_heads, recordings):
    add(recordings)
    cube = bpy.data.objects.new("cube", None)
    bpy.context.scene.collection.objects.link(cube)
    bpy.context.view_layer.objects.active = cube
    with pytest.raises(RuntimeError, match=r"There are 2 characters here: Ada.*, Bob.*Select the one"):
        bpy.ops.elocute.generate()
    bpy.context.view_layer.objects.active = two_heads[1].armature
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    pump_to_the_end(session)
    assert [span[2] for span in spans(two_heads[1].keys)] == ["one"]


def test_the_head_that_is_offered_is_the_head_that_is_added(session, service, recordings):
    scene = bpy.context.scene
    scene.elocute.new_head = "Mira"
    add(recordings[:1])
    bpy.ops.elocute.generate()
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED, "the synthetic face has no such character"
    scene.elocute.new_head = "PLAIN"
    bpy.ops.elocute.generate()
    assert pump_to_the_end(session).phase is Phase.DONE
