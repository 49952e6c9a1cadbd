"""Limits generated motion: clamps coefficients to their bounds, and smooths noise of the head."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from elocute import filters
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

_REACH: Final = 4.0
"""Standard deviations after which the Gaussian is cut off."""


def within_bounds(clip: MotionClip) -> MotionClip:
    """Expressions within the bounds of their basis, and the jaw not above shut. Frame by frame."""
    basis = basis_of(clip.basis)
    expression = np.clip(clip.expression, basis.lowest, basis.highest)
    jaw = np.maximum(clip.jaw, [[basis.jaw_shut, -np.inf, -np.inf]])
    return replace(clip, expression=expression, jaw=jaw)


def smoothing_reach(deviation: float) -> int:
    """Frames on both sides that :func:`smooth_head` makes a frame depend on."""
    return int(_REACH * deviation + 0.5)


def smooth_head(clip: MotionClip, deviation: float) -> MotionClip:
    """The head through a Gaussian of so many frames; 0 leaves it as it is."""
    if deviation <= 0:
        return clip
    head = filters.gaussian(clip.head, deviation, reach=_REACH)
    return replace(clip, head=head)


def with_mouth_at_rest(clip: MotionClip) -> MotionClip:
    """The clip with its jaw and all below brows and lids at rest.

    A network that hears silence still makes a small movement now and then. Where a basis does not tell the
    upper face from the lower one, all of the face rests.
    """
    expression = np.zeros_like(clip.expression)
    upper = list(basis_of(clip.basis).upper_face)
    expression[:, upper] = clip.expression[:, upper]
    return replace(clip, expression=expression, jaw=np.zeros_like(clip.jaw))
