"""A Conformer with a CTC output (Gulati et al. 2020, "Conformer: Convolution-augmented Transformer for Speech
Recognition"), in NumPy: half a feed-forward, attention, convolution, half a feed-forward, one block after
the other, over mel bands of which every second 10 ms is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_HOP: Final = 160
_EPSILON: Final = np.float32(1e-5)
_LEAST_POWER: Final = np.float32(1e-10)
_HALF: Final = np.float32(0.5)
_STRIDE: Final = 2
_HEADS: Final = 4


@dataclass(frozen=True)
class Linear:
    """``x @ weight + bias``, weight (from, to)."""

    weight: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        """Rows of ``x``."""
        made: Array = x @ self.weight + self.bias
        return made


@dataclass(frozen=True)
class Norm:
    """Layer normalisation (Ba et al. 2016)."""

    weight: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        """Rows of ``x``."""
        centred = x - x.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + _EPSILON)
        made: Array = centred / spread * self.weight + self.bias
        return made


@dataclass(frozen=True)
class FeedForward:
    """Two layers with SiLU between."""

    norm: Norm
    first: Linear
    second: Linear

    def __call__(self, x: Array) -> Array:
        """What is added to ``x``, twice."""
        return self.second(_silu(self.first(self.norm(x))))


@dataclass(frozen=True)
class Attention:
    """Every frame looks at every frame; queries, keys and values in one matrix."""

    norm: Norm
    entry: Linear
    leave: Linear

    def __call__(self, x: Array) -> Array:
        """What is added to ``x``."""
        width = x.shape[1]
        part = width // _HEADS
        queries, keys, values = np.split(self.entry(self.norm(x)), 3, axis=1)
        seen = np.empty_like(queries)
        scale = np.float32(part**-0.5)
        for first in range(0, width, part):
            head = slice(first, first + part)
            scores = (queries[:, head] * scale) @ keys[:, head].T
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            seen[:, head] = (weights @ values[:, head]) / weights.sum(axis=1, keepdims=True)
        return self.leave(seen)


@dataclass(frozen=True)
class Convolution:
    """A gated layer, a convolution of each channel by itself over time, and another layer.

    Attributes:
        kernel: (K, C), K odd; batch normalisation is in it.
        kernel_bias: (C,).
    """

    norm: Norm
    entry: Linear
    kernel: Array
    kernel_bias: Array
    leave: Linear

    def __call__(self, x: Array) -> Array:
        """What is added to ``x``."""
        frames, width = x.shape
        opened = self.entry(self.norm(x))
        gated = opened[:, :width] * _sigmoid(opened[:, width:])
        reach = len(self.kernel) // 2
        padded = np.pad(gated, ((reach, reach), (0, 0)))
        summed = np.broadcast_to(self.kernel_bias, x.shape).copy()
        for place, weights in enumerate(self.kernel):
            summed += padded[place : place + frames] * weights
        return self.leave(_silu(summed))


@dataclass(frozen=True)
class Block:
    """One after the other, each added to what comes in."""

    before: FeedForward
    attention: Attention
    convolution: Convolution
    after: FeedForward
    norm: Norm

    def __call__(self, x: Array) -> Array:
        """(F, C) to (F, C)."""
        x = x + _HALF * self.before(x)
        x = x + self.attention(x)
        x = x + self.convolution(x)
        x = x + _HALF * self.after(x)
        return self.norm(x)


@dataclass(frozen=True)
class Conformer:
    """The network.

    Attributes:
        window: (W,) of the short-time spectra.
        mel: (W // 2 + 1, B) filters.
        stem: of three frames of B bands each, every second frame.
        blocks: in order.
        leave: to the symbols.
    """

    window: Array
    mel: Array
    stem: Linear
    blocks: tuple[Block, ...]
    leave: Linear

    def __call__(self, samples: Array) -> Array:
        """Natural logarithms of probability (F, S), 50 frames a second.

        Args:
            samples: mono at 16 kHz, more than half a window.
        """
        bands = np.pad(self._bands(samples), ((1, 1), (0, 0)))
        frames = (len(bands) - 3) // _STRIDE + 1
        last = _STRIDE * (frames - 1) + 1
        x = _gelu(self.stem(np.hstack([bands[place : place + last : _STRIDE] for place in range(3)])))
        for block in self.blocks:
            x = block(x)
        scores = self.leave(x)
        scores -= scores.max(axis=1, keepdims=True)
        made: Array = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return made

    def _bands(self, samples: Array) -> Array:
        """Logarithms of power in the bands, every 10 ms, centred; as coarse as the network knows them."""
        width = len(self.window)
        padded = np.pad(samples, width // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, width)[::_HOP] * self.window
        spectrum = np.fft.rfft(frames, axis=1)
        power = (np.square(spectrum.real) + np.square(spectrum.imag)).astype(np.float32)
        bands = np.log(np.maximum(power @ self.mel, _LEAST_POWER)).astype(np.float16)
        return np.asarray(bands, np.float32)


def _sigmoid(x: Array) -> Array:
    made: Array = _HALF * np.tanh(_HALF * x) + _HALF  # never overflows
    return made


def _silu(x: Array) -> Array:
    return x * _sigmoid(x)


def _gelu(x: Array) -> Array:
    """x times the normal distribution's integral up to it, by Abramowitz and Stegun 1964, 7.1.26."""
    scaled = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1.0 / (1.0 + np.float32(0.3275911) * scaled)
    tail: Array = np.zeros_like(t)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = np.asarray((tail + np.float32(factor)) * t, np.float32)
    within = np.sign(x) * (1.0 - tail * np.exp(-np.square(scaled)))
    made: Array = _HALF * x * (1.0 + within)
    return made
