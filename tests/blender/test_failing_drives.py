"""A drive fails or fills while a line is generated: one sentence, and no keys lost or half written."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack

import bpy
import pytest

from addon.blender import apply_motion
from addon.blender.keys import sound, written_keys
from addon.blender.keys.line_strips import placed_lines
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.version_compat import sequencer_strips
from addon.core.backend.client import Client
from addon.core.backend.event_stream import Window
from addon.core.errors import UserError
from tests.blender.pumping import pump_to_the_end
from tests.blender.shown_previews import OPENING, WHOSE, character, everything, registered, server, shown
from tests.blender.speaking_service import lively
from tests.blender.test_sound import needs_sound
from tests.blender.wire_service import WireService, listening


@pytest.fixture
def session(scene, tmp_path, monkeypatch):
    yield from registered(tmp_path, monkeypatch)


@pytest.fixture(params=WHOSE)
def whose(request, session, monkeypatch, tmp_path):
    return character(request.param, session, server(monkeypatch), tmp_path)


@pytest.fixture
def service(session, whose, monkeypatch):
    """The service behind a socket, which is the session's."""
    pieces = (OPENING, Window(0, 12, (lively(12, 2.0),)))
    with ExitStack() as stack:
        made = stack.enter_context(listening(WireService(pieces, lively(25, 1.0))))
        monkeypatch.setattr(jobs, "service_client", lambda *_: Client(made.url, "token"))
        yield made


def failing_drive(monkeypatch, name):
    """Nothing can be told of a file any more."""
    stat = os.stat

    def fails(path, *args, **kwargs):
        if not isinstance(path, int) and os.fspath(path).endswith(name):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return stat(path, *args, **kwargs)

    monkeypatch.setattr(os, "stat", fails)


@pytest.mark.parametrize("how", ["deleted", "failing drive", "deleted right then"])
def test_a_recording_that_is_out_of_reach_when_its_motion_comes_costs_its_sound_alone(
    session, service, whose, how, tmp_path, monkeypatch
):
    works = sound.place_clip_sound

    def place(*args):
        if how == "failing drive":
            failing_drive(monkeypatch, "line.wav")
        else:
            (tmp_path / "line.wav").unlink()
        if how == "deleted right then":
            monkeypatch.setattr(sound, "is_file", lambda _: True)
        return works(*args)

    strips = sequencer_strips(bpy.context.scene)
    for strip in list(strips):
        strips.remove(strip)
    monkeypatch.setattr(apply_motion, "place_clip_sound", place)
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    status = pump_to_the_end(session)
    assert status.phase is Phase.DONE, status
    assert len(placed_lines(bpy.data.shape_keys[0])) == 1
    told = ("There is no file", "cannot read the audio", "built without sound")
    noted = [note for note in status.notes if any(words in note for words in told)]
    if how == "deleted right then" and list(strips):
        # Blender 5.2 goes on with what it has loaded of that file before, so nothing is lost.
        (strip,) = strips
        assert strip.sound.channels != "INVALID"
        assert not noted
    else:
        assert noted
        assert not list(strips)
    monkeypatch.undo()


@needs_sound
def test_a_recording_that_went_right_then_leaves_no_strip_and_no_sound(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(sound, "is_file", lambda _: True)
    with pytest.raises(UserError, match="cannot read the audio"):
        sound.place_sound(scene, tmp_path / "gone.wav", 1)
    assert not list(sequencer_strips(scene))
    assert not list(bpy.data.sounds)


SEAMS = [
    (written_keys, "_new_parts", 0),
    (written_keys, "curve_digest", 0),
    (written_keys, "curve_digest", 9),
    (written_keys, "remember_written_in_steps", 0),
]


@pytest.mark.parametrize(("module", "name", "calls"), SEAMS)
def test_what_fails_while_keys_are_written_leaves_all_as_it_was(
    session, service, whose, monkeypatch, module, name, calls
):
    bpy.context.scene.frame_set(6)
    before = everything()
    works, count = getattr(module, name), iter(range(10**6))

    def fails(*args, **kwargs):
        if jobs.session().status.stage != "keys" or next(count) < calls:  # the beginning is written too
            return works(*args, **kwargs)
        raise MemoryError

    assert bpy.ops.elocute.generate() == {"FINISHED"}
    monkeypatch.setattr(module, name, fails)
    with pytest.raises(MemoryError):
        pump_to_the_end(session)
    assert session.status.phase is Phase.FAILED
    assert session.status.message.startswith("Something went wrong inside Elocute")
    assert not shown()
    assert everything() == before
    monkeypatch.setattr(module, name, works)
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    assert pump_to_the_end(session).phase is Phase.DONE
