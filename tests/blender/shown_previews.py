"""A long line whose beginning shows while the rest is made: the session, the slow service, what shows."""

from __future__ import annotations

import threading
import time

import bpy

import addon
from addon.blender import apply_motion
from addon.blender.heads.head_builder import build_head
from addon.blender.keys.preview_strips import TRACK
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.core.backend.environment import EnvironmentState
from addon.core.backend.event_stream import Opening
from addon.core.clip.face_model import read_face_model
from tests.blender.pumping import pump_to_the_end
from tests.blender.speaking_service import SpeakingService, lively
from tests.blender.test_sound import write_tone
from tests.core.synthetic_face import saved_face

BLOCKS = ("objects", "meshes", "armatures", "materials", "actions", "shape_keys")


class SlowService(SpeakingService):
    """Sends pieces of motion one by one, each once :attr:`allowed` was released for it, then ends."""

    def __init__(self, *pieces, frames=25):
        super().__init__(frames)
        self.pieces, self.failure = pieces, None
        self.allowed, self.sent = threading.Semaphore(0), 0

    def events(self, job, windows=False, **_):
        for piece in self.pieces if windows else ():
            self.sent += 1
            yield piece
            while not self.allowed.acquire(timeout=0.01):
                yield None
        if self.failure is not None:
            raise self.failure
        yield from super().events(job)


BEGINNING = lively(10, 2.0)
OPENING = Opening(0, 10, (BEGINNING,))


def registered(tmp_path, monkeypatch):
    """The session of the registered add-on, ready to generate, with the synthetic face as its own head."""
    monkeypatch.setattr(apply_motion, "STAND_IN_HEAD", saved_face(tmp_path))
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    bpy.context.scene.render.fps = 25
    bpy.context.scene.elocute.audio = str(write_tone(tmp_path / "line.wav", 1.0))
    yield jobs.session()
    addon.unregister()


def server(monkeypatch):
    """A function that makes a service the session's."""

    def use(*pieces, frames=25):
        client = SlowService(*pieces, frames=frames)
        monkeypatch.setattr(jobs, "service_client", lambda *_: client)
        return client

    return use


WHOSE = ("a new head", "a bare head", "a head with a take")


def character(which, session, serve, tmp_path):
    """One of :data:`WHOSE` that the line is for; None where its head is yet to be added."""
    if which == "a new head":
        return None
    rig = build_head(bpy.context.scene, read_face_model(saved_face(tmp_path)))
    if which == "a bare head":
        rig.keys.key_blocks["mouthPucker"].value = 0.25
        bpy.ops.ed.undo_push(message="a head")
        return rig
    serve()
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    pump_to_the_end(session)
    bpy.ops.ed.undo_push(message="a take")
    return rig


def shown():
    """Frames at which strips of the preview play, by the data-block."""
    blocks = [*bpy.data.objects, *bpy.data.shape_keys]
    tracks = [(block, t) for block in blocks if block.animation_data for t in block.animation_data.nla_tracks]
    return {
        block.name: [(strip.frame_start, strip.frame_end) for strip in track.strips]
        for block, track in tracks
        if track.name == TRACK
    }


def begin(session, until=1):
    """Generate until so many strips of a preview play."""
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    pump_until(lambda: max(map(len, shown().values()), default=0) >= until)
    assert session.status.phase is Phase.RUNNING


def pump_until(reached, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, jobs.session().status
        jobs.pump()
        time.sleep(0.005)


def everything():
    """What there is in the file, what plays, and how every face stands."""
    bpy.context.scene.frame_set(bpy.context.scene.frame_current)
    found = {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in BLOCKS}
    for block in (*bpy.data.objects, *bpy.data.shape_keys):
        anim = block.animation_data
        found[block.name] = anim and [
            (track.name, [(strip.name, strip.action.name, strip.frame_start) for strip in track.strips])
            for track in anim.nla_tracks
        ]
    for keys in bpy.data.shape_keys:
        found[f"{keys.name} values"] = [round(key.value, 4) for key in keys.key_blocks]
    found["bones"] = [
        (thing.name, bone.name, *map(lambda number: round(number, 4), bone.rotation_quaternion))
        for thing in bpy.data.objects
        if thing.type == "ARMATURE"
        for bone in thing.pose.bones
    ]
    return found


def cancel(session, _service, _folder):
    bpy.ops.elocute.cancel()
    assert pump_to_the_end(session).message == "Cancelled. Nothing was changed."
