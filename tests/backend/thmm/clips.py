"""Clips to go on from, and a line to perform."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

import numpy as np

from elocute.audio.phone import ARPABET, Phone
from elocute.audio.speech_features import MEL_BANDS, SUBFRAMES, SpeechFeatures
from elocute.motion.clip import MotionClip

EXPRESSIONS = 43


def still_clip(frames, fps=25.0, basis="elocute-head-1"):
    still = np.zeros((frames, 3), np.float32)
    return MotionClip(fps, basis, np.zeros((frames, EXPRESSIONS), np.float32), still, still)


def moving_clip(frames, fps=25.0, basis="elocute-head-1"):
    """Smooth motion of every part, within its bounds."""
    times = np.arange(frames)[:, None] / fps
    expression = 0.3 + 0.2 * np.sin(2 * times + np.arange(EXPRESSIONS))
    head = 0.1 * np.sin(3 * times + np.arange(3))
    jaw = np.concatenate([0.1 + 0.05 * np.sin(4 * times), np.zeros((frames, 2))], axis=1)
    parts = (part.astype(np.float32) for part in (expression, jaw, head))
    return MotionClip(fps, basis, *parts)


def content(clip):
    stream = BytesIO()
    clip.write(stream)
    return stream.getvalue()


def speech(frames=47, phones=True):
    rng = np.random.default_rng(5)
    edges = np.linspace(0, frames / 25, 12)
    said = tuple(Phone(str(rng.choice(ARPABET)), a, b) for a, b in pairwise(edges))
    return SpeechFeatures(
        frames / 25, rng.normal(-8, 3, (frames, SUBFRAMES, MEL_BANDS)).astype(np.float32),
        rng.uniform(-60, -15, frames).astype(np.float32), rng.choice([0.0, 110.0], frames).astype(np.float32),
        rng.uniform(0, 1, frames).astype(np.float32), said if phones else None, (),
        "transcript" if phones else "none", "pretty good", "0" * 64,
    )  # fmt: skip
