"""Idle motion and continuation: from the button to F-curves, and across the joins as Blender plays them."""

from __future__ import annotations

import io
import wave
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import addon
from addon.blender import apply_motion, present_motion, version_compat
from addon.blender.apply_idle import apply_idle_in_steps
from addon.blender.apply_motion import current_target
from addon.blender.keys import fcurves
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import placed_lines
from addon.blender.keys.surroundings import values_at
from addon.blender.present_motion import MotionBefore
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.ui.properties import read_options
from addon.core.backend.environment import EnvironmentState
from addon.core.backend.messages import ModelMessage, PhoneList
from addon.core.clip.clip import read_clip
from addon.core.clip.curves import signal_curves
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from addon.core.idle import SILENT_NOTE, Span
from addon.core.retarget.controls.vocabulary import ARKIT, JAW_OPEN_RADIANS
from addon.core.steps import run
from elocute.motion.clip import MotionClip
from tests.blender.made_up_rigs import mesh_with_keys
from tests.blender.pumping import pump_to_the_end


@pytest.fixture
def session(scene):
    """The session of the registered add-on, ready to generate."""
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    yield jobs.session()
    addon.unregister()


def lively(frames, phase, fps=25.0):
    """Bytes of a clip that moves everything smoothly, far from rest at both ends."""
    t = np.arange(frames)[:, None] / fps
    expression = 0.4 + 0.3 * np.sin(2.2 * t + phase + np.arange(43) * 0.4)
    turns = [0.15 * np.sin(1.7 * t + phase + np.arange(width)) for width in (3, 3, 6)]
    jaw, head, eyes = (turn.astype(np.float32) for turn in turns)
    content = io.BytesIO()
    MotionClip(fps, "elocute-head-1", expression.astype(np.float32), jaw, head, eyes=eyes).write(content)
    return content.getvalue()


def played(rig, first, last):
    """(T, C) all channels of a rig as Blender plays them, rotations as they are keyed."""
    scene, channels = bpy.context.scene, rig.channels()
    return np.stack([values_at(scene, rig, channels, frame) for frame in range(first, last + 1)])


def worst(track):
    """Largest step of value, speed and acceleration in all channels."""
    return [float(np.abs(np.diff(track, order, axis=0)).max()) for order in (1, 2, 3)]


def key_by_hand(rig, first=1, last=50):
    """The user's own keys on half of the shape keys and on the neck, as the current actions."""
    blocks = list(rig.keys.key_blocks)[1:20]
    neck = rig.armature.pose.bones["neck"]
    for frame in range(first, last + 1):
        for number, block in enumerate(blocks):
            block.value = 0.4 + 0.3 * np.sin(0.09 * frame + number)
            block.keyframe_insert("value", frame=frame)
        turn = np.array([1.0, 0.2 * np.sin(0.08 * frame), 0.1 * np.cos(0.07 * frame), 0.05])
        neck.rotation_quaternion = turn / np.linalg.norm(turn)
        neck.keyframe_insert("rotation_quaternion", frame=frame)


def keyed_channels(rig):
    """Keys of the channels that :func:`key_by_hand` keys."""
    names = [block.name for block in list(rig.keys.key_blocks)[1:20]]
    return {c.key for c in rig.channels() if c.name in names or c.name == "neck"}


def idle(clip, first, last, **settings):
    for name, value in settings.items():
        setattr(bpy.context.scene.elocute, name, value)
    options = read_options(bpy.context.scene)
    return run(apply_idle_in_steps(clip, Span(first, last), options, current_target(bpy.context)))


@pytest.mark.parametrize("rate", [(24, 1.0), (25, 1.0), (30, 1.001), (60, 1.0)])
def test_it_goes_on_from_keyed_motion(session, rig, rate):
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = rate
    key_by_hand(rig)
    before, outside = played(rig, 30, 50), (played(rig, -5, 0), played(rig, 151, 155))
    outcome = idle(lively(250, 2.0), 51, 150)
    track = played(rig, 30, 150)
    by_hand = [index for index, c in enumerate(rig.channels()) if c.key in keyed_channels(rig)]
    for frames, seen in zip(((-5, 0), (151, 155)), outside, strict=True):  # its ends are held as they were
        assert np.abs(played(rig, *frames)[:, by_hand] - seen[:, by_hand]).max() < 1e-6
    assert np.array_equal(track[:21], before), "the user's keys play as they did"
    join = worst(track[15:45])
    assert join[0] < 0.12
    assert join[1] < 0.03
    assert join[2] < 0.02
    assert sum("pushed down" in note for note in outcome.notes) == 2
    assert not rig.keys.animation_data.action


def test_without_a_join_it_jumps(session, rig):
    """The measure that the test above uses sees a motion that begins anywhere."""
    scene = bpy.context.scene
    key_clip(rig, read_clip(lively(50, 0.0)), SceneTime(25.0, 1), "line")
    scene.render.fps = 25
    key_clip(rig, read_clip(lively(50, 2.0)), SceneTime(25.0, 51), "next")
    assert worst(played(rig, 40, 60))[0] > 0.2


def test_a_line_continues_the_line_before_when_asked(session, rig, tmp_path):
    scene = bpy.context.scene
    scene.render.fps = 25
    options = read_options(scene)
    apply_motion.apply_motion(lively(50, 0.0), tmp_path / "one.wav", options, current_target(bpy.context))
    scene.elocute.start_frame, scene.elocute.continue_motion = 51, True
    options = read_options(scene)
    apply_motion.apply_motion(lively(80, 2.0), tmp_path / "two.wav", options, current_target(bpy.context))
    join = worst(played(rig, 40, 70))
    assert join[0] < 0.08
    assert join[1] < 0.02


def test_it_fills_the_frames_between_two_lines(session, rig, tmp_path):
    scene = bpy.context.scene
    scene.render.fps = 25
    for start, phase in ((1, 0.0), (121, 1.0)):
        scene.elocute.start_frame = start
        options, target = read_options(scene), current_target(bpy.context)
        apply_motion.apply_motion(lively(50, phase), tmp_path / f"{start}.wav", options, target)
    lines = played(rig, 1, 50), played(rig, 121, 170)
    outcome = idle(lively(250, 2.0), 1, 200)
    assert "51 to 120, 171 to 200" in outcome.message
    track = played(rig, 1, 200)
    assert np.array_equal(track[:50], lines[0])
    assert np.array_equal(track[120:170], lines[1])
    smile = [c.name for c in rig.channels()].index(rig.expressions[0])
    made = read_clip(lively(250, 2.0)).expression[:, 0]
    assert np.abs(track[70:100, smile] - made[70:100]).max() < 1e-5  # of the clip what belongs there
    around = worst(track[40:200])
    assert around[0] < 0.09
    assert around[1] < 0.02
    assert sum(placed.idle for placed in placed_lines(rig.keys)) == 2


def test_at_its_end_it_comes_to_rest_where_nothing_follows(session, rig):
    scene = bpy.context.scene
    scene.render.fps = 25
    idle(lively(100, 1.0), 1, 80)
    track = played(rig, -5, 90)
    assert worst(track)[0] < 0.09
    assert np.abs(track[40]).max() > 0.3
    at_rest = np.delete(
        track[-1], [i for i, c in enumerate(rig.channels()) if c.name in rig.armature.pose.bones]
    )
    assert np.abs(at_rest).max() < 1e-6


def test_keys_of_the_user_within_its_frames_win(session, rig):
    key_by_hand(rig, 40, 60)
    outcome = idle(lively(250, 2.0), 1, 100)
    assert rig.keys.animation_data.action is not None
    assert any("win over" in note for note in outcome.notes)
    assert not any("pushed down" in note for note in outcome.notes)


def test_idle_motion_and_lines_never_take_each_others_place(session, rig, tmp_path):
    scene = bpy.context.scene
    scene.render.fps = 25
    idle(lively(100, 0.0), 1, 100)
    first = placed_lines(rig.keys)[-1].strip.action
    idle(lively(100, 1.0), 1, 100)
    placed = placed_lines(rig.keys)
    assert [p.idle for p in placed] == [True], "another take of it swaps the strip's action"
    assert placed[0].strip.action != first
    options, target = read_options(scene), current_target(bpy.context)
    apply_motion.apply_motion(lively(50, 0.5), tmp_path / "line.wav", options, target)
    assert [p.idle for p in placed_lines(rig.keys)] == [True, False]
    with pytest.raises(UserError, match="no room"):
        idle(lively(100, 0.0), 5, 45)
    idle(lively(100, 0.0), 1, 100)
    assert sorted(p.idle for p in placed_lines(rig.keys)) == [False, True, True]


def test_lines_that_are_muted_are_no_hindrance(session, rig):
    bpy.context.scene.render.fps = 25
    key_clip(rig, read_clip(lively(50, 0.0)), SceneTime(25.0, 1), "line")
    for id_block in (rig.keys, rig.armature):
        for placed in placed_lines(id_block):
            placed.track.mute = True
    assert "frames 1 to 100" in idle(lively(100, 0.0), 1, 100).message


@pytest.mark.parametrize(
    ("span", "extend", "end"), [("SECONDS", True, 360), ("SECONDS", False, 250), ("RANGE", True, 250)]
)
def test_the_frame_range_grows_only_for_seconds(session, rig, span, extend, end):
    """A range that the user has set is not to be changed by what fills it."""
    scene = bpy.context.scene
    idle(lively(100, 0.0), 300, 360, idle_span=span, extend_range=extend)
    assert (scene.frame_start, scene.frame_end) == (1, end)


def test_it_is_joined_in_a_scene_that_is_not_open(session, rig):
    """The user may look at another scene while it is generated."""
    scene = bpy.context.scene
    scene.render.fps = 25
    key_clip(rig, read_clip(lively(50, 0.0)), SceneTime(25.0, 1), "line")
    options, target = read_options(scene), current_target(bpy.context)
    bpy.context.window.scene = bpy.data.scenes.new("Other")
    run(apply_idle_in_steps(lively(100, 2.0), Span(51, 120), options, target))
    bpy.context.window.scene = scene
    join = worst(played(rig, 40, 70))
    assert join[0] < 0.09
    assert join[1] < 0.02


def test_the_frame_and_what_is_not_keyed_stay(session, rig):
    scene = bpy.context.scene
    scene.frame_set(17, subframe=0.25)
    rig.armature.location.x = 0.5
    idle(lively(100, 0.0), 40, 80)
    assert (scene.frame_current, scene.frame_subframe) == (17, 0.25)
    assert rig.armature.location.x == 0.5


@pytest.mark.parametrize("until", [0.5, 0.8, 1.0])
def test_closed_early_it_leaves_nothing(session, rig, until):
    key_by_hand(rig)
    actions = sorted(action.name for action in bpy.data.actions)
    options = read_options(bpy.context.scene)
    work = apply_idle_in_steps(lively(100, 0.0), Span(51, 120), options, current_target(bpy.context))
    for share in work:
        assert not placed_lines(rig.keys)
        if share >= until:
            break
    work.close()
    assert sorted(action.name for action in bpy.data.actions) == actions
    assert rig.keys.animation_data.action is not None


def test_all_keys_are_written_before_the_last_step(session, rig, monkeypatch):
    """It cannot be interrupted: ten minutes of keys would hold Blender up for half a second."""
    written = []
    real = fcurves.fill_fcurve
    monkeypatch.setattr(fcurves, "fill_fcurve", lambda *args: (written.append(0), real(*args)))
    options = read_options(bpy.context.scene)
    work = apply_idle_in_steps(lively(100, 0.0), Span(1, 90), options, current_target(bpy.context))
    counts = []
    for share in work:
        counts.append(len(written))
        if share == 1.0:
            break
    assert max(np.diff(counts)) == 1
    assert counts[-1] == len(rig.channels())
    assert not placed_lines(rig.keys)
    # All of it is placed in one step; evaluation and the undo step have steps of their own.
    assert next(work) == 1.0
    assert placed_lines(rig.keys)
    assert next(work) == 1.0
    with pytest.raises(StopIteration):
        next(work)
    assert len(written) == counts[-1]


def test_actions_that_are_deleted_meanwhile_are_missed_before_anything_changes(session, rig):
    key_by_hand(rig)
    options = read_options(bpy.context.scene)
    kept = sorted(action.name for action in bpy.data.actions)
    work = apply_idle_in_steps(lively(100, 0.0), Span(51, 120), options, current_target(bpy.context))
    next(share for share in work if share == 1.0)
    bpy.data.actions.remove(next(a for a in bpy.data.actions if a.name.startswith("Idle")))
    with pytest.raises(UserError, match="deleted"):
        next(work)
    assert rig.keys.animation_data.action is not None
    assert not placed_lines(rig.keys)
    assert sorted(action.name for action in bpy.data.actions) == kept


def test_bones_that_are_added_to_a_body_are_not_joined(session, rig):
    """Their strip turns them on from where the body has them: they have no place of their own."""
    scene = bpy.context.scene
    scene.render.fps = 25
    key_by_hand(rig)
    idle(lively(100, 2.0), 51, 120, add_to_motion=True)
    strip = placed_lines(rig.armature)[-1].strip
    assert strip.blend_type == "COMBINE"
    path = 'pose.bones["neck"].rotation_quaternion'
    keys = [c.evaluate(51) for c in version_compat.strip_curves(strip) if c.data_path == path]
    still = run(rig.perform_in_steps(read_clip(lively(100, 2.0))))
    curves = signal_curves(still.signals, still.layout, SceneTime(25.0, 51))
    own = [c.values[0] for c in curves if c.channel.data_path == path]
    assert np.abs(np.array(keys) - own).max() < 1e-5


class SilentService:
    """A client whose service makes a clip of whatever it is sent."""

    def __init__(self, clip):
        self.clip_file, self.heard, self.settings, self.before = clip, b"", None, None

    def models(self):
        rules = ModelMessage(
            "rules", "rules", "Rules", "elocute-head-1", 25.0, (), {}, {}, True, False, True, 0, ""
        )
        return SimpleNamespace(models=(rules,))

    def submit(self, audio, settings, attached=None, **_):
        self.heard, self.settings, self.before = audio, settings, (attached or {}).get("before")
        return SimpleNamespace(id="1")

    def events(self, _job, windows=False):
        summary = SimpleNamespace(
            takes=1, notes=(SILENT_NOTE, "Another note."), phone_source="silence", transcript=None
        )
        yield SimpleNamespace(state="done", error=None, summary=summary, stage="", fraction=1.0, message="")

    def clip(self, _job, _take):
        return self.clip_file

    def phones(self, _job):
        return PhoneList(4.0, "silence", None, None, (), ())

    def cancel(self, _job):
        return None


@pytest.fixture
def service(session, monkeypatch):
    client = SilentService(lively(250, 0.0))
    monkeypatch.setattr(jobs, "service_client", lambda *_: client)
    return client


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


@pytest.mark.parametrize("rate", [24, 60])
def test_the_model_is_told_the_motion_before(session, service, rig, rate, monkeypatch):
    """Exactly, on a head that Elocute built: what was keyed comes back as a clip."""
    monkeypatch.setattr(present_motion, "_PATIENCE", np.inf)  # however busy this machine is
    scene = bpy.context.scene
    scene.render.fps = rate
    line = read_clip(lively(100, 0.0))
    keyed = key_clip(rig, line, SceneTime(float(rate), 1), "line")
    scene.frame_set(keyed.last_frame + 1)
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    pump_to_the_end(session)
    told = read_clip(service.before)
    assert (told.basis, told.fps, told.frames) == ("elocute-head-1", rate, round(2.6 * rate))
    assert np.abs(told.expression[-1, :43] - line.expression[-1]).max() < 0.02
    assert np.abs(told.head[-1] - line.head[-1]).max() < 0.01
    assert np.abs(told.eyes[-1] - line.eyes[-1]).max() < 0.01


def test_a_line_that_continues_tells_it_too(session, service, rig, tmp_path):
    scene = bpy.context.scene
    scene.render.fps = 25
    (tmp_path / "line.wav").write_bytes(b"sound")
    scene.elocute.audio = str(tmp_path / "line.wav")
    key_clip(rig, read_clip(lively(50, 0.0)), SceneTime(25.0, 1), "line")
    scene.elocute.start_frame = 51
    for continued in (False, True):
        scene.elocute.continue_motion = continued
        assert bpy.ops.elocute.generate() == {"FINISHED"}
        pump_to_the_end(session)
        assert (service.before is not None) is continued


def test_a_character_tells_what_its_map_makes_of_its_pose(session, service, scene):
    thing = mesh_with_keys(scene, "Ada", ARKIT)
    thing.data.shape_keys.key_blocks["jawOpen"].value = 0.5
    bpy.context.view_layer.objects.active = thing
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    pump_to_the_end(session)
    told = read_clip(service.before)
    assert np.abs(told.jaw[:, 0] - 0.5 * JAW_OPEN_RADIANS).max() < 0.02


def test_a_slow_scene_is_not_waited_for(session, rig, monkeypatch):
    ticks = iter(range(0, 1000, 5))
    monkeypatch.setattr(present_motion.time, "monotonic", lambda: float(next(ticks)))
    before = MotionBefore(lambda: (bpy.context.scene, rig), 10)
    run(before.look())
    assert read_clip(before.motion.content).frames == 3


def test_the_scene_is_looked_at_in_steps_and_shows_its_own_frame_between_them(session, rig, monkeypatch):
    """Each step shows Blender one frame of those before and none else; then the work begins."""
    monkeypatch.setattr(present_motion, "_PATIENCE", np.inf)
    scene = bpy.context.scene
    key_clip(rig, read_clip(lively(100, 0.0)), SceneTime(25.0, 1), "line")
    scene.render.fps = 25
    scene.frame_set(101)
    shown, steps = [], 0
    bpy.app.handlers.frame_change_post.append(lambda scene, *_: shown.append(scene.frame_current))
    try:
        before = MotionBefore(lambda: (scene, rig), 101)
        for _ in before.look():
            steps += 1
            assert scene.frame_current == 101
            assert len(shown) <= 2
            shown.clear()
    finally:
        bpy.app.handlers.frame_change_post.pop()
    assert steps == 66
    assert read_clip(before.motion.content).frames == 65


def test_work_can_be_cancelled_while_the_scene_is_looked_at(session, service, rig, monkeypatch):
    monkeypatch.setattr("addon.blender.session.applying.SLICE_SECONDS", 5e-4)
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    jobs.pump()
    assert session.status.phase is Phase.RUNNING
    assert bpy.ops.elocute.cancel() == {"FINISHED"}
    jobs.pump()
    assert session.status.phase is Phase.IDLE
    assert service.before is None
    assert not list(placed_lines(rig.keys))


def test_a_character_that_goes_while_it_is_looked_at_is_named(session, service, rig, monkeypatch):
    monkeypatch.setattr("addon.blender.session.applying.SLICE_SECONDS", 5e-4)
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    jobs.pump()
    bpy.data.objects.remove(rig.armature)
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED
    assert "was deleted" in status.message


def test_undo_while_the_scene_is_looked_at_begins_the_look_anew(session, service, rig, monkeypatch):
    monkeypatch.setattr("addon.blender.session.applying.SLICE_SECONDS", 5e-4)
    key_clip(rig, read_clip(lively(100, 0.0)), SceneTime(24.0, 1), "line")
    assert bpy.ops.elocute.idle() == {"FINISHED"}
    jobs.pump()
    jobs.pump()
    session.scene_will_change()
    assert pump_to_the_end(session).phase is Phase.DONE
    assert service.before is not None


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
