"""The measure of a style that changes: what follows its times, what does not, and what jumps."""

import numpy as np
import pytest

from elocute.behaviour.style_shares import style_shares
from elocute.evaluation.of_motion.style_change import style_change
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS

FRAMES = 100
SHARE = style_shares([1.6, 2.4], FRAMES, 25.0)[:, 1]


def clip(level, seed=1):
    time = np.arange(FRAMES)[:, None] / 25.0
    phase = np.random.default_rng(seed).random(43) * 6.0
    expression = level + 0.05 * np.sin(7.0 * time + phase)
    head = 0.1 * level + 0.02 * np.sin(3.0 * time + phase[:3])
    return MotionClip(
        fps=25.0,
        basis=BASIS,
        expression=expression.astype(np.float32),
        jaw=np.zeros((FRAMES, 3), np.float32),
        head=head.astype(np.float32),
    )


def mixed(one, other, share):
    weight = share[:, None].astype(np.float32)
    parts = {
        name: getattr(one, name) * (1 - weight) + getattr(other, name) * weight
        for name in ("expression", "jaw", "head")
    }
    return MotionClip(fps=25.0, basis=BASIS, **parts)


def test_a_mixture_follows_and_does_not_jump():
    one, other = clip(0.1), clip(0.5)
    found = style_change(mixed(one, other, SHARE), one, other, SHARE)
    assert found.shares == pytest.approx(found.wanted, abs=0.02)
    assert found.shares[0] == pytest.approx(0.0, abs=1e-5)
    assert found.shares[-1] == pytest.approx(1.0, abs=1e-5)
    assert found.error < found.worst < 0.02
    assert found.usual["brows"]["acceleration"] < 1.2
    for part in ("head", "brows"):
        for order, ratio in found.jumps[part].items():
            assert found.largest[part][order] == pytest.approx(ratio * found.ordinary[part][order])
    step = np.linalg.norm(np.diff(one.head, axis=0), axis=1)
    assert np.percentile(step, 99) * 0.9 < found.ordinary["head"]["value"] < np.percentile(step, 99) * 1.1


def test_what_changes_early_not_at_all_or_at_once_is_told_apart():
    one, other = clip(0.1), clip(0.5)
    early = np.roll(SHARE, -20)
    early[-20:] = 1.0
    assert style_change(mixed(one, other, early), one, other, SHARE).worst > 0.75
    never = style_change(one, one, other, SHARE)
    assert never.shares == pytest.approx(0.0, abs=1e-6)
    assert never.error > 0.4
    at_once = style_change(mixed(one, other, (SHARE > 0.5).astype(float)), one, other, SHARE)
    smooth = style_change(mixed(one, other, SHARE), one, other, SHARE)
    for part in ("head", "brows"):
        for order, jump in smooth.jumps[part].items():
            assert at_once.jumps[part][order] > 2.5 * jump
        assert at_once.jumps[part]["value"] > 5.0 * at_once.usual[part]["value"]


def test_other_lengths_are_refused():
    with pytest.raises(ValueError, match="lengths"):
        style_change(clip(0.1), clip(0.1), clip(0.5), SHARE[:-1])
