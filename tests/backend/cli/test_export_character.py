"""``elocute export --character``: the points and vertices of one of the head's characters."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.cli.main import main
from elocute.face.model import FaceModel
from elocute.face.skinning import landmarks
from elocute.motion.clip import MotionClip
from elocute.motion.track_files import load_track
from tests.backend.face.standin_measures import ASSET


@pytest.fixture
def clip(tmp_path):
    """A face at rest."""
    still = {name: np.zeros((3, 3), np.float32) for name in ("jaw", "head")}
    MotionClip(25.0, "elocute-head-1", np.zeros((3, 43), np.float32), **still).save(tmp_path / "clip.npz")
    return str(tmp_path / "clip.npz")


def test_the_landmarks_are_the_characters(clip, tmp_path):
    head = FaceModel.load(ASSET)
    written = {}
    for name, words in {"plain": [], "Mira": ["--character", "mira"]}.items():
        out = str(tmp_path / f"{name}.npz")
        assert main(["export", "landmarks", clip, "--face", str(ASSET), *words, "--out", out]) == 0
        written[name] = load_track(tmp_path / f"{name}.npz").points[0]
    mira = head.as_character("Mira")
    np.testing.assert_allclose(written["Mira"], landmarks(mira, mira.v_template[None])[0], atol=1e-5)
    assert np.abs(written["Mira"] - written["plain"]).max() > 0.002


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["landmarks", "{clip}", "--face", str(ASSET), "--character", "Nobody", "--out", "{out}.npz"],
            "Mira",
        ),
        (["arkit-csv", "{clip}", "--character", "Mira", "--out", "{out}.csv"], "--face"),
    ],
)
def test_whom_nobody_knows_is_one_sentence(clip, tmp_path, capsys, words, said):
    words = [word.format(clip=clip, out=tmp_path / "out") for word in words]
    assert main(["export", *words]) in (2, 3)
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["clip.npz"]
