"""The measure must see what twitches at window borders, and nothing where motion is even."""

from dataclasses import replace

import numpy as np
import pytest

from elocute.evaluation.of_motion.seams import PARTS, seam_ratios
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

BASIS = basis_of("elocute-head-1")
BROW = BASIS.columns(["browInnerUp"])[0]


def even_clip(seed=0, frames=425):
    """Smooth noise everywhere, 4 borders."""
    rng = np.random.default_rng(seed)
    kernel = np.exp(-0.5 * (np.arange(-12, 13) / 4.0) ** 2)

    def smooth(scale):
        return scale * np.convolve(rng.standard_normal(frames + 24), kernel, "valid")

    expression = np.zeros((frames, 43), np.float32)
    expression[:, BROW] = 0.5 + smooth(0.05)
    jaw, head = np.zeros((frames, 3), np.float32), np.zeros((frames, 3), np.float32)
    jaw[:, 0] = 0.15 + smooth(0.02)
    for axis in range(3):
        head[:, axis] = smooth(0.02)
    return MotionClip(fps=25.0, basis="elocute-head-1", expression=expression, jaw=jaw, head=head)


def clips():
    return [even_clip(seed) for seed in range(12)]


def twitching(clip, part, places=range(100, 425, 100)):
    step = 0.0
    head, jaw, expression = clip.head.copy(), clip.jaw.copy(), clip.expression.copy()
    for number, place in enumerate(places):
        step = 0.05 * (-1) ** number
        if part == "head":
            head[place:, 1] += step
        elif part == "lips":
            jaw[place:, 0] += step
        else:
            expression[place:, BROW] += 3 * step
    return replace(clip, head=head, jaw=jaw, expression=expression)


def test_even_motion_shows_no_seams():
    ratios = seam_ratios(clips())
    for part in PARTS:
        assert ratios.speed[part] == pytest.approx(1.0, abs=0.25)
        assert ratios.acceleration[part] == pytest.approx(1.0, abs=0.25)
    assert ratios.worst == max(ratios.speed["head"], ratios.speed["brows"])


@pytest.mark.parametrize("part", PARTS)
def test_a_step_at_every_border_is_seen_in_its_part_alone(part):
    ratios = seam_ratios([twitching(clip, part) for clip in clips()])
    for other in PARTS:
        seen = ratios.speed[other] > 1.5
        assert seen is (other == part)
        assert (ratios.acceleration[other] > 1.5) is seen


def test_a_step_beside_the_border_is_not_taken_for_a_seam():
    for shift in (-1, 1):
        places = [100 * k + shift for k in (1, 2, 3, 4)]
        moved = [twitching(clip, "head", places) for clip in clips()]
        assert seam_ratios(moved).speed["head"] < 1.25


def test_windows_of_another_length():
    places = [75 * k for k in range(1, 6)]
    moved = [twitching(clip, "brows", places) for clip in clips()]
    assert seam_ratios(moved, seconds=3.0).speed["brows"] > 1.5
    assert seam_ratios(moved, seconds=2.6).speed["brows"] < 1.5


def test_nothing_to_measure():
    short = even_clip(frames=90)
    assert seam_ratios([short]).speed == dict.fromkeys(PARTS)
    still = replace(even_clip(), head=np.zeros((425, 3), np.float32))
    assert seam_ratios([still]).speed["head"] is None
    assert seam_ratios([short]).worst is None
    with pytest.raises(ValueError, match="brows are not known"):
        seam_ratios([replace(short, basis="flame-2020", expression=np.zeros((90, 50), np.float32))])
