"""Gaze added to a finished clip: for models that move face and head but not the eyes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from elocute.audio.phrasing import analyse_prosody
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.behaviour.gaze import both_eyes, gaze_motion
from elocute.behaviour.lids import lids_with_eyes
from elocute.behaviour.random_stream import random_stream
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip


def add_gaze(clip: MotionClip, speech: SpeechFeatures, gaze_amount: float, seed: int) -> MotionClip:
    """A clip with eyes that fixate, glance away and hold against the head, and lids that follow them.

    What the clip's own lids do stays: a shut lid stays shut and is not widened.

    Args:
        clip: (T) frames in the basis ``elocute-head-1``; eyes it may have are replaced.
        speech: what is said in it, T frames.
        gaze_amount: how often and how far the eyes leave the camera: 1 is natural, 0 never.
        seed: the take; the same seed, sound and head give the same eyes, and for the ``rules`` model's own
            head the eyes of the ``rules`` model.

    Raises:
        ValueError: the clip is in another basis, at another frame rate or of another length than the speech.
    """
    lids = basis_of(clip.basis).lids
    if lids is None or clip.fps != FPS:
        raise ValueError(f"gaze needs lids and {FPS:g} frames a second, not {clip.basis} at {clip.fps:g}")
    if clip.frames != speech.frames:
        raise ValueError(f"the clip has {clip.frames} frames, the speech {speech.frames}")
    head = clip.head.astype(np.float64)
    gaze = gaze_motion(analyse_prosody(speech), head, gaze_amount, random_stream(speech, seed, "gaze"))
    lowered, raised = lids_with_eyes(gaze)
    expression = clip.expression.astype(np.float64)
    for lid, wide in zip(lids.blink, lids.wide, strict=True):
        shut = np.clip(expression[:, lid], 0.0, 1.0)
        expression[:, wide] += raised * (1.0 - shut)
        expression[:, lid] = 1.0 - (1.0 - expression[:, lid]) * (1.0 - lowered)
    return replace(clip, expression=expression.astype(np.float32), eyes=both_eyes(gaze).astype(np.float32))
