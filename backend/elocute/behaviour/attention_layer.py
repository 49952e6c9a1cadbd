"""Attention to others put on a finished clip, of any family: gaze, head, nods, blinks with large turns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.behaviour.attention import Attention, AttentionPlan, eyes_to, plan_attention
from elocute.behaviour.blinks import lid_curves
from elocute.behaviour.gaze import both_eyes
from elocute.behaviour.lids import lids_with_eyes
from elocute.behaviour.random_stream import random_stream
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class AttentionLayer:
    """The attention of a take, planned for the whole performance and put on any part of its clip.

    Attributes:
        plan: where to look and when to nod.
        lids: (T,) closure of both lids with large turns.
        head_motion: whether the head may turn; else the eyes turn alone, as far as they reach.
    """

    plan: AttentionPlan
    lids: FloatArray
    head_motion: bool

    @classmethod
    def of(
        cls, attention: Attention, speech: SpeechFeatures, seed: int, *, head_motion: bool = True
    ) -> AttentionLayer:
        """Plan it; arguments as of :func:`elocute.behaviour.attention.plan_attention`."""
        plan = plan_attention(attention, speech, seed)
        shut = [frame for frame in plan.blinks if 4 <= frame < speech.frames - 8]
        lids, _ = lid_curves(shut, speech.frames, 0.0, random_stream(speech, seed, "attention lids"))
        return cls(plan, lids, head_motion)

    def added(self, clip: MotionClip, first: int = 0) -> MotionClip:
        """Frames of the clip that attend; the mouth stays as it is.

        Where nobody is attended to, eyes and head do what the clip does.

        Args:
            clip: frames from ``first`` on.
            first: index of its first frame in the performance.

        Raises:
            ValueError: the clip is at another frame rate, or longer than the performance.
        """
        if clip.fps != FPS or first + clip.frames > len(self.lids):
            raise ValueError(f"attention needs at most {len(self.lids)} frames at {FPS:g} frames a second")
        part = slice(first, first + clip.frames)
        head = clip.head.astype(np.float64)
        if self.head_motion:
            head[:, :2] += self.plan.head[part]
            head[:, 0] += self.plan.nod[part]
        attending = replace(clip, head=head.astype(np.float32))
        if clip.eyes is not None:
            weight = self.plan.weight[part, None]
            own = clip.eyes.astype(np.float64)
            looking = both_eyes(eyes_to(self.plan.aim[part], head[:, :2]))
            eyes = own + weight * (looking - own)
            attending = replace(attending, eyes=eyes.astype(np.float32))
            attending = _with_lids(attending, own[:, :2], eyes[:, :2], self.lids[part])
        return attending


def _with_lids(clip: MotionClip, before: FloatArray, after: FloatArray, shut: FloatArray) -> MotionClip:
    """Lids that follow eyes which turn otherwise than before (T, 2), and blinks (T,)."""
    lids = basis_of(clip.basis).lids
    if lids is None:
        return clip
    (was_low, was_wide), (low, wider) = lids_with_eyes(before), lids_with_eyes(after)
    expression = clip.expression.astype(np.float64)
    for lid, wide in zip(lids.blink, lids.wide, strict=True):
        closed = np.clip(expression[:, lid], 0.0, 1.0)
        expression[:, lid] = np.clip(expression[:, lid] + (low - was_low) * (1.0 - closed), 0.0, None)
        expression[:, lid] = np.maximum(expression[:, lid], shut)
        expression[:, wide] = (expression[:, wide] + (wider - was_wide) * (1.0 - closed)) * (1.0 - shut)
    return replace(clip, expression=expression.astype(np.float32))
