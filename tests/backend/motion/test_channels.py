"""A frame as a row of numbers, and the groups of a basis."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.motion.basis import DEEP3D, ELOCUTE_HEAD_1
from elocute.motion.channels import MotionChannels
from elocute.motion.clip import MotionClip

HEAD = MotionChannels("elocute-head-1", 43)


@pytest.mark.parametrize(
    ("channels", "sizes"),
    [
        (HEAD, {"lips": 28, "face": 16, "head": 3}),
        (MotionChannels("elocute-head-1", 59), {"lips": 44, "face": 16, "head": 3}),
        (MotionChannels("deep3d", 64), {"lips": 13, "face": 51, "head": 3}),
        (MotionChannels("flame2020", 50), {"lips": 3, "face": 50, "head": 3}),
        (MotionChannels("someones-own", 5), {"lips": 3, "face": 5, "head": 3}),
    ],
)
def test_groups_are_a_property_of_the_basis(channels, sizes):
    groups = channels.groups()
    assert {name: len(columns) for name, columns in groups.items()} == sizes
    assert sorted(c for columns in groups.values() for c in columns) == list(range(channels.width))


def test_the_lips_are_mouth_jaw_and_tongue():
    names = {ELOCUTE_HEAD_1.expressions[c] for c in HEAD.groups()["lips"] if c < 43}
    assert {"mouthClose", "jawLeft", "tongueOut"} <= names
    assert not any(name.startswith(("brow", "eye", "cheek", "nose")) for name in names)
    assert 43 in HEAD.groups()["lips"]  # the jaw's rotation
    assert len(DEEP3D.lips) == 13


def test_a_clip_there_and_back():
    rng = np.random.default_rng(0)
    jaw = np.zeros((4, 3), np.float32)
    jaw[:, 0] = rng.uniform(size=4)
    clip = MotionClip(25.0, "elocute-head-1", rng.uniform(size=(4, 43)), jaw, rng.normal(size=(4, 3)))
    rows = HEAD.rows_of(clip)
    assert rows.shape == (4, HEAD.width) == (4, 47)
    back = HEAD.clip(rows, 25.0, {"a": 1})
    for part in ("expression", "jaw", "head"):
        assert np.array_equal(getattr(back, part), getattr(clip, part))
    assert (rows[:, HEAD.head] == clip.head).all()


def test_a_clip_of_another_head_is_refused():
    still = np.zeros((2, 3))
    with pytest.raises(InputError, match="basis flame2020, not elocute-head-1"):
        HEAD.rows_of(MotionClip(25.0, "flame2020", np.zeros((2, 43)), still, still))
    with pytest.raises(InputError, match="42 expressions, not 43"):
        HEAD.rows_of(MotionClip(25.0, "elocute-head-1", np.zeros((2, 42)), still, still))
