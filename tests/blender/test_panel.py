"""The panel's machinery: registering, blockers, jobs, and what ends up in the scene."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

import addon
from addon.blender import apply_motion
from addon.blender.apply_motion import TargetRef, current_target
from addon.blender.keys.keyframes import key_clip
from addon.blender.operators.generate import generate_blocker
from addon.blender.operators.set_up import setup_blocker
from addon.blender.registry import CLASSES
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.targets.find import active_head
from addon.blender.targets.head_rig import heads_in
from addon.blender.ui.preferences import read_settings
from addon.blender.ui.properties import read_options
from addon.core.backend.environment import EnvironmentState
from addon.core.backend.messages import ModelMessage
from addon.core.backend.server_process import ServerProcess
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from addon.core.job import Outcome
from elocute.motion.clip import MotionClip
from tests.blender.lines import line_action
from tests.blender.pumping import pump_to_the_end
from tests.core.synthetic_face import saved_face


@pytest.fixture
def enabled(scene):
    """The add-on, registered; the session it began."""
    addon.register()
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """The synthetic face in the place of the shipped head."""
    path = saved_face(tmp_path)
    monkeypatch.setattr(apply_motion, "STAND_IN_HEAD", path)
    return path


def clip_bytes(tmp_path, frames=25, basis="elocute-head-1"):
    path = tmp_path / "clip.npz"
    rng = np.random.default_rng(0)
    expression = rng.random((frames, 43)).astype(np.float32)
    still = np.zeros((frames, 3), np.float32)
    MotionClip(25.0, basis, expression, still, still, meta={"style": "calm"}).save(path)
    return path.read_bytes()


def test_register_twice_leaves_nothing():
    for _ in range(2):
        addon.register()
        assert hasattr(bpy.types.Scene, "elocute")
        assert all(cls.is_registered for cls in CLASSES)
        handlers = len(bpy.app.handlers.load_post)
        addon.unregister()
        assert not hasattr(bpy.types.Scene, "elocute")
        assert not any(cls.is_registered for cls in CLASSES)
        assert len(bpy.app.handlers.load_post) == handlers - 1
        assert not bpy.app.timers.is_registered(jobs.pump)
        with pytest.raises(RuntimeError, match="not registered"):
            jobs.session()


def test_work_reports_and_ends(enabled):
    go = threading.Event()

    def work(control):
        control.report("phones", 0.5, "Listening")
        go.wait(10)
        return 7

    enabled.start("Trying", work, lambda result: Outcome(f"It was {result}.", ("a note",)))
    with pytest.raises(UserError, match="still working"):
        enabled.start("Another", work, lambda _: Outcome(""))
    deadline = time.monotonic() + 10
    while enabled.status.stage != "phones":
        assert time.monotonic() < deadline
        assert jobs.pump() == jobs.TICK_SECONDS
    assert enabled.status.words == "Finding speech sounds"
    assert 0.3 < enabled.status.fraction < 0.6
    assert bpy.app.timers.is_registered(jobs.pump)
    go.set()
    status = pump_to_the_end(enabled)
    assert (status.phase, status.message, status.notes) == (Phase.DONE, "It was 7.", ("a note",))
    assert jobs.pump() is None


def test_cancel_ends_idle_and_keeps_the_result_out(enabled):
    finished = []

    def work(control):
        control.cancelled.wait(10)  # finishes all the same, as work that cannot stop at once does
        return 1

    enabled.start("Trying", work, finished.append)
    assert bpy.ops.elocute.cancel() == {"FINISHED"}
    assert enabled.status.phase is Phase.CANCELLING
    assert pump_to_the_end(enabled).phase is Phase.IDLE
    assert finished == []
    assert not bpy.ops.elocute.cancel.poll()


@pytest.mark.parametrize("where", ["work", "finish"])
def test_failures_become_sentences(enabled, where):
    def fail(_):
        raise UserError("It broke.", "Mend it.")

    enabled.start("Trying", fail if where == "work" else lambda _: 1, fail)
    status = pump_to_the_end(enabled)
    assert (status.phase, status.message, status.hint) == (Phase.FAILED, "It broke.", "Mend it.")


def test_bugs_are_named_and_logged(enabled, caplog):
    enabled.start("Trying", lambda _: 1 / 0, lambda _: Outcome(""))
    status = pump_to_the_end(enabled)
    assert "ZeroDivisionError" in status.message
    assert "Traceback" in caplog.text


def test_opening_another_file_cancels(enabled):
    enabled.start("Trying", lambda control: control.cancelled.wait(10), lambda _: Outcome(""))
    bpy.ops.wm.read_homefile(use_empty=True)
    assert pump_to_the_end(enabled).phase is Phase.IDLE


def test_unregistering_ends_running_work(scene):
    addon.register()
    stopped = threading.Event()

    def work(control):
        control.cancelled.wait(10)
        stopped.set()

    jobs.session().start("Trying", work, lambda _: Outcome(""))
    addon.unregister()
    assert stopped.wait(5)
    assert jobs.pump() is None


def test_blockers(enabled, monkeypatch):
    enabled.environment = EnvironmentState.MISSING
    assert "Set up" in generate_blocker(bpy.context)
    enabled.environment = EnvironmentState.READY
    assert "recording" in generate_blocker(bpy.context)
    bpy.context.scene.elocute.audio = "/nowhere/a.wav"
    assert generate_blocker(bpy.context) == ""
    assert bool(setup_blocker(bpy.context)) is not bpy.app.online_access


def test_styles_and_models_are_known_before_and_after_a_service_told_them(enabled):
    assert enabled.model_names()[0] == "elocute-lite"
    assert {"neutral", "cheerful"} <= set(enabled.styles(""))
    assert enabled.styles("rules") == enabled.styles("")
    assert enabled.styles("unheard of") == ()
    enabled.added_models = ("org/name",)
    assert enabled.model_names() == ("elocute-lite", "rules", "org/name")
    assert enabled.model("") is None
    enabled.models = tuple(
        ModelMessage(name, "family", "title", "basis", 25.0, styles, {}, {}, True, False, False, 0, "", "")
        for name, styles in (("first", ("a", "b")), ("second", ("c",)))
    )
    assert enabled.model_names() == ("first", "second")
    assert enabled.model("").id == "first"
    assert enabled.model("second").id == "second"
    assert enabled.styles("") == ("a", "b")
    assert enabled.styles("second") == ("c",)
    assert enabled.styles("unheard of") == ()


def test_other_models_in_the_preferences_need_another_service_process(enabled, monkeypatch):
    stopped = []
    monkeypatch.setattr(ServerProcess, "give_up", lambda self, *_: stopped.append(self))
    settings = read_settings()
    first = enabled.local_service(settings)
    assert enabled.local_service(settings) is first
    assert enabled.local_service(replace(settings, url="http://elsewhere", base_python=Path("/p"))) is first
    assert not stopped
    second = enabled.local_service(replace(settings, models=("org/name",)))
    assert second is not first
    assert stopped == [first]
    third = enabled.local_service(replace(settings, models=("org/name",), online=not settings.online))
    assert third is not second


def test_a_changed_preference_forgets_what_the_last_service_listed(enabled):
    enabled.models = (
        ModelMessage("m", "family", "title", "b", 25.0, (), {}, {}, True, False, False, 0, "", ""),
    )
    enabled.service_changed(replace(read_settings(), models=("org/name",)))
    assert enabled.model_names() == ("elocute-lite", "rules", "org/name")


def settings_of(scene, **changes):
    for name, value in changes.items():
        setattr(scene.elocute, name, value)
    return read_options(scene)


def test_motion_goes_on_a_new_stand_in_head(enabled, tmp_path, stand_in):
    scene = bpy.context.scene
    scene.render.fps, scene.frame_end = 24, 10
    target = current_target(bpy.context)
    assert target.target is None
    settings = settings_of(scene, seed=4, start_frame=101)
    outcome = apply_motion.apply_motion(clip_bytes(tmp_path), tmp_path / "line.wav", settings, target)
    rig = active_head(bpy.context)
    assert rig is not None
    assert line_action(rig.keys).name == "line calm take 4"
    assert scene.frame_end == 124
    assert "frames 101 to 124" in outcome.message
    assert outcome.notes, "there is no line.wav, or no sound in this build"


def test_motion_goes_on_the_head_it_was_asked_for(enabled, tmp_path, stand_in, rig, make_clip):
    other = apply_motion.add_stand_in_head(bpy.context.scene, portrait=True)
    key_clip(rig, make_clip(), SceneTime(24.0), "mine")
    target = TargetRef(bpy.context.scene.session_uid, other.armature.session_uid)
    settings = settings_of(bpy.context.scene, extend_range=False)
    apply_motion.apply_motion(clip_bytes(tmp_path, 500), tmp_path / "line.wav", settings, target)
    assert line_action(rig.keys).name == "mine"
    assert line_action(other.keys).name.startswith("line")
    assert bpy.context.scene.frame_end == 250


def test_generating_is_one_undo_step(enabled, tmp_path, stand_in):
    bpy.ops.ed.undo_push(message="before")
    settings = settings_of(bpy.context.scene)
    bpy.ops.ed.undo_push(message="settings")
    apply_motion.apply_motion(
        clip_bytes(tmp_path), tmp_path / "line.wav", settings, current_target(bpy.context)
    )
    assert bpy.data.actions
    assert heads_in(bpy.context.scene)
    bpy.ops.ed.undo()
    assert not bpy.data.actions
    assert not heads_in(bpy.context.scene)
    bpy.ops.ed.redo()
    assert bpy.data.actions


@pytest.mark.parametrize("bad", ["garbage", "basis", "scene", "head"])
def test_what_does_not_fit_changes_nothing(enabled, tmp_path, stand_in, rig, bad):
    content = b"garbage" if bad == "garbage" else clip_bytes(tmp_path, basis="flame2020")
    target = TargetRef(0 if bad == "scene" else bpy.context.scene.session_uid, 0 if bad == "head" else None)
    objects = len(bpy.data.objects)
    with pytest.raises(UserError):
        apply_motion.apply_motion(content, tmp_path / "a.wav", settings_of(bpy.context.scene), target)
    assert len(bpy.data.objects) == objects
    assert not bpy.data.actions


def test_motion_of_another_basis_adds_no_head(enabled, tmp_path, stand_in):
    objects = len(bpy.data.objects)
    content = clip_bytes(tmp_path, basis="flame2020")
    target = TargetRef(bpy.context.scene.session_uid, None)
    with pytest.raises(UserError, match="basis"):
        apply_motion.apply_motion(content, tmp_path / "a.wav", settings_of(bpy.context.scene), target)
    assert len(bpy.data.objects) == objects


def test_add_head_operator(enabled, stand_in):
    assert bpy.ops.elocute.add_head(portrait=True) == {"FINISHED"}
    assert bpy.context.active_object.type == "ARMATURE"
    assert bpy.context.scene.camera is not None
    assert active_head(bpy.context) is not None


def test_add_head_operator_adds_a_character(enabled):
    plain = apply_motion.add_stand_in_head(bpy.context.scene, portrait=False)
    assert bpy.ops.elocute.add_head(character="Mira") == {"FINISHED"}
    mira = active_head(bpy.context)
    assert mira.name.startswith("Mira")
    assert mira.basis == plain.basis
    assert mira.expressions == plain.expressions
    faces = [{tuple(v.co) for v in rig.mesh.data.vertices} for rig in (plain, mira)]
    assert len(faces[0] & faces[1]) < 0.5 * len(faces[0]), "another face"
    colors = [rig.mesh.data.color_attributes["Color"].data[0].color[:3] for rig in (plain, mira)]
    assert colors[0] != colors[1]
    with pytest.raises(UserError, match="no character Nobody"):
        apply_motion.add_stand_in_head(bpy.context.scene, portrait=False, character="Nobody")
    assert len(heads_in(bpy.context.scene)) == 2, "nothing is built of whom nobody knows"


def test_a_missing_head_file_is_one_sentence(enabled, tmp_path, monkeypatch):
    monkeypatch.setattr(apply_motion, "STAND_IN_HEAD", tmp_path / "none.npz")
    with pytest.raises(RuntimeError, match="There is no file"):
        bpy.ops.elocute.add_head()
