"""Where the random numbers of a run come from: seeded generators, or a recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array
from elocute.diffusion.seeded_normal import NormalStream, mixed_seed
from elocute.errors import InputError, SettingsError
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_NOISE_FILE: Final = NpzKind(
    "{path} is not recorded noise ({reason}): it needs the arrays motion_at_T and z.",
    "bad_noise",
    largest=2**34,
)


_KEYED: Final = 1


class NoiseSource(Protocol):
    """Gives x_T once and the noise of each step; K takes, L frames, D numbers."""

    def start(self, frames: int, width: int) -> Array:
        """(K, L, D) float32 x_T, asked for once per run, before any step."""
        ...

    def step(self, window: int, index: int, shape: Sequence[int]) -> Array:
        """(K, L, D) float32 noise of step ``index`` = T - t of a window."""
        ...

    def held(self, window: int, index: int, shape: Sequence[int]) -> Array:
        """(K, L, D) float32 noise of held numbers at timestep T - ``index``; leaves other noise alone."""
        ...

    def keyed(self, block: int, index: int, shape: Sequence[int]) -> Array:
        """(K, L, D) float32 noise of step ``index`` = T - t of a block of frames, the same each time."""
        ...


@dataclass(frozen=True)
class SeededNoise:
    """Fresh noise as tensors, one generator per take, so that a take does not depend on how many are made.

    A single take draws in the order of the published program: x_T, then for each window one draw per
    step but the last.
    """

    generators: tuple[torch.Generator, ...]

    @classmethod
    def from_seed(cls, seed: int, takes: int) -> SeededNoise:
        """Take k uses ``seed + k``."""
        import torch

        return cls(tuple(torch.Generator().manual_seed(seed + k) for k in range(takes)))

    def start(self, frames: int, width: int) -> Tensor:
        return self._draw((frames, width))

    def step(self, window: int, index: int, shape: Sequence[int]) -> Tensor:
        return self._draw(tuple(shape[1:]))

    def held(self, window: int, index: int, shape: Sequence[int]) -> Tensor:
        return self._apart(window, index, shape)

    def keyed(self, block: int, index: int, shape: Sequence[int]) -> Tensor:
        return self._apart(block, index, shape, _KEYED)

    def _apart(self, window: int, index: int, shape: Sequence[int], *stream: int) -> Tensor:
        import torch

        seeds = [mixed_seed(one.initial_seed(), window, index, *stream) for one in self.generators]
        own = [torch.Generator().manual_seed(seed) for seed in seeds]
        return torch.stack([torch.randn(tuple(shape[1:]), generator=generator) for generator in own])

    def _draw(self, shape: tuple[int, ...]) -> Tensor:
        import torch

        draws = [torch.randn(shape, generator=g, device=g.device) for g in self.generators]
        return torch.stack(draws)


@dataclass(frozen=True)
class SeededArrays:
    """The noise of :class:`SeededNoise` as arrays, without PyTorch; equal but for the last bits.

    Attributes:
        seeds: of each take.
        streams: what each take has drawn from.
    """

    seeds: tuple[int, ...]
    streams: tuple[NormalStream, ...]

    @classmethod
    def from_seed(cls, seed: int, takes: int) -> SeededArrays:
        """Take k uses ``seed + k``."""
        seeds = tuple(seed + k for k in range(takes))
        return cls(seeds, tuple(NormalStream(one) for one in seeds))

    def start(self, frames: int, width: int) -> NDArray[np.float32]:
        return self._draw((frames, width))

    def step(self, window: int, index: int, shape: Sequence[int]) -> NDArray[np.float32]:
        return self._draw(tuple(shape[1:]))

    def held(self, window: int, index: int, shape: Sequence[int]) -> NDArray[np.float32]:
        return _held(self.seeds, window, index, shape)

    def keyed(self, block: int, index: int, shape: Sequence[int]) -> NDArray[np.float32]:
        return _held(self.seeds, block, index, shape, _KEYED)

    def _draw(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        return np.stack([stream.draw(shape) for stream in self.streams])


@dataclass(frozen=True)
class RecordedNoise:
    """Noise read from a file, for runs that must repeat exactly. Held numbers get noise of fixed seeds.

    Attributes:
        motion_at_t: (K, F, D) x_T, of one window or of several side by side.
        z: (windows, steps, K, L, D) noise of the steps; F is a multiple of L.
        timesteps: those whose noise ``z`` holds, in its order, the first being T; None means T, T - 1 .. 2,
            so that z[w, T - t] is the noise of step t of window w.
    """

    motion_at_t: Array
    z: Array
    timesteps: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        start, steps = self.motion_at_t.shape, self.z.shape
        fits = len(start) == 3 and len(steps) == 5 and (steps[2], steps[4]) == (start[0], start[2])
        if not fits or not steps[3] or start[1] % steps[3]:
            raise InputError(
                "The recorded noise has arrays of the wrong shape.",
                "It needs motion_at_T (take, frame, number) and z (window, step, take, frame, number).",
                code="bad_noise",
            )

    @classmethod
    def load(cls, source: Path | bytes, name: str | None = None) -> RecordedNoise:
        """Read ``motion_at_T`` and ``z`` from an ``.npz`` of float16 or float32.

        Args:
            source: the file, or its content.
            name: what errors call the file; None for its path.

        Raises:
            InputError: the file is missing, damaged, lacks an array, or holds NaN.
        """
        names = ("motion_at_T", "z")
        stored = read_arrays(source, _NOISE_FILE, names=names, name=name)
        called = name or str(source)
        with guarded(lambda reason: _NOISE_FILE.error(called, reason)):
            fields = Fields(stored)
            arrays = [fields.floats(name) for name in names]
        return cls(arrays[0], arrays[1])

    @property
    def takes(self) -> int:
        """Number of takes K that were recorded."""
        return int(self.motion_at_t.shape[0])

    def start(self, frames: int, width: int) -> Array:
        if self.motion_at_t.shape[1:] != (frames, width):
            raise SettingsError(
                f"The recorded noise is for {tuple(self.motion_at_t.shape[1:])} frames and numbers, "
                f"this model needs {(frames, width)}."
            )
        return self.motion_at_t

    def step(self, window: int, index: int, shape: Sequence[int]) -> Array:
        row = index
        if self.timesteps is not None:
            t = self.timesteps[0] - index
            if t not in self.timesteps:
                raise SettingsError(f"The recorded noise lacks timestep {t}.")
            row = self.timesteps.index(t)
        if window >= self.z.shape[0] or row >= self.z.shape[1]:
            raise SettingsError(
                f"The recorded noise has {self.z.shape[0]} windows of {self.z.shape[1]} steps; "
                f"this run needs more."
            )
        return self.z[window, row]

    def held(self, window: int, index: int, shape: Sequence[int]) -> Array:
        return _held(range(self.takes), window, index, shape)

    def keyed(self, block: int, index: int, shape: Sequence[int]) -> Array:
        return self.step(block, index, shape)


def _held(
    seeds: Iterable[int], window: int, index: int, shape: Sequence[int], *stream: int
) -> NDArray[np.float32]:
    """Noise that depends on a take's seed, the window and the step alone, not on what was drawn before."""
    streams = [NormalStream(mixed_seed(seed, window, index, *stream)) for seed in seeds]
    return np.stack([one.draw(tuple(shape[1:])) for one in streams])
