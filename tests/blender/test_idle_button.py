# ruff: noqa: F811 - fixtures
"""The button of idle motion: what it sends, fills, and does not do."""

from __future__ import annotations

import io
import wave

import bpy
import pytest

from addon.blender.keys.line_strips import placed_lines
from addon.blender.session.status import Phase
from addon.core.backend.environment import EnvironmentState
from addon.core.idle import SILENT_NOTE
from tests.blender.idle_at_work import service, session  # noqa: F401
from tests.blender.pumping import pump_to_the_end


def heard_seconds(content):
    with wave.open(io.BytesIO(content)) as sound:
        assert not any(sound.readframes(sound.getnframes()))
        return sound.getnframes() / sound.getframerate()


def test_the_button_sends_silence_and_keys_what_comes_back(session, service, rig):
    scene = bpy.context.scene
    scene.render.fps = 24
    scene.frame_set(30)
    scene.elocute.idle_seconds, scene.elocute.style, scene.elocute.transcript = 4.0, "calm", "Not this."
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    status = pump_to_the_end(session)
    assert (status.phase, status.message) == (
        Phase.DONE,
        f"Idle motion on {rig.name}, frames 30 to 125.",
    )
    assert heard_seconds(service.heard) == pytest.approx(4.0, abs=1e-3)
    told = service.settings
    assert (told.model, told.style, told.transcript, told.words) == ("rules", "calm", None, "none")
    assert SILENT_NOTE not in status.notes
    assert "Another note." in status.notes
    (placed,) = placed_lines(rig.keys)
    assert (placed.strip.frame_start, placed.strip.frame_end) == (30, 125)
    assert (scene.frame_start, scene.frame_end) == (1, 250)


@pytest.mark.parametrize("preview", [False, True])
def test_the_button_fills_the_frame_range(session, service, rig, preview):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 10, 90
    if preview:
        scene.use_preview_range = True
        scene.frame_preview_start, scene.frame_preview_end = 20, 60
    scene.elocute.idle_span = "RANGE"
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
    (placed,) = placed_lines(rig.keys)
    wanted = (20, 60) if preview else (10, 90)
    assert (placed.strip.frame_start, placed.strip.frame_end) == wanted


def test_what_cannot_be_idle_is_said(session, service, scene):
    with pytest.raises(RuntimeError, match="no character"):
        bpy.ops.elocute.idle()
    assert service.heard == b""


def test_a_range_that_is_too_long_is_said(session, service, rig):
    scene = bpy.context.scene
    scene.frame_end, scene.elocute.idle_span = 100_000, "RANGE"
    with pytest.raises(RuntimeError, match="too long"):
        bpy.ops.elocute.idle()


def test_the_button_waits_for_the_set_up(session, rig):
    session.environment = EnvironmentState.MISSING
    assert not bpy.ops.elocute.idle.poll()


def test_one_undo_takes_it_back(session, service, rig):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.elocute.idle()
    pump_to_the_end(session)
    name = rig.armature.name
    assert placed_lines(bpy.data.objects[name])
    bpy.ops.ed.undo()
    assert not placed_lines(bpy.data.objects[name])
