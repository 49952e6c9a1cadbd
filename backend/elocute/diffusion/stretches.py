"""Clips of any length from models that see the neighbourhood of each frame: no windows, no seams.

A clip is sampled stretch by stretch, so that its beginning is there early and memory does not grow with its
length. Each stretch is sampled together with ``margin`` frames on both sides that are then dropped. What a
frame becomes depends on as many frames as the model reaches, once for each step; with that margin the
stretches are those of the whole clip, whatever their length. Less will do where the model's gaze weakens with
distance: neighbours are cross-faded over what both sampled.

What changes within a clip may be sampled in layers that start from the same noise and are added up
(:class:`Layer`).

K takes, T frames of the clip, D numbers a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array, Same, as_numpy, joined, like, zeros
from elocute.diffusion.constraints import Known
from elocute.diffusion.loop import Holding, Predict, denoise
from elocute.diffusion.windows import ClipSampling
from elocute.errors import SettingsError

PredictAt = Callable[[int, int], Predict]
"""(first, last) -> guided prediction for x_t (K, last - first, D) of these frames of the clip."""


@dataclass(frozen=True)
class Layer:
    """Frames that are sampled by themselves, with the clip's noise, and added to those of other layers.

    Attributes:
        first: frame of the clip.
        last: the frame after its last.
        predict: makes the model of these frames when their turn comes.
        share: (last - first,) how much of it is in each frame's sum; None for all of it.
    """

    first: int
    last: int
    predict: Callable[[], Predict]
    share: NDArray[np.float64] | None = None


LayersAt = Callable[[int, int], Sequence[Layer]]
"""(first, last) -> at least one layer within these frames; where frames count, the shares add up to 1."""
NOISE_BLOCK: Final = 100
"""Frames whose noise of a step is drawn together, so that every stretch finds the same noise there."""


@dataclass(frozen=True)
class Stretches:
    """How a clip is cut.

    Attributes:
        frames: of the clip T, at least 1.
        first: frames of the first stretch, which somebody waits for.
        length: frames of every other.
        margin: frames on each side that are sampled too.
        fade: frames over which neighbours are cross-faded, at most the margin.

    Raises:
        SettingsError: a length below one frame, or a fade that is longer than the margin or a stretch.
    """

    frames: int
    first: int
    length: int
    margin: int
    fade: int

    def __post_init__(self) -> None:
        if min(self.frames, self.first, self.length) < 1 or self.margin < 0:
            raise SettingsError("A clip and its stretches need at least one frame.")
        if not 0 <= self.fade <= min(self.margin, self.first, self.length):
            raise SettingsError(f"Stretches cannot be cross-faded over {self.fade} frames.")

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """First frame of each stretch, and the frame after its last. A short rest joins the one before."""
        start, length = 0, self.first
        while start < self.frames:
            end = start + length
            if end + self.margin >= self.frames:
                end = self.frames
            yield start, end
            start, length = end, self.length


def alone(predict_at: PredictAt) -> LayersAt:
    """One layer of all frames."""
    return lambda first, last: [Layer(first, last, lambda: predict_at(first, last))]


def needed_stretches(stretches: Stretches, known: Known | None) -> list[tuple[int, int, bool]]:
    """First frame of each part of a clip, the frame after its last, and whether it is sampled at all.

    Frames of which every number is held are not, but for those beside what is free: a few free frames in a
    long clip cost no more than in a short one.
    """
    if known is None:
        return [(first, last, True) for first, last in stretches]
    free = (as_numpy(known.mask) < 1).any(axis=-1)
    free = free if free.ndim == 1 else free.any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
    parts, end = list[tuple[int, int, bool]](), 0
    for first, last in edges.reshape(-1, 2).tolist():
        if first > end:
            parts.append((end, first, False))
        own = replace(stretches, frames=last - first)
        parts += [(first + begin, first + until, True) for begin, until in own]
        end = last
    if end < stretches.frames:
        parts.append((end, stretches.frames, False))
    return parts


def sample_in_stretches(
    stretches: Stretches, layers_at: LayersAt, start: Same, sampling: ClipSampling
) -> Same:
    """Sample a clip stretch by stretch.

    Args:
        stretches: of the clip.
        layers_at: the model on some frames of it.
        start: (K, T, D) x_T of the clip.
        sampling: how each is sampled; ``on_step`` and ``observe`` count those that are as windows.

    Returns:
        (K, T, D).

    Raises:
        SettingsError: held values that are not of this clip.
    """
    sampling.check(stretches.frames, start)
    takes, total, width = start.shape
    made: list[Array] = []
    tail = zeros((takes, 0, width), start)  # of the stretch before: what it sampled of this one's beginning
    sampled_before = 0
    for first, last, needed in needed_stretches(stretches, sampling.known):
        if sampling.known is not None and not needed:
            held_part = sampling.known.exact(zeros((takes, last - first, width), start), first)
            made.append(held_part)
            tail = zeros((takes, 0, width), start)
            sampling.hand_over(first, held_part)
            continue
        index, sampled_before = sampled_before, sampled_before + 1
        low, high = max(first - stretches.margin, 0), min(last + stretches.margin, total)
        sampled = _sampled_layers(layers_at(low, high), low, high, index, start, sampling)
        new = sampled[:, first - low : last - low]
        if tail.shape[1]:
            count = tail.shape[1]
            rising = like(np.linspace(0, 1, count + 2)[1:-1, None], new)
            new = joined([tail * (1 - rising) + new[:, :count] * rising, new[:, count:]], 1)
        if sampling.known is not None:
            new = sampling.known.exact(new, first)
        tail = sampled[:, last - low : last - low + stretches.fade]
        made.append(new)
        sampling.hand_over(first, new)
    clip: Same = joined(made, 1)
    return clip


def _sampled_layers(
    layers: Sequence[Layer], low: int, high: int, index: int, start: Array, sampling: ClipSampling
) -> Array:
    """The frames ``low`` .. ``high`` - 1 of the clip, as the stretch of this index has them."""
    total = None
    for number, layer in enumerate(layers):

        def tell(done: int, steps: int, number: int = number) -> None:
            sampling.on_step(index, number * steps + done, len(layers) * steps)

        one = _sampled(layer, index, start, sampling, tell)
        if layer.share is not None:
            one = one * like(layer.share[:, None], one)
        if total is None and len(layers) == 1 and (layer.first, layer.last) == (low, high):
            return one
        if total is None:
            total = zeros((len(start), high - low, start.shape[-1]), one)
        total[:, layer.first - low : layer.last - low] += one
    return total


def _sampled(
    layer: Layer, index: int, start: Array, sampling: ClipSampling, tell: Callable[[int, int], None]
) -> Array:
    low, high = layer.first, layer.last
    shape = (len(start), NOISE_BLOCK, start.shape[-1])
    holding = None
    if sampling.known is not None:
        held = sampling.known.window(low, high - low, start[:, low:high])
        holding = Holding(held, _drawn(sampling.noise.held, low, high, shape))
    return denoise(
        layer.predict(),
        sampling.sampler,
        start[:, low:high],
        _drawn(sampling.noise.keyed, low, high, shape),
        tell,
        None if sampling.observe is None else sampling.observe(index),
        holding,
    )


def _drawn(
    source: Callable[[int, int, tuple[int, int, int]], Array],
    low: int,
    high: int,
    shape: tuple[int, int, int],
) -> Callable[[int], Array]:
    """Noise of a step for the frames ``low`` .. ``high`` - 1 out of the blocks of the clip."""
    blocks = range(low // NOISE_BLOCK, -(-high // NOISE_BLOCK))
    offset = low - blocks.start * NOISE_BLOCK

    def draw(index: int) -> Array:
        noise = joined([source(block, index, shape) for block in blocks], 1)
        return noise[:, offset : offset + high - low]

    return draw
