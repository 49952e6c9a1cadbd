"""A made-up FLAME head, motion of the bundled model before finishing, and random motion in any basis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.face.flame_import import FlameSources, convert_flame
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files

SPEECH = Path(__file__).parents[2] / "data" / "speech"


@pytest.fixture(scope="session")
def flame_face(tmp_path_factory):
    """A coarse made-up head in basis flame2020: pose correctives, joints that move with the expressions."""
    files = write_files(make_synthetic_flame(SMALL_SIZE), tmp_path_factory.mktemp("flame2020"), "chumpy")
    return convert_flame(FlameSources(files["model"], files["masks"], (files["landmarks"],)))


@pytest.fixture(scope="session")
def speeches():
    """name -> analysed speech of the committed recordings."""
    return {
        path.stem: analyse_speech(
            load_audio(path, progress=Progress()),
            transcript=path.with_suffix(".txt").read_text(encoding="utf-8"),
            language="en",
            progress=Progress(),
        )
        for path in sorted(SPEECH.glob("*.flac"))
    }


def restless(basis, frames, expressions, seed=0, shape=None, eyes=None):
    """A mouth that hangs open and moves, a head that turns: nothing in it knows of any contact."""
    rng = np.random.default_rng(seed)

    def smooth(size, width, deviation):
        noise = gaussian_filter1d(rng.normal(0.0, 1.0, (frames, width)), deviation, axis=0)
        return (size * noise * np.sqrt(2.0 * deviation * np.sqrt(np.pi))).astype(np.float32)

    jaw = smooth(0.02, 3, 3.0) + np.float32([0.12, 0.0, 0.0])
    return MotionClip(
        25.0, basis, smooth(0.35, expressions, 2.0), jaw, smooth(0.05, 3, 4.0), shape=shape, eyes=eyes,
        meta={"model": "mine"},
    )  # fmt: skip
