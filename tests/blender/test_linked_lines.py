"""Lines that come with a linked character are left as they are, and what a shot adds survives saving."""
# ruff: noqa: F811 - fixtures

from __future__ import annotations

import bpy
import pytest

from addon.blender.keys.layers import lay, layer_strips
from addon.blender.keys.library_tracks import is_from_library
from addon.blender.keys.line_strips import placed_lines, remove_strip
from addon.blender.session.status import Phase
from addon.blender.targets.find import target_of
from addon.blender.ui.layers_panel import ELOCUTE_PT_layers
from addon.core.errors import UserError
from tests.blender.drawing import draw
from tests.blender.lines_at_work import recordings, service, session  # noqa: F401
from tests.blender.pumping import pump_to_the_end

LATER = 200


@pytest.fixture
def shot(session, service, rig, recordings, tmp_path):
    """A function that saves the head with a line at 1, links it, makes it editable and adds a line."""
    names = [rig.armature.name, rig.mesh.name]

    def shot(idle=False, layers=False, added=True):
        bpy.context.view_layer.objects.active = rig.armature
        generate(session, recordings[0], 1)
        if idle:
            make_idle(session, 60)
        if layers:
            bpy.context.scene.frame_set(10)
            assert bpy.ops.elocute.layers() == {"FINISHED"}
        path = str(tmp_path / "library.blend")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.read_homefile(use_empty=True)
        scene = bpy.context.scene
        with bpy.data.libraries.load(path, link=True) as (_, wanted):
            wanted.objects = list(names)
        for thing in wanted.objects:
            scene.collection.objects.link(thing)
        bpy.context.view_layer.objects.active = wanted.objects[0]
        assert bpy.ops.elocute.make_editable() == {"FINISHED"}
        scene.render.fps = 25
        if added:
            generate(session, recordings[1], LATER)
        return blocks()

    return shot


def generate(session, recording, start):
    settings = bpy.context.scene.elocute
    settings.audio, settings.start_frame = str(recording), start
    bpy.ops.elocute.generate()
    assert pump_to_the_end(session).phase is Phase.DONE


def make_idle(session, frame):
    bpy.context.scene.frame_set(frame)
    bpy.context.scene.elocute.idle_seconds = 2.0
    bpy.ops.elocute.idle()
    assert pump_to_the_end(session).phase is Phase.DONE


def blocks():
    rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing.library is None)
    mesh = next(thing for thing in rig.children if thing.type == "MESH")
    return rig, mesh.data.shape_keys


def influence(strip):
    return strip.influence if strip.use_animated_influence else 1.0


def tracks(where=None):
    """What stands in the NLA of the rig and of the shape keys: those of the library, of this file, or all."""
    return [
        [
            (track.name, strip.name, strip.frame_start, strip.frame_end, influence(strip), strip.action.name)
            for track in block.animation_data.nla_tracks
            for strip in track.strips
            if where is None or is_from_library(track) is where
        ]
        for block in blocks()
    ]


def reopened(tmp_path):
    """The same after saving and opening."""
    path = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    return tracks()


def test_what_comes_from_the_library_is_known_on_both(shot):
    for block in shot(layers=True):
        known = [(is_from_library(track), track.name) for track in block.animation_data.nla_tracks]
        assert [name for linked, name in known if not linked and "rest" not in name] == ["two"]
        assert "one" in [name for linked, name in known if linked]
        assert any(one.is_from_library for one in layer_strips(block))
        (linked, own) = placed_lines(block)
        assert (linked.is_from_library, own.is_from_library) == (True, False)
        with pytest.raises(ValueError, match="cannot be removed"):
            remove_strip(block, linked)


@pytest.mark.parametrize("layers", [True, False])
def test_layers_of_a_linked_line_stay(shot, layers, tmp_path):
    shot(layers=layers)
    before = tracks()
    bpy.context.scene.frame_set(10)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="comes with the linked file, so its layers cannot be changed"):
            bpy.ops.elocute.layers()
        assert tracks() == before
    with pytest.raises(UserError, match="in its own file"):
        lay(target_of(blocks()[0]), "one")
    assert reopened(tmp_path) == before


@pytest.mark.parametrize("layers", [True, False])
def test_layers_of_a_line_of_the_shot_come_and_go(shot, layers, tmp_path):
    shot(layers=layers)
    linked, single = tracks(True), tracks(False)
    bpy.context.scene.frame_set(LATER + 10)
    assert bpy.ops.elocute.layers() == {"FINISHED"}
    assert all(len(own) > len(one) for own, one in zip(tracks(False), single, strict=True))
    before = tracks()
    assert reopened(tmp_path) == before
    assert bpy.ops.elocute.layers() == {"FINISHED"}
    assert tracks(False) == single
    assert tracks(True) == linked
    before = tracks()
    assert reopened(tmp_path) == before


def test_influences_of_linked_layers_are_shown_but_not_for_change(shot):
    shot(layers=True)
    linked = draw(ELOCUTE_PT_layers)
    assert len(linked.disabled) == len(linked.properties) > 0
    bpy.context.scene.frame_set(LATER + 10)
    bpy.ops.elocute.layers()
    both = draw(ELOCUTE_PT_layers)
    assert both.disabled == linked.disabled
    assert len(both.properties) == 2 * len(linked.properties)


@pytest.mark.parametrize("layers", [True, False])
@pytest.mark.parametrize("button", ["fill_scene", "idle"])
def test_linked_idle_motion_stays_and_new_comes_beside_it(shot, session, tmp_path, button, layers):
    shot(idle=True, layers=layers)
    linked, own = tracks(True), tracks(False)
    scene = bpy.context.scene
    for _ in range(2):
        if button == "fill_scene":
            scene.frame_start, scene.frame_end = 1, 260
            bpy.ops.elocute.fill_scene()
            assert pump_to_the_end(session, 60.0).phase is Phase.DONE
        else:
            make_idle(session, 60)
        assert tracks(True) == linked
        for new, old in zip(tracks(False), own, strict=True):
            assert [one for one in new if one in old] == old, "the line of the shot"
        spans = [
            [line.strip.frame_start for line in placed_lines(block) if line.idle and not line.is_from_library]
            for block in blocks()
        ]
        assert spans[0] == spans[1]
        assert len(spans[0]) == len(set(spans[0])) > 0
    before = tracks()
    assert reopened(tmp_path) == before


def test_only_lines_of_the_shot_are_keyed_again(shot, session, tmp_path):
    shot(idle=True)
    linked = tracks(True)
    assert bpy.ops.elocute.rekey(everything=True) == {"FINISHED"}
    assert pump_to_the_end(session).message.startswith("1 line of")
    assert tracks(True) == linked
    bpy.context.scene.frame_set(10)
    before = tracks()
    bpy.ops.elocute.rekey(everything=False)
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED
    assert "comes with the linked file, so it cannot be keyed again" in status.message
    assert tracks() == before
    assert reopened(tmp_path) == before


def test_where_all_lines_are_linked_none_is_keyed_again(shot, tmp_path):
    shot(added=False)
    before = tracks()
    with pytest.raises(RuntimeError, match="comes with the linked file, so it cannot be keyed again"):
        bpy.ops.elocute.rekey(everything=True)
    assert tracks() == before


def test_a_part_of_a_linked_line_is_refused_before_anything_is_made(shot, service):
    shot()
    before, heard = tracks(), len(service.heard)
    scene = bpy.context.scene
    scene.frame_set(10)
    scene.elocute.range_source, scene.elocute.range_first, scene.elocute.range_last = "FRAMES", 5, 10
    with pytest.raises(RuntimeError, match="comes with the linked file, so no part of it can be made anew"):
        bpy.ops.elocute.range_anew()
    assert (tracks(), len(service.heard)) == (before, heard)


@pytest.mark.parametrize("layers", [True, False])
def test_another_take_of_a_linked_line_plays_above_it(shot, session, recordings, tmp_path, layers):
    shot(layers=layers)
    linked, own = tracks(True), tracks(False)
    for _ in range(2):
        generate(session, recordings[0], 1)
        assert tracks(True) == linked
        for new, old in zip(tracks(False), own, strict=True):
            assert (new[: len(old)], len(new)) == (old, len(old) + 1)
    before = tracks()
    assert reopened(tmp_path) == before


def test_layers_whose_linked_line_has_another_name_stay(shot, session, recordings):
    shot(layers=True)
    for block in blocks():
        line = next(line for line in placed_lines(block) if line.is_from_library)
        line.track.name = "renamed"
    linked = tracks(True)
    generate(session, recordings[2], LATER + 100)
    assert tracks(True) == linked
