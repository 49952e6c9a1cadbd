"""A head is built in steps for a line: what a render, a saved file and a scene that is switched see of it."""

from __future__ import annotations

import bpy
import pytest

from addon.blender.apply_motion import apply_motion_in_steps, current_target
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.preview_strips import PREVIEW_KEY
from addon.blender.session import applying, jobs
from addon.blender.session.status import Phase
from addon.blender.targets.head_rig import heads_in
from addon.blender.ui.properties import read_options
from addon.core import steps as steps_module
from addon.core.errors import UserError
from tests.blender.pumping import pump_to_the_end
from tests.blender.shown_previews import OPENING, pump_until, registered, server, shown
from tests.blender.speaking_service import lively

FIRST = 15
"""Of the first steps, in which mesh and bones are made, each is looked at."""
EVERY = 11
"""Of so many later steps one is looked at; a prime, as the sets of steps that are alike have other sizes."""


@pytest.fixture
def session(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(steps_module, "LOOK_SECONDS", 60.0)  # as many steps each time
    monkeypatch.setattr(applying, "SLICE_SECONDS", 1e-4)  # a step a slice, or few
    monkeypatch.setattr(applying, "LONGEST_SLICE", 1e-4)
    yield from registered(tmp_path, monkeypatch)


@pytest.fixture
def serve(session, monkeypatch):
    return server(monkeypatch)


def keying(tmp_path):
    """The steps in which a line comes onto a head of its own."""
    options, target = read_options(bpy.context.scene), current_target(bpy.context)
    return apply_motion_in_steps(lively(12, 1.0), tmp_path / "line.wav", options, target)


def in_renders():
    return [thing.name for thing in bpy.data.objects if thing.users_scene and not thing.hide_render]


def other_scene():
    """Another scene than the line's, with something selected in it."""
    other = bpy.data.scenes.new("other")
    own = bpy.data.objects.new("own", bpy.data.meshes.new("own"))
    other.collection.objects.link(own)
    other.view_layers[0].objects.active = own
    own.select_set(True, view_layer=other.view_layers[0])
    return other


def clear():
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.context.scene.render.fps = 25


def places(whole):
    """At which steps to look: the first ones, some, and the last ones, where most becomes of little."""
    return [*range(1, FIRST), *range(FIRST, whole, EVERY), *range(max(whole - 4, 1), whole)]


def count(steps):
    return sum(1 for _ in steps)


def test_renders_are_without_a_head_until_its_line_plays(session, tmp_path):
    steps = keying(tmp_path)
    for share in steps:
        if share < 1.0:
            assert in_renders() == [], f"a head that is not there, at {share}"
    assert in_renders() == ["Elocute head", "Elocute head rig"]
    assert placed_lines(heads_in(bpy.context.scene)[0].keys)


def test_renders_are_without_the_head_of_a_preview_until_it_is_whole(session, serve):
    """What is whole is hidden while the render goes on, which other tests show."""
    service = serve(OPENING)
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    seen = set()

    def rendered():
        seen.add((bool(bpy.data.objects), bool(in_renders()), is_marked()))
        return bool(in_renders())

    pump_until(rendered)
    assert seen == {(False, False, False), (True, False, False), (True, True, True)}
    service.allowed.release(9)
    pump_to_the_end(session)


def is_marked():
    return any(PREVIEW_KEY in thing for thing in bpy.data.objects)


@pytest.mark.parametrize("removed", [False, True])
def test_the_scene_may_be_switched_or_removed_at_any_step(session, tmp_path, removed):
    whole = count(keying(tmp_path))
    for at in places(whole):
        clear()
        mine, steps = bpy.context.scene, keying(tmp_path)
        for _ in range(at):
            next(steps)
        other = other_scene()
        before = sorted(thing.name for thing in other.objects)
        bpy.context.window.scene = other
        if removed:
            bpy.data.scenes.remove(mine)
            with pytest.raises(UserError, match=r"was deleted (meanwhile|while)"):
                count(steps)
            assert [thing.name for thing in bpy.data.objects] == before, f"after {at} of {whole}"
            assert [mesh.name for mesh in bpy.data.meshes] == ["own"], f"after {at} of {whole}"
            assert not any([*bpy.data.actions, *bpy.data.armatures, *bpy.data.materials])
            continue
        count(steps)
        (head,) = heads_in(mine)
        assert placed_lines(head.keys), f"after {at} of {whole}"
        assert len(head.armature.pose.bones) == 5
        layer = mine.view_layers[0]
        assert (layer.objects.active, list(layer.objects.selected)) == (head.armature, [head.armature])
        assert bpy.context.scene == other
        assert sorted(thing.name for thing in other.objects) == before
        assert (bpy.context.view_layer.objects.active.name, bpy.context.mode) == ("own", "OBJECT")
        assert bpy.data.objects["own"].select_get()


def test_unused_data_may_be_purged_at_any_of_the_first_steps(session, tmp_path):
    for at in range(1, FIRST):
        clear()
        steps = keying(tmp_path)
        for _ in range(at):
            next(steps)
        bpy.ops.outliner.orphans_purge(do_recursive=True)
        bpy.data.orphans_purge(do_recursive=True)
        count(steps)
        (head,) = heads_in(bpy.context.scene)
        assert placed_lines(head.keys), f"after {at}"
        assert not head.mesh.data.use_fake_user, "it goes with the head"


@pytest.mark.parametrize("mode", ["EDIT", "SCULPT", "POSE"])
def test_the_user_may_edit_in_another_scene_meanwhile(session, tmp_path, mode):
    mine, steps = bpy.context.scene, keying(tmp_path)
    next(steps)
    bpy.context.window.scene = other_scene()
    own = bpy.data.objects["own"]
    if mode == "POSE":
        own = bpy.data.objects.new("bones", bpy.data.armatures.new("bones"))
        bpy.context.scene.collection.objects.link(own)
        bpy.context.view_layer.objects.active = own
    bpy.ops.object.mode_set(mode=mode)
    count(steps)
    (head,) = heads_in(mine)
    assert (len(head.armature.pose.bones), head.armature.mode) == (5, "OBJECT")
    assert (bpy.context.view_layer.objects.active, own.mode) == (own, mode)


@pytest.mark.parametrize("mode", ["EDIT", "POSE"])
def test_what_is_edited_in_the_lines_own_scene_is_edited_on(session, tmp_path, mode):
    mine, steps = bpy.context.scene, keying(tmp_path)
    next(steps)
    own = bpy.data.objects.new("bones", bpy.data.armatures.new("bones"))
    mine.collection.objects.link(own)
    bpy.context.view_layer.objects.active = own
    bpy.ops.object.mode_set(mode=mode)
    bpy.context.window.scene = other_scene()
    bpy.ops.object.mode_set(mode="EDIT")
    for share in steps:
        if share > 0.35:
            break
    assert own.mode == mode, "after the bones of the head"
    count(steps)
    assert bpy.context.mode == "EDIT_MESH"


def begin_to_build(at):
    """Generate until the head is built that far."""
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    pump_until(lambda: bpy.data.objects)
    for _ in range(at):
        jobs.pump()
    assert jobs.session().status.busy


@pytest.mark.parametrize("at", [0, 1, 20, 40])
def test_the_scene_may_be_switched_while_a_previews_head_is_built(session, serve, at):
    """The line comes into its own scene, and no failure is told."""
    service, mine = serve(OPENING), bpy.context.scene
    begin_to_build(at)
    bpy.context.window.scene = other_scene()
    pump_until(shown)
    service.allowed.release(9)
    assert pump_to_the_end(session).phase is Phase.DONE
    (head,) = heads_in(mine)
    assert placed_lines(head.keys)
    assert in_renders() == ["Elocute head", "Elocute head rig", "own"]


@pytest.mark.parametrize("at", [0, 1, 20, 40])
def test_a_file_that_is_saved_while_a_line_is_written_holds_nothing_of_it(session, serve, tmp_path, at):
    """And the line is written after that."""
    serve().allowed.release(9)
    begin_to_build(at)
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path, copy=True)
    with bpy.data.libraries.load(path) as (inside, _):
        assert (inside.objects, inside.actions, inside.meshes) == ([], [], [])
    assert pump_to_the_end(session).phase is Phase.DONE
    assert len(heads_in(bpy.context.scene)) == 1
