"""Style over time in the panel: rows of the style, keyed sliders, a style from a face, finishing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import addon
from addon.blender import face_motion, version_compat
from addon.blender.apply_motion import apply_motion, current_target
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_time import scene_time
from addon.blender.keys.surroundings import frames_shown
from addon.blender.session import jobs
from addon.blender.session.status import Phase
from addon.blender.targets.find import target_of
from addon.blender.ui.properties import read_options
from addon.blender.ui.style_panel import ELOCUTE_PT_finish, ELOCUTE_PT_style
from addon.core.backend.environment import EnvironmentState
from addon.core.backend.messages import ModelMessage, OptionMessage
from addon.core.clip.clip import Clip, read_clip
from addon.core.clip.sampled import clip_content
from addon.core.errors import UserError
from addon.core.options import job_settings
from addon.core.steps import run
from addon.core.style_files import read_style
from scripts.bench.made_up_characters import ARKIT_POSES, head_mesh
from tests.blender.drawing import draw
from tests.blender.lines import line_curves
from tests.blender.pumping import pump_to_the_end
from tests.blender.standin import standin_head


@pytest.fixture
def session(scene):
    """The session of the registered add-on, ready to generate."""
    addon.register()
    jobs.session().environment = EnvironmentState.READY
    yield jobs.session()
    addon.unregister()


@pytest.fixture
def settings(session, scene):
    return scene.elocute


def model(*names, fps=25.0):
    options = {name: OptionMessage(0.0, 1.0, 2.0, False, True) for name in names}
    facts = (
        "f",
        "t",
        "elocute-head-1",
        fps,
        ("neutral", "angry"),
        options,
        {},
        True,
        True,
        True,
        0,
        "NumPy",
        "",
    )
    return ModelMessage("m", *facts)


def add(name, frame, strength=1.0):
    bpy.context.scene.frame_set(frame)
    return bpy.ops.elocute.style_change_add(style=name, strength=strength)


def test_calm_then_angry_from_three_seconds(settings, scene):
    scene.render.fps = 25
    settings.style = "calm"
    settings.start_frame = 11
    add("angry", 11 + 80, 0.75)
    assert settings.style == "calm@0,angry*0.75@3.2"
    assert job_settings(read_options(scene)).style == "calm@0,angry*0.75@3.2"
    drawn = draw(ELOCUTE_PT_style)
    assert "calm" in drawn.text
    assert "3.2 s, frame 91" in drawn.text
    scene.frame_set(11 + 50)
    assert bpy.ops.elocute.style_change_move(index=1) == {"FINISHED"}
    assert settings.style == "calm@0,angry*0.75@2"
    assert bpy.ops.elocute.style_change_remove(index=0) == {"FINISHED"}
    assert settings.style == "angry*0.75@2"
    assert bpy.ops.elocute.style_change_remove(index=5) == {"CANCELLED"}


def test_a_first_change_within_the_line_begins_in_the_models_default(settings, session, scene):
    session.models = (model(),)
    add("angry", 25)
    assert settings.style == "neutral@0,angry@1"
    settings.style = ""
    add("angry", -30)
    assert settings.style == "angry"


def test_a_blend_stays_and_an_empty_name_is_refused(settings, scene):
    settings.style = "calm:0.5,sad:0.5"
    with pytest.raises(RuntimeError, match="cannot change in time"):
        add("angry", 30)
    assert settings.style == "calm:0.5,sad:0.5"
    settings.style = ""
    with pytest.raises(RuntimeError, match="No style was chosen"):
        add(" ", 30)


def key(settings, name, *points):
    for frame, value in points:
        setattr(settings, name, value)
        assert settings.keyframe_insert(name, frame=frame)


def test_sliders_that_are_keyed_go_into_the_request_as_curves(settings, scene):
    scene.render.fps = 24
    settings.use_intensity = settings.use_gaze = True
    settings.gaze = 0.5
    key(settings, "intensity", (1, 0.25), (49, 1.25))
    scene.frame_set(1)
    sent = job_settings(read_options(scene))
    assert sent.options == {"gaze": 0.5}
    seconds, values = zip(*sent.curves["intensity"], strict=True)
    assert (seconds[0], seconds[-1]) == (0.0, 2.0)
    assert values[0] == pytest.approx(0.25)
    assert values[-1] == pytest.approx(1.25)
    assert np.interp(1.0, seconds, values) == pytest.approx(0.75, abs=0.02)
    scene.frame_set(30)  # where the playhead stands changes nothing
    assert job_settings(read_options(scene)) == sent


def test_a_muted_curve_counts_for_nothing(settings, scene):
    settings.use_intensity = True
    key(settings, "intensity", (1, 0.25), (49, 1.25))
    curve = next(iter(version_curves(scene)))
    curve.mute = True
    settings.intensity = 0.5
    assert job_settings(read_options(scene)).curves == {}


def version_curves(scene):
    return version_compat.curves_of(scene)


def test_the_panel_shows_the_sliders_of_the_chosen_model(settings, session):
    session.models = (model("intensity", "gaze"),)
    settings.use_head_rate = True
    shown = draw(ELOCUTE_PT_style)
    assert {"intensity", "gaze", "head_rate"} <= set(shown.properties)
    assert "articulation" not in shown.properties
    assert "head_rate" in shown.alerts
    assert "gaze" not in shown.alerts
    finish = draw(ELOCUTE_PT_finish)
    assert {"energy", "lead", "smoothing", "mouth_strength", "head_strength"} <= set(finish.properties)


def press(settings, rig, clip, tmp_path):
    recording = tmp_path / "line.wav"
    recording.write_bytes(b"RIFF")
    bpy.context.view_layer.objects.active = rig.armature
    options = replace(read_options(bpy.context.scene), audio=recording)
    apply_motion(clip_content(clip), recording, options, current_target(bpy.context))


def evaluated(rig, name, frame):
    path = rig.keys.key_blocks[name].path_from_id("value")
    return next(c for c in line_curves(rig.keys) if c.data_path == path).evaluate(frame)


def test_a_heads_regions_follow_keyed_strengths(settings, scene, rig, make_clip, tmp_path):
    """Half of the brows at first, one and a half at the end; the mouth as it was."""
    scene.render.fps = 25
    clip = make_clip(frames=101)
    press(settings, rig, clip, tmp_path)
    plain = {f: [evaluated(rig, n, f) for n in ("browInnerUp", "mouthPucker")] for f in (1, 51, 101)}
    key(settings, "brows_strength", (1, 0.5), (101, 1.5))
    for point in version_curves(scene)[0].keyframe_points:
        point.interpolation = "LINEAR"
    press(settings, rig, clip, tmp_path)
    for frame, factor in ((1, 0.5), (51, 1.0), (101, 1.5)):
        assert evaluated(rig, "browInnerUp", frame) == pytest.approx(factor * plain[frame][0], abs=1e-5)
        assert evaluated(rig, "mouthPucker", frame) == pytest.approx(plain[frame][1], abs=1e-3)


def test_lead_moves_the_face_ahead_of_the_sound_and_not_the_head(settings, scene, rig, make_clip, tmp_path):
    scene.render.fps = 25
    clip = make_clip(frames=60)
    press(settings, rig, clip, tmp_path)
    before = [evaluated(rig, "browInnerUp", frame) for frame in range(1, 61)]
    necks = neck_at(rig, 5, 40)
    settings.lead = 80.0
    press(settings, rig, clip, tmp_path)
    after = [evaluated(rig, "browInnerUp", frame) for frame in range(1, 61)]
    same = np.isclose(after[:-2], before[2:], atol=1e-4)
    assert same.mean() > 0.6  # beside contacts, which are kept, it is another frame
    np.testing.assert_array_equal(necks, neck_at(rig, 5, 40))


def neck_at(rig, *frames):
    curves = [curve for curve in line_curves(rig.armature) if '"neck"' in curve.data_path]
    return [[curve.evaluate(frame) for curve in curves] for frame in frames]


class Encoder:
    """A client of a service that makes style files."""

    def __init__(self, fps=25.0):
        self.heard, self.asked, self.fps = [], [], fps

    def models(self):
        return SimpleNamespace(models=(model(fps=self.fps),))

    def extract_style(self, clip, wanted):
        self.heard.append(read_clip(clip))
        self.asked.append(wanted)
        return b"a style file"


@pytest.fixture
def encoder(session, monkeypatch):
    client = Encoder()
    monkeypatch.setattr(jobs, "service_client", lambda *_: client)
    return client


def animate(rig, make_clip, scene, fps=30):
    scene.render.fps, scene.render.fps_base = fps, 1.0
    scene.frame_start, scene.frame_end = 1, 90
    clip = make_clip(frames=90, fps=float(fps))
    key_clip(rig, clip, scene_time(scene, 1), "x")
    bpy.context.view_layer.objects.active = rig.armature
    return clip


def test_a_style_from_a_face_whatever_animates_it(session, encoder, scene, rig, make_clip, tmp_path):
    clip = animate(rig, make_clip, scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    scene = bpy.context.scene
    scene.frame_set(17)
    assert bpy.ops.elocute.style_from_face() == {"FINISHED"}
    status = pump_to_the_end(session)
    assert status.phase is Phase.DONE, status
    (heard,) = encoder.heard
    assert heard.fps == 25.0
    assert heard.frames == 75
    np.testing.assert_allclose(heard.expression[::5], clip.expression[::6], atol=2e-5)
    np.testing.assert_allclose(heard.head[::5], (clip.head + 0)[::6], atol=0.5)
    assert encoder.asked[0].model is None
    assert scene.frame_current == 17
    assert scene.elocute.style.startswith("//")
    saved = tmp_path / "elocute_styles"
    assert [path.read_bytes() for path in saved.iterdir()] == [b"a style file"]
    style = read_style(scene.elocute.style, lambda name: Path(bpy.path.abspath(name)))
    assert list(style.files.values()) == [b"a style file"]


def test_a_second_style_does_not_replace_the_first(session, encoder, scene, rig, make_clip, tmp_path):
    animate(rig, make_clip, scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    for _ in range(2):
        bpy.ops.elocute.style_from_face()
        assert pump_to_the_end(session).phase is Phase.DONE
    assert len(list((tmp_path / "elocute_styles").iterdir())) == 2


def test_the_preview_range_says_which_frames(session, encoder, scene, rig, make_clip, tmp_path):
    animate(rig, make_clip, scene, fps=25)
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 21, 70
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.elocute.style_from_face()
    assert pump_to_the_end(session).phase is Phase.DONE
    assert encoder.heard[0].frames == 50


def test_too_few_frames_and_no_face_are_refused(session, encoder, scene, rig, make_clip):
    animate(rig, make_clip, scene)
    scene.frame_end = 10
    with pytest.raises(RuntimeError, match="too few"):
        bpy.ops.elocute.style_from_face()
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    with pytest.raises(RuntimeError, match="no animated face"):
        bpy.ops.elocute.style_from_face()


def test_a_face_that_is_deleted_meanwhile_ends_in_a_sentence(session, encoder, scene, rig, make_clip):
    animate(rig, make_clip, scene)
    name = rig.armature.name
    bpy.ops.elocute.style_from_face()
    bpy.data.objects.remove(bpy.data.objects[name])
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED
    assert "was deleted" in status.message
    assert bpy.context.scene.elocute.style == ""


def test_a_service_that_makes_no_styles_says_so(session, encoder, scene, rig, make_clip, monkeypatch):
    animate(rig, make_clip, scene)

    def refuse(*_):
        raise UserError("The model rules has no style encoder.", "Choose another model.")

    monkeypatch.setattr(encoder, "extract_style", refuse)
    bpy.ops.elocute.style_from_face()
    status = pump_to_the_end(session)
    assert status.phase is Phase.FAILED
    assert "no style encoder" in status.message


def test_frames_are_looked_at_in_slices_and_the_scene_shows_its_own_between(
    scene, rig, make_clip, monkeypatch
):
    animate(rig, make_clip, scene)
    monkeypatch.setattr(face_motion, "SLICE_SECONDS", 0.0)
    scene.frame_set(3)
    work = face_motion.face_clip_in_steps(lambda: scene, lambda: target_of(rig.armature), range(1, 41), 25.0)
    shares = []
    for share in work:
        shares.append(share)
        assert scene.frame_current == 3
        if len(shares) == 40:
            break
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(0.5)
    work.close()


def test_a_shape_that_tells_nothing_is_refused(scene, rig, make_clip, monkeypatch):
    animate(rig, make_clip, scene)
    target = target_of(rig.armature)
    monkeypatch.setattr(type(target), "clip_of", lambda *_: None)
    with pytest.raises(UserError, match="do not tell"):
        run(face_motion.face_clip_in_steps(lambda: scene, lambda: target, range(1, 30), 25.0))


def test_a_character_that_plays_by_geometry_is_read_exactly_enough(scene):
    """Its map alone is an estimate, for its mouth is fitted; what is played again moves the same channels."""
    head = standin_head()
    mesh = head_mesh(scene, head, {name: ARKIT_POSES[name] for name in ARKIT_POSES})
    bpy.context.view_layer.update()
    scene.render.fps, scene.render.fps_base = 25, 1.0
    t = np.arange(50) / 50
    expression = np.zeros((50, len(head.expression_names)), np.float32)
    opening = np.abs(np.sin(7 * t))
    for name, values in {
        "mouthLowerDownLeft": 0.3 * opening, "mouthLowerDownRight": 0.3 * opening,
        "mouthSmileLeft": 0.3 + 0 * t, "mouthSmileRight": 0.25 + 0 * t, "browInnerUp": t,
    }.items():  # fmt: skip
        expression[:, head.expression_names.index(name)] = values
    still = np.zeros((50, 3), np.float32)
    jaw = still.copy()
    jaw[:, 0] = 0.12 * opening
    key_clip(target_of(mesh), Clip(25.0, head.basis, expression, jaw, still), scene_time(scene, 1), "x")
    target = target_of(mesh)
    seen = run(face_motion.face_clip_in_steps(lambda: scene, lambda: target, range(1, 51), 25.0))
    channels = target.channels()
    rows = np.stack(list(frames_shown(scene, target, channels, range(1, 51))))
    rough = target.clip_of({c.key: rows[:, i] for i, c in enumerate(channels)}, 25.0)
    off = np.abs(seen.expression - expression).mean()
    assert off < 0.3 * np.abs(rough.expression - expression).mean()
    assert np.abs(seen.expression - expression).max() < 0.1
    np.testing.assert_allclose(seen.jaw, jaw, atol=0.02)


def test_a_change_in_a_line_that_plays_faster_is_where_it_is_seen(settings, scene):
    """Times count in the recording: two seconds of the scene are three of it."""
    scene.render.fps = 25
    settings.style, settings.start_frame, settings.speed = "calm", 11, 1.5
    add("angry", 11 + 50)
    assert settings.style == "calm@0,angry@3"
    assert "3 s, frame 61" in draw(ELOCUTE_PT_style).text
