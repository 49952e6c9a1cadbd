"""A take on the head in an empty scene, for tests that make parts of it anew."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import bpy
import numpy as np

from addon.blender.apply_motion import apply_motion, current_target
from addon.blender.apply_range import RangeOfTake, apply_range_in_steps
from addon.blender.chosen_range import playing_take, target_ref
from addon.blender.keys.hand_keys import places_of
from addon.blender.keys.line_strips import placed_lines
from addon.blender.session import jobs
from addon.blender.version_compat import curves_in
from addon.core.backend.environment import EnvironmentState
from addon.core.backend.messages import PhoneList, PhoneMessage, WordMessage
from addon.core.options import SceneOptions
from addon.core.steps import run
from elocute.motion.clip import MotionClip
from tests.blender.pumping import pump_to_the_end

PHONES = PhoneList(
    4.0,
    "transcript",
    "bomb map",
    (
        PhoneMessage("SIL", 0.0, 0.5),
        PhoneMessage("B", 0.5, 0.7),
        PhoneMessage("AA", 0.7, 1.0),
        PhoneMessage("SIL", 1.0, 2.0),
        PhoneMessage("M", 2.0, 2.2),
        PhoneMessage("AE", 2.2, 2.5),
        PhoneMessage("SIL", 2.5, 4.0),
    ),
    (WordMessage("bomb", 0.5, 1.0), WordMessage("map", 2.0, 2.5)),
    (),
)
FIRST, LAST = 40, 60
"""Frames of the action that are made anew."""


def content(clip):
    stream = io.BytesIO()
    parts = {name: getattr(clip, name) for name in ("expression", "jaw", "head", "neck", "eyes")}
    MotionClip(fps=clip.fps, basis=clip.basis, meta={"style": "calm"}, **parts).write(stream)
    return stream.getvalue()


def smooth(seed, frames=100):
    t = np.arange(frames)[:, None] / 25.0
    rng = np.random.default_rng(seed)

    def waves(columns, low, high):
        phase, rate = rng.uniform(0, 6.28, columns), rng.uniform(2, 5, columns)
        return (low + (high - low) * (0.5 + 0.5 * np.sin(rate * t + phase))).astype(np.float32)

    return MotionClip(
        fps=25.0, basis="elocute-head-1", expression=waves(43, 0.1, 0.8), jaw=waves(3, 0, 0.2),
        head=waves(3, -0.2, 0.2), neck=waves(3, -0.1, 0.1), eyes=waves(6, -0.2, 0.2), meta={},
    )  # fmt: skip


def bump(clip, columns=(34,), first=30, last=50, size=0.4):
    """The clip with a smooth bump on some expressions, nothing else."""
    share = np.zeros(clip.frames)
    share[first : last + 1] = np.sin(np.linspace(0, np.pi, last - first + 1)) ** 4
    expression = clip.expression.copy()
    for column in columns:
        expression[:, column] += (size * share).astype(np.float32)
    return replace(clip, expression=expression)


def speak(rig, folder):
    """Key the line of :data:`PHONES` on a head from frame 11 on, and go to its frame 30."""
    scene = bpy.context.scene
    scene.render.fps = 25
    bpy.context.view_layer.objects.active = rig.armature
    (folder / "line.wav").write_bytes(b"")
    apply_motion(
        content(smooth(1)),
        folder / "line.wav",
        SceneOptions(start_frame=11),
        current_target(bpy.context),
        PHONES,
    )
    scene.frame_set(30)


def everything(rig, actions=None):
    """Every curve of the take that plays: name -> places, interpolation."""
    found = {}
    for block in (rig.armature, rig.keys):
        for placed in placed_lines(block):
            for curve in curves_in(placed.strip.action):
                kinds = [point.interpolation for point in curve.keyframe_points]
                found[curve.data_path, curve.array_index] = (places_of(curve).copy(), kinds)
    return found


def make(rig, clip_file, frames=((FIRST, LAST),), phones=None, **played):
    playing = playing_take(bpy.context)
    what = RangeOfTake(playing.take.line, playing.take.key, frames, SceneOptions(**played), {})
    return run(apply_range_in_steps(clip_file, phones, what, target_ref(bpy.context, playing.target)))


def changed(before, after):
    return {name for name in before if not np.array_equal(before[name][0], after[name][0])}


class Service:
    """Answers with a clip, and remembers what it was asked for."""

    def __init__(self, clip_file):
        self.clip_file, self.settings, self.attached = clip_file, None, None

    def models(self):
        return SimpleNamespace(models=())

    def submit(self, _audio, settings, attached=None, **_):
        self.settings, self.attached = settings, attached
        return SimpleNamespace(id="1")

    def events(self, _job, **_):
        summary = SimpleNamespace(takes=1, notes=("A note.",), phone_source="given", transcript=None)
        yield SimpleNamespace(state="done", error=None, summary=summary, stage="", fraction=1.0, message="")

    def clip(self, _job, _take, **_):
        return self.clip_file

    def phones(self, _job, **_):
        return replace(PHONES, phone_source="given")

    def cancel(self, _job):
        return None


def serve(monkeypatch):
    """A service that answers what is asked of the take with a bump between the frames 60 and 72."""
    found = Service(content(bump(smooth(1), first=49, last=61)))
    monkeypatch.setattr(jobs, "service_client", lambda *_: found)
    jobs.session().environment = EnvironmentState.READY
    jobs.session().local_service = lambda _: None
    return found


def finished():
    return pump_to_the_end(jobs.session())
