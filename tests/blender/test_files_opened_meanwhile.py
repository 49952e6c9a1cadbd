"""Another file is opened while something is made for the scene, at any moment: nothing of it comes there."""
# ruff: noqa: F811 - fixtures

from __future__ import annotations

import itertools
import time

import bpy
import pytest

from addon.blender.heads.head_builder import HeadOptions, build_head
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from tests.blender.lines_at_work import add, recordings, service, session  # noqa: F401
from tests.blender.pumping import pump_to_the_end
from tests.blender.test_session import one_step_a_slice  # noqa: F401

_MOMENTS = 5
"""At which a file is opened, evenly over the slices of the work."""


@pytest.fixture
def saved(session, service, scene, face, recordings, one_step_a_slice, tmp_path):
    """A file with two characters and a line of each; of what is made for it, one step is done in a slice."""
    heads = [build_head(scene, face, HeadOptions(name=name)) for name in ("Ada", "Bob")]
    for line, head in zip(add(recordings), heads, strict=False):
        line.character = head.armature
    scene.elocute_lines.remove(2)
    scene.frame_start, scene.frame_end = 1, 100
    path = str(tmp_path / "before.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    return path


def new_file(_path):
    bpy.ops.wm.read_homefile(use_empty=True)


def same_file_anew(path):
    bpy.ops.wm.open_mainfile(filepath=path)


def undone_and_new(_path):
    bpy.ops.ed.undo()
    bpy.ops.wm.read_homefile(use_empty=True)


def begin(path, work):
    bpy.ops.wm.open_mainfile(filepath=path)
    bpy.ops.ed.undo_push(message="opened")
    bpy.context.scene.frame_set(2)
    bpy.ops.ed.undo_push(message="frame")
    assert getattr(bpy.ops.elocute, work)() == {"FINISHED"}


def slices(session):
    """Do one after the other, and say so; the end where all is done."""
    deadline = time.monotonic() + 60.0
    while session.status.busy:
        assert time.monotonic() < deadline, session.status
        running = session._running
        jobs.pump()
        if running.in_slices:
            yield
        else:
            time.sleep(0.002)


@pytest.mark.parametrize("opened", [new_file, same_file_anew, undone_and_new])
@pytest.mark.parametrize("work", ["generate_all", "fill_scene"])
def test_a_file_opened_at_any_moment_gets_nothing(session, saved, work, opened):
    begin(saved, work)
    count = sum(1 for _ in slices(session))
    assert session.status.phase is Phase.DONE, session.status
    assert bpy.data.actions
    for moment in (1 + (count - 1) * number // _MOMENTS for number in range(_MOMENTS)):
        begin(saved, work)
        for _ in itertools.islice(slices(session), moment):
            pass
        opened(saved)
        there = sorted(thing.name for thing in bpy.data.objects)
        assert pump_to_the_end(session).phase is Phase.IDLE
        assert sorted(thing.name for thing in bpy.data.objects) == there
        assert not bpy.data.actions
