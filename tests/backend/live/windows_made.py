"""A model that hands out its motion in windows: the jaw opens steadily."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from elocute.errors import InputError
from elocute.generator import MotionWindow
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES
from elocute.pipeline import Pipeline
from tests.backend.service.fakes import FPS, FakeGenerator, FakeModels, analyse

WINDOW = 10


@dataclass(frozen=True)
class InWindows(FakeGenerator):
    """Windows of ten frames; from the second on, each waits for ``go``, or fails with the style "bug"."""

    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1000))

    def stream(self, speech, settings, progress, sink):
        for first in range(0, speech.frames, WINDOW):
            if first:
                assert self.go.acquire(timeout=30)
            if first and settings.style == "bug":
                raise InputError("The model cannot go on.")
            count = min(WINDOW, speech.frames - first)
            expression = np.zeros((count, len(EXPRESSION_NAMES)), np.float32)
            expression[:, EXPRESSION_INDEX["browInnerUp"]] = (first + np.arange(count)) / 100
            still = np.zeros((count, 3), np.float32)
            clips = [
                MotionClip(FPS, BASIS, expression, still, still, eyes=np.zeros((count, 6), np.float32))
                for _ in range(settings.takes)
            ]
            progress.report("motion", first / speech.frames)
            sink(MotionWindow(first, tuple(clips)))


def pipeline_in_windows(generator=None):
    """Its pipeline."""
    return Pipeline(analyse, FakeModels(generator or InWindows()))
