"""Renders and exports while the beginning of a long line shows: they are without it."""

from __future__ import annotations

import time
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import addon
from addon.blender.session import jobs, leaving
from addon.blender.session.status import Phase
from addon.core.backend.event_stream import Window
from tests.blender.pumping import pump_to_the_end
from tests.blender.shown_previews import (
    OPENING,
    WHOSE,
    begin,
    cancel,
    character,
    everything,
    pump_until,
    registered,
    server,
    shown,
)
from tests.blender.speaking_service import lively


@pytest.fixture
def session(scene, tmp_path, monkeypatch):
    yield from registered(tmp_path, monkeypatch)


@pytest.fixture
def serve(session, monkeypatch):
    return server(monkeypatch)


@pytest.fixture(params=WHOSE)
def whose(request, session, serve, tmp_path):
    return character(request.param, session, serve, tmp_path)


@pytest.fixture
def camera(session):
    """A camera that sees the synthetic head large, and as little to compute as there can be."""
    scene = bpy.context.scene
    seen = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    seen.data.type, seen.data.ortho_scale = "ORTHO", 1.0
    seen.location, seen.rotation_euler = (0.0, -5.0, 0.0), (np.pi / 2, 0.0, 0.0)
    scene.collection.objects.link(seen)
    scene.camera, scene.world = seen, bpy.data.worlds.new("world")
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x = scene.render.resolution_y = 48
    scene.render.film_transparent = True


def rendered(folder):
    path = folder / "frame.png"
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:])
    bpy.data.images.remove(image)
    return pixels


def test_a_render_is_without_it_and_it_shows_again_behind(session, serve, whose, camera, tmp_path):
    service = serve(OPENING)
    bpy.context.scene.frame_set(6)
    before, values = rendered(tmp_path), everything()
    begin(session)
    with_it = everything()
    assert np.array_equal(rendered(tmp_path), before)
    jobs.pump()
    assert everything() == with_it, "it shows again"
    heads = [thing for thing in bpy.data.objects if thing.type == "MESH"]
    assert not any(thing.hide_render for thing in heads)
    rendered(tmp_path)
    if whose is None:  # its head is the line's, and is rendered
        service.allowed.release(9)
        assert pump_to_the_end(session).phase is Phase.DONE
        assert not any(thing.hide_render for thing in bpy.data.objects)
    else:
        cancel(session, service, tmp_path)
        assert everything() == values
    service.allowed.release(9)


@pytest.mark.parametrize("whose", ["a new head"], indirect=True)
def test_a_head_that_the_user_keeps_out_of_renders_stays_out(session, serve, whose, camera, tmp_path):
    service = serve(OPENING)
    begin(session)
    head = next(thing for thing in bpy.data.objects if thing.type == "MESH")
    head.hide_render = True
    rendered(tmp_path)
    jobs.pump()
    assert head.hide_render
    name = head.name
    service.allowed.release(9)
    assert pump_to_the_end(session).phase is Phase.DONE
    assert bpy.data.objects[name].hide_render
    assert not next(thing for thing in bpy.data.objects if thing.type == "ARMATURE").hide_render


def test_nothing_changes_while_a_render_goes_on(session, serve, whose, monkeypatch):
    service = serve(OPENING, Window(0, 18, (lively(18, 2.0),)))
    bpy.context.scene.frame_set(6)
    begin(session)
    renders = [True]
    monkeypatch.setattr(jobs, "is_rendering", lambda: renders[0])
    jobs.pump()
    hidden = everything()
    assert session.status.words == "Waiting for the render to end"
    service.allowed.release(9)
    for _ in range(60):
        jobs.pump()
        time.sleep(0.005)
    assert everything() == hidden, "neither the rest of it, nor the line"
    bpy.ops.elocute.cancel()
    jobs.pump()
    assert (everything(), session.status.phase) == (hidden, Phase.CANCELLING)
    renders[0] = False
    assert pump_to_the_end(session).phase is Phase.IDLE
    assert not shown()


def test_a_line_is_keyed_once_the_render_has_ended(session, serve, whose, monkeypatch):
    serve(OPENING).allowed.release(9)
    renders = [True]
    monkeypatch.setattr(jobs, "is_rendering", lambda: renders[0])
    before = everything()
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    for _ in range(60):
        jobs.pump()
        time.sleep(0.005)
    assert everything() == before
    renders[0] = False
    assert pump_to_the_end(session).phase is Phase.DONE
    assert all(strip.mute is False for keys in bpy.data.shape_keys for strip in strips_of(keys))


def strips_of(block):
    return [strip for track in block.animation_data.nla_tracks for strip in track.strips]


@pytest.mark.parametrize(
    "operator", ["EXPORT_SCENE_OT_fbx", "WM_OT_alembic_export", "WM_OT_usd_export", "SOMEBODY_OT_export"]
)
def test_an_exporters_file_browser_takes_it_back_for_good(session, serve, whose, monkeypatch, operator):
    service = serve(OPENING, Window(0, 18, (lively(18, 2.0),)))
    bpy.context.scene.frame_set(6)
    before = everything()
    begin(session)
    open_browser(monkeypatch, "WM_OT_open_mainfile")
    jobs.pump()
    assert shown(), "this one writes nothing"
    open_browser(monkeypatch, operator)
    jobs.pump()
    assert everything() == before
    service.allowed.release()
    pump_until(lambda: service.sent == 2)
    for _ in range(20):
        jobs.pump()
        time.sleep(0.005)
    assert everything() == before, "Blender may still be writing when its browser is closed"
    service.allowed.release(9)
    assert pump_to_the_end(session).phase is Phase.DONE


def open_browser(monkeypatch, operator):
    """Windows as Blender's are while a file is chosen."""
    space = SimpleNamespace(active_operator=SimpleNamespace(bl_idname=operator))
    browser = SimpleNamespace(type="FILE_BROWSER", spaces=SimpleNamespace(active=space))
    view = SimpleNamespace(type="VIEW_3D", spaces=SimpleNamespace(active=object()))
    windows = [SimpleNamespace(screen=SimpleNamespace(areas=[view, browser]))]
    monkeypatch.setattr(leaving, "window_manager_of", lambda _: SimpleNamespace(windows=windows))


def test_gltf_is_written_without_it(session, serve, whose):
    service = serve(OPENING)
    bpy.context.scene.frame_set(6)
    before = everything()
    begin(session)
    addon.glTF2_pre_export_callback({})
    assert everything() == before
    service.allowed.release(9)
