"""Starting noise with stronger low frequencies, for networks that generate too little of them.

What the sound does not decide (where the head drifts, when brows rise) a denoiser must read from the noise.
A small one takes up the noise's low frequencies too weakly, and then every take stays near the mean: the head
hardly turns, however many steps are taken. Stronger low frequencies in the starting noise make up for it.
The amounts are calibrated so that spread and speed of the head match the training data's
(docs/elocute-lite.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

HEAD_FRAMES: Final = 8.0
"""Standard deviation in frames of the low-pass filter for the head's noise."""
UPPER_FACE_FRAMES: Final = 2.5
"""The same for brows and lids, which move in tenths of a second."""


def boost_low_frequencies(noise: Tensor, columns: Sequence[int], amount: float, frames: float) -> Tensor:
    """Add ``amount`` times its own low-pass filtered copy to some columns of the noise.

    Args:
        noise: (K, F, D) standard normal noise of K takes over all windows, so that low frequencies run
            through from window to window.
        columns: which of the D numbers.
        amount: 0 changes nothing.
        frames: standard deviation of the Gaussian low-pass filter in frames.

    Returns:
        (K, F, D), a new tensor unless nothing changes.
    """
    if not amount or not len(columns):
        return noise
    chosen = list(columns)
    low = gaussian_filter1d(noise[..., chosen].cpu().numpy(), frames, axis=1, mode="reflect")
    boosted = noise.clone()
    boosted[..., chosen] += amount * torch.from_numpy(low).to(noise)
    return boosted
