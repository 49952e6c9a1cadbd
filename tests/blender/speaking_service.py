"""A stand-in for the service that makes lively clips of whatever it is sent."""

from __future__ import annotations

import io
import math
import wave
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from addon.core.backend.client import ServiceError
from addon.core.backend.messages import ModelMessage, PhoneList, to_json
from elocute.behaviour.attention import read_attention
from elocute.behaviour.attention_layer import AttentionLayer
from elocute.motion.clip import MotionClip


def lively(frames, phase, fps=25.0):
    """Bytes of a clip that moves everything smoothly, far from rest at both ends."""
    t = np.arange(frames)[:, None] / fps
    expression = 0.4 + 0.3 * np.sin(2.2 * t + phase + np.arange(43) * 0.4)
    turns = [0.15 * np.sin(1.7 * t + phase + np.arange(width)) for width in (3, 3, 6)]
    jaw, head, eyes = (turn.astype(np.float32) for turn in turns)
    content = io.BytesIO()
    MotionClip(fps, "elocute-head-1", expression.astype(np.float32), jaw, head, eyes=eyes).write(content)
    return content.getvalue()


class SpeakingService:
    """A client whose service makes a clip of 25 frames a take; each differs.

    Attributes:
        heard: the recordings that were sent, in order.
        settings: what was asked for.
        refused: names of recordings that it cannot use.
        meanwhile: called when a recording arrives.
        phone_list: what it hears.
    """

    def __init__(self, frames=25):
        self.frames, self.heard, self.settings, self.refused = frames, [], [], set()
        self.meanwhile = lambda: None
        self.phone_list = PhoneList(1.0, "heard", None, None, (), ())

    def models(self):
        rules = ModelMessage(
            "rules", "rules", "Rules", "elocute-head-1", 25.0, (), {}, {}, True, False, True, 0, "", ""
        )
        return SimpleNamespace(models=(rules,))

    def submit(self, audio, settings, **_):
        self.heard.append(audio)
        self.settings.append(settings)
        self.meanwhile()
        if isinstance(audio, Path) and audio.name in self.refused:
            raise ServiceError(f"{audio.name} is no sound.", "Convert it.", code="bad_audio")
        return SimpleNamespace(id=len(self.heard))

    def events(self, _job, windows=False, **_):
        takes = 0 if self.settings[-1].kind == "phones" else self.settings[-1].takes
        summary = SimpleNamespace(takes=takes, notes=("A note.",), phone_source="none", transcript=None)
        yield SimpleNamespace(state="done", error=None, summary=summary, stage="", fraction=1.0, message="")

    def clip(self, job, take, **_):
        if isinstance(self.heard[-1], bytes):
            return self.idle(self.heard[-1], self.settings[-1])
        return lively(self.frames, job + 0.5 * take)

    def idle(self, silence, settings):
        """A still face that attends as the service's does."""
        with wave.open(io.BytesIO(silence)) as sound:
            seconds = sound.getnframes() / sound.getframerate()
        frames = math.ceil(seconds * 25.0 - 1e-6)
        still = np.zeros((frames, 3), np.float32)
        eyes = np.zeros((frames, 6), np.float32)
        clip = MotionClip(25.0, "elocute-head-1", np.zeros((frames, 43), np.float32), still, still, eyes=eyes)
        if settings.attention is not None:
            silent = SimpleNamespace(frames=frames, audio_sha256="silence")
            attention = read_attention(to_json(settings.attention))
            clip = AttentionLayer.of(attention, silent, settings.seed).added(clip)
        content = io.BytesIO()
        clip.write(content)
        return content.getvalue()

    def phones(self, _job, **_):
        return self.phone_list

    def cancel(self, _job):
        return None
