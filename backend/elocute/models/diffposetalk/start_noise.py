"""Starting noise that is stronger or weaker than it was in training, for some numbers of a frame.

What the sound does not decide (where the head drifts, when brows rise) a denoiser must read from the noise.
A small one takes up the noise's low frequencies too weakly, and then every take stays near the mean: the head
hardly turns, however many steps are taken. Stronger low frequencies in the starting noise make up for it.
The amounts are calibrated so that spread and speed of the head match the training data's
(docs/elocute-lite.md).

What the sound does decide, the mouth, needs little chance: with weaker noise takes differ less at the lips,
and each is nearer to what the sound asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from elocute import filters
from elocute.arrays import Array, as_numpy, copied, like
from elocute.models.diffposetalk.config import DiffPoseTalkConfig
from elocute.motion.basis import basis_of

HEAD_FRAMES: Final = 8.0
"""Standard deviation in frames of the low-pass filter for the head's noise."""
UPPER_FACE_FRAMES: Final = 2.5
"""The same for brows and lids, which move in tenths of a second."""


def shaped(noise: Array, config: DiffPoseTalkConfig) -> Array:
    """x_T (K, F, D) as strong as a model's config asks for; itself where it asks for nothing."""
    own, first, basis = config.sampling, config.layout.expression, basis_of(config.basis)
    head = range(first, first + config.layout.head)
    mouth = [column for column in basis.lips if column < first]
    noise = weaken(noise, [*mouth, *range(head.stop, config.layout.width)], own.mouth_noise)
    noise = boost_low_frequencies(noise, head, own.head_boost, HEAD_FRAMES)
    return boost_low_frequencies(noise, basis.upper_face, own.upper_face_boost, UPPER_FACE_FRAMES)


def weaken(noise: Array, columns: Sequence[int], amount: float) -> Array:
    """Noise (K, F, D) of which some columns are multiplied by ``amount``; itself for 1."""
    if amount == 1.0 or not len(columns):
        return noise
    weaker = copied(noise)
    weaker[..., list(columns)] *= amount
    return weaker


def boost_low_frequencies(noise: Array, columns: Sequence[int], amount: float, frames: float) -> Array:
    """Add ``amount`` times its own low-pass filtered copy to some columns of the noise.

    Args:
        noise: (K, F, D) standard normal noise of K takes over all windows, so that low frequencies run
            through from window to window.
        columns: which of the D numbers.
        amount: 0 changes nothing.
        frames: standard deviation of the Gaussian low-pass filter in frames.

    Returns:
        (K, F, D), a new array unless nothing changes.
    """
    if not amount or not len(columns):
        return noise
    chosen = list(columns)
    low = filters.gaussian(as_numpy(noise[..., chosen]), frames, axis=1, ends="symmetric")
    boosted = copied(noise)
    boosted[..., chosen] += amount * like(low, noise)
    return boosted
