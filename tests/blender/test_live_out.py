"""Sending lines to another program from the panel: never waited for, stopped with the file and the add-on."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import addon
from addon.blender.heads.head_builder import build_head
from addon.blender.operators import live_out
from addon.blender.session import jobs
from addon.blender.targets.clip_track import unnamed_head_points
from addon.blender.targets.head_rig import LANDMARK_CORNERS_KEY
from addon.blender.ui.panels import ELOCUTE_PT_live
from addon.core.backend.environment import EnvironmentState
from addon.core.backend.live_process import LiveChoice, LiveProcess
from addon.core.clip.face_model import read_face_model
from elocute.exchange.head_points import read_head_points
from elocute.face.flame_import import FlameSources, convert_flame
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files
from tests.blender.drawing import draw
from tests.blender.pumping import pump_to_the_end

# Takes parts, writes how many it got, and then stays until its input is closed.
CHILD = """
import pathlib, sys
count = 0
while size := int.from_bytes(sys.stdin.buffer.read(4), "big"):
    sys.stdin.buffer.read(size)
    count += 1
path = pathlib.Path(sys.argv[1])
path.with_suffix(".part").write_text(f"{count} {' '.join(sys.argv[2:])}")
path.with_suffix(".part").rename(path)
sys.stdin.buffer.read(1)
"""


@pytest.fixture
def session(scene, tmp_path, monkeypatch):
    """The session of the registered add-on, with children that only count."""
    monkeypatch.setattr(live_out, "_launcher", lambda _, choice: child(tmp_path, choice))
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    yield jobs.session()
    addon.unregister()


started = []


def child(tmp_path, choice):
    process = LiveProcess(
        Path(sys.executable), choice, command=("-c", CHILD, str(tmp_path / f"got{len(started)}"))
    )
    started.append(process)
    return process


@pytest.fixture(autouse=True)
def no_child_is_left():
    started.clear()
    yield
    assert all(process.wait(30) for process in started)


def test_the_button_starts_and_stops(session, tmp_path):
    settings = bpy.context.scene.elocute
    settings.live_kind, settings.live_port, settings.live_loop = "VMC", 1234, True
    drawn = draw(ELOCUTE_PT_live)
    assert set(drawn.properties) == {"live_kind", "live_port", "live_loop"}
    assert drawn.operators == ["elocute.live_start"]
    assert not bpy.ops.elocute.live_stop.poll()
    session.live.remember(b"clip")
    assert bpy.ops.elocute.live_start() == {"FINISHED"}
    while not (tmp_path / "got0").exists():
        assert session.live.sending
    assert (tmp_path / "got0").read_text() == "1 --to vmc --port 1234 --loop"
    drawn = draw(ELOCUTE_PT_live)
    assert drawn.operators == ["elocute.live_stop"]
    assert "Sending" in drawn.text
    assert bpy.ops.elocute.live_stop() == {"FINISHED"}
    assert started[0].wait(30)
    assert draw(ELOCUTE_PT_live).operators == ["elocute.live_start"]


def flame_head(folder):
    """A FLAME head in the scene."""
    files = write_files(make_synthetic_flame(SMALL_SIZE), folder, "numpy2")
    convert_flame(FlameSources(files["model"], landmarks=(files["landmarks"],))).save(folder / "face.npz")
    return build_head(bpy.context.scene, read_face_model(folder / "face.npz"))


def test_the_points_of_a_flame_head_come_before_its_lines(session, tmp_path, monkeypatch):
    head = flame_head(tmp_path)
    session.live.remember(b"clip")
    assert bpy.ops.elocute.live_start() == {"FINISHED"}
    while not (tmp_path / "got0").exists():
        assert session.live.sending
    assert (tmp_path / "got0").read_text() == "2 --to livelink --face -"
    generate(session, tmp_path, monkeypatch, Client(b"no clip"))
    while not (tmp_path / "got1").exists():
        assert session.live.sending
    assert (tmp_path / "got1").read_text() == "4 --to livelink --face -"
    bpy.ops.elocute.live_stop()
    sent = read_head_points(unnamed_head_points())
    assert sent.basis == "flame2020"
    pose = (np.ones((1, sent.expressions)), np.full((1, 3), 0.1))
    np.testing.assert_allclose(sent.points.posed(*pose), head.face_points().posed(*pose), atol=1e-5)


def test_a_damaged_flame_head_is_told_at_once(session, tmp_path):
    rig = flame_head(tmp_path)
    rig.armature[LANDMARK_CORNERS_KEY] = [10**6] * len(rig.armature.get(LANDMARK_CORNERS_KEY, [0]))
    rig.mesh[LANDMARK_CORNERS_KEY] = [10**6] * len(rig.mesh.get(LANDMARK_CORNERS_KEY, [0]))
    with pytest.raises(RuntimeError, match=r"\S"):
        bpy.ops.elocute.live_start()
    assert not session.live.on


def test_without_an_environment_the_tooltip_says_why(session):
    session.environment = EnvironmentState.MISSING
    assert not bpy.ops.elocute.live_start.poll()


@pytest.mark.parametrize("end", ["another file", "disabled"])
def test_it_stops_with_the_file_and_the_add_on(session, end):
    session.live.remember(b"clip")
    bpy.ops.elocute.live_start()
    if end == "another file":
        bpy.ops.wm.read_factory_settings(use_empty=True)
    else:
        addon.unregister()
        addon.register()
    assert started[0].wait(30)
    assert not jobs.session().live.on
    assert not jobs.session().live.has_line


def test_what_went_wrong_is_shown(session):
    class Failed:
        running, failed, message = False, True, "There is no port 0."
        add = end = stop = lambda *_: None

    session.live.remember(b"clip")
    session.live.start(LiveChoice("vmc"), lambda _: Failed())
    assert draw(ELOCUTE_PT_live).alerts == ["There is no port 0."]


class Client:
    """A service whose job hands out three windows, or fails after one."""

    def __init__(self, clip, fails=False):
        self.clip_bytes, self.fails = clip, fails

    def models(self):
        return SimpleNamespace(models=())

    def submit(self, *_, **__):
        return SimpleNamespace(id="1")

    def events(self, _, windows, **_more):
        from addon.core.backend.event_stream import Window
        from addon.core.backend.messages import ErrorMessage, JobState, JobSummary

        assert windows
        for number in range(3):
            yield Window(number, 1, (b"window", b"another take"))
            if self.fails:
                error = ErrorMessage(code="bad_audio", message="No sound.", hint="")
                yield JobState("1", "generate", "failed", 0, "", 0.0, "", error, None)
                return
        summary = JobSummary(25, 25.0, 1.0, "elocute-head-1", 1, "heard", None, (), "0" * 64, {})
        yield JobState("1", "generate", "done", 0, "", 1.0, "", None, summary)

    def clip(self, *_, **_more):
        return self.clip_bytes

    def phones(self, *_, **_more):
        return None

    def cancel(self, _):
        return None


def generate(session, tmp_path, monkeypatch, client):
    (tmp_path / "line.wav").write_bytes(b"sound")
    bpy.context.scene.elocute.audio = str(tmp_path / "line.wav")
    monkeypatch.setattr(jobs, "service_client", lambda *_: client)
    monkeypatch.setattr(session, "local_service", lambda _: None)
    assert bpy.ops.elocute.generate() == {"FINISHED"}
    return pump_to_the_end(session)


@pytest.mark.parametrize("fails", [False, True])
def test_a_line_is_sent_while_it_is_generated(session, tmp_path, monkeypatch, fails):
    bpy.ops.elocute.live_start()
    assert not started, "there is no line yet"
    status = generate(session, tmp_path, monkeypatch, Client(b"no clip", fails))
    assert status.phase.name == "FAILED"  # these bytes are no clip; what is sent is not looked at
    if fails:
        assert started[0].wait(30), "nothing more will come"
        assert not session.live.has_line
        return
    while not (tmp_path / "got0").exists():
        assert session.live.sending
    assert (tmp_path / "got0").read_text().startswith("3 ")
    assert session.live.has_line
    bpy.ops.elocute.live_stop()
