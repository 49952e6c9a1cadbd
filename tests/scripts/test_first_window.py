"""Which window of a line is called what."""

from __future__ import annotations

import numpy as np

from elocute.generator import MotionWindow
from elocute.motion.clip import MotionClip
from scripts.bench.first_window import Seen, alike, cells_of


def clip_of(frames):
    wave = np.sin(np.arange(frames * 3).reshape(frames, 3)).astype(np.float32)
    return MotionClip(25.0, "elocute-head-1", np.zeros((frames, 59), np.float32), jaw=wave, head=wave)


def test_the_first_window_of_each_kind_is_kept():
    seen = Seen()
    for frames in (5, 9):
        seen(MotionWindow(0, (clip_of(frames),)))
    assert seen.window is not None
    assert seen.window.clips[0].frames == 5


def test_a_short_line_has_no_beginning():
    assert cells_of([None, (3.0, 12.0), (4.0, 15.5)], (10.0, 1.0)) == ["-", "2.00 (2.00)", "3.00 (5.50)"]
    assert alike(None, clip_of(9)) == "-"
    assert alike(MotionWindow(0, (clip_of(5),)), clip_of(9)) == "1.00, 1.00"
