"""Gaze added to a finished clip: for models that move face and head but not the eyes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phrasing import analyse_prosody
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.behaviour.gaze import both_eyes, gaze_aim, gaze_with_head
from elocute.behaviour.lids import lids_with_eyes
from elocute.behaviour.random_stream import random_stream
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip


@dataclass(frozen=True)
class GazeLayer:
    """The eyes of a take, planned for the whole speech and added to any part of the clip.

    Attributes:
        aim: (T, 2) where the eyes would turn in a head that is still.
    """

    aim: NDArray[np.float64]

    @classmethod
    def plan(cls, speech: SpeechFeatures, amount: float | NDArray[np.float64], seed: int) -> GazeLayer:
        """Decide where the eyes look.

        Args:
            speech: what is said, T frames.
            amount: how often and how far the eyes leave the camera, throughout or (T,) for each frame: 1 is
                natural, 0 never.
            seed: the take; the same seed, sound and head give the same eyes, and for the ``rules`` model's
                own head the eyes of the ``rules`` model.
        """
        rng = random_stream(speech, seed, "gaze")
        return cls(gaze_aim(analyse_prosody(speech), speech.frames, amount, rng))

    def added(self, clip: MotionClip, first: int = 0) -> MotionClip:
        """Frames of the clip with eyes that hold against the head, and lids, if any, that follow them.

        What the clip's own lids do stays: a shut lid stays shut and is not widened.

        Args:
            clip: frames from ``first`` on; eyes it may have are replaced.
            first: index of its first frame in the speech.

        Raises:
            ValueError: the clip is at another frame rate, or longer than the speech.
        """
        if clip.fps != FPS or first + clip.frames > len(self.aim):
            raise ValueError(
                f"gaze needs at most {len(self.aim)} frames at {FPS:g} frames a second, "
                f"not {first + clip.frames} at {clip.fps:g}"
            )
        gaze = gaze_with_head(self.aim[first : first + clip.frames], clip.head.astype(np.float64))
        looking = replace(clip, eyes=both_eyes(gaze).astype(np.float32))
        lids = basis_of(clip.basis).lids
        if lids is None:
            return looking
        lowered, raised = lids_with_eyes(gaze)
        expression = clip.expression.astype(np.float64)
        for lid, wide in zip(lids.blink, lids.wide, strict=True):
            shut = np.clip(expression[:, lid], 0.0, 1.0)
            expression[:, wide] += raised * (1.0 - shut)
            expression[:, lid] = 1.0 - (1.0 - expression[:, lid]) * (1.0 - lowered)
        return replace(looking, expression=expression.astype(np.float32))
