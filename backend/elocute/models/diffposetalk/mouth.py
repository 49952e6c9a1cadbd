"""What the mouth keeps to in every step of a local denoiser's sampling.

K takes, T frames, D numbers a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array, as_numpy, like
from elocute.articulation.rest import doubtful, told_seals
from elocute.audio.phone import Phone
from elocute.audio.speech_features import FPS
from elocute.finishing.kept_mouth import KeptMouth
from elocute.finishing.lip_contacts.poses import Pose
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.models.diffposetalk.engine import ModelParts
from elocute.speech_encoders.heard_phones import heard_phones, possible_seals

Keep = Callable[[Array, int], Array]
"""(x_0 (K, T, D), index of its first frame in the clip) -> x_0 that keeps to what is asked."""


@dataclass(frozen=True)
class MouthTold:
    """What is known of a clip's mouth.

    Attributes:
        probe: measures it.
        phones: what is said and when; None where nobody told.
        sure: whether they come from what somebody wrote, rather than from what a recogniser heard.
    """

    probe: MouthProbe
    phones: Sequence[Phone] | None
    sure: bool


def without_room(told: MouthTold, frames: int) -> NDArray[np.bool_]:
    """(T,) true in frames of a clip where the phones that are told leave no room for a P, B or M."""
    if told.phones is None:
        return np.zeros(frames, bool)
    room = told_seals(told.phones, frames)
    if not told.sure:
        room |= doubtful(told.phones, frames)
    return ~room


def heard_wrongly(no_room: NDArray[np.bool_], likely: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(F,) true in frames whose sound may be a P, B or M though there is no room for one.

    A model that heard its own closure there would shut the mouth within a vowel for a frame.

    Args:
        no_room: (F,) of :func:`without_room`.
        likely: (F, labels) how likely the encoder holds each phone.
    """
    return possible_seals(likely) & no_room


def keeping_mouth(model: ModelParts, told: MouthTold, likely: NDArray[np.floating]) -> Keep | None:
    """What holds the mouth of ``model`` to what is asked; None where nothing is, or cannot be.

    Phones that are told ask for rest and for parted lips, recognised ones not where they are doubtful and the
    sound may be another P, B or M than they hold; their contacts are made in finishing. Phones that the
    encoder hears itself ask for rest, and for the bites that nothing else would make.

    Args:
        model: its config says what is asked, its predictions have to be motion.
        told: of the clip.
        likely: (T, labels) how likely the encoder holds each phone, in each frame of the clip.
    """
    config, stats = model.config, model.stats.arrays()
    if not config.sampling.keep_mouth or config.target != "sample" or config.fps != FPS:
        return None
    if config.layout.jaw != 1 or not KeptMouth.fits(told.probe):
        return None
    frames = len(likely)
    if told.phones is None:
        kept = KeptMouth(heard_phones(likely), frames, told.probe, 0.0, bites=True)
    else:
        doubted = None
        if not told.sure:
            missed = possible_seals(likely) & ~told_seals(told.phones, frames)
            doubted = missed & doubtful(told.phones, frames)
        kept = KeptMouth(told.phones, frames, told.probe, config.sampling.parted_lips, doubted=doubted)

    def keep(x_0: Array, first: int) -> Array:
        expression, pose = stats.restore_motion(as_numpy(x_0), config.layout)
        rows = []
        for take_expression, take_pose in zip(expression, pose, strict=True):
            jaw = take_pose[:, 3:].astype(np.float64)
            moved = kept.kept(Pose(take_expression.astype(np.float64), jaw), first)
            moved_pose = np.concatenate([take_pose[:, :3], moved.jaw.astype(np.float32)], axis=1)
            moved_expression = moved.expression.astype(np.float32)
            rows.append(stats.normalise_motion(moved_expression, moved_pose, config.layout))
        return like(np.stack(rows), x_0)

    return keep
