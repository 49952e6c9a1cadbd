"""Where the random numbers of a run come from: seeded generators, or a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import torch
from torch import Tensor

from elocute.errors import InputError, SettingsError
from elocute.storage.npz import NpzKind, read_arrays

_NOISE_FILE: Final = NpzKind(
    "{path} is not recorded noise: it needs the arrays motion_at_T and z.", "bad_noise", largest=2**34
)


class NoiseSource(Protocol):
    """Gives x_T once and the noise of each step; K takes, L frames, D numbers."""

    def start(self, frames: int, width: int) -> Tensor:
        """(K, L, D) float32 x_T, asked for once per run, before any step."""
        ...

    def step(self, window: int, index: int, shape: Sequence[int]) -> Tensor:
        """(K, L, D) float32 noise of step ``index`` = T - t of a window."""
        ...


@dataclass(frozen=True)
class SeededNoise:
    """Fresh noise, one generator per take, so that a take does not depend on how many are made.

    A single take draws in the order of the published program: x_T, then for each window one draw per
    step but the last.
    """

    generators: tuple[torch.Generator, ...]

    @classmethod
    def from_seed(cls, seed: int, takes: int) -> SeededNoise:
        """Take k uses ``seed + k``."""
        return cls(tuple(torch.Generator().manual_seed(seed + k) for k in range(takes)))

    def start(self, frames: int, width: int) -> Tensor:
        return self._draw((frames, width))

    def step(self, window: int, index: int, shape: Sequence[int]) -> Tensor:
        return self._draw(tuple(shape[1:]))

    def _draw(self, shape: tuple[int, ...]) -> Tensor:
        draws = [torch.randn(shape, generator=g, device=g.device) for g in self.generators]
        return torch.stack(draws)


@dataclass(frozen=True)
class RecordedNoise:
    """Noise read from a file, for runs that must repeat exactly.

    Attributes:
        motion_at_t: (K, L, D) x_T.
        z: (windows, T - 1, K, L, D); z[w, T - t] is the noise of step t of window w.
    """

    motion_at_t: Tensor
    z: Tensor

    def __post_init__(self) -> None:
        if self.motion_at_t.ndim != 3 or self.z.ndim != 5 or self.z.shape[2:] != self.motion_at_t.shape:
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
        try:
            arrays = [np.asarray(stored[name], np.float32) for name in names]
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(_NOISE_FILE.damaged.format(path=called), code=_NOISE_FILE.code) from error
        if not all(np.isfinite(array).all() for array in arrays):
            raise InputError(f"{called} holds NaN or infinity.", code="bad_noise")
        return cls(torch.from_numpy(arrays[0]), torch.from_numpy(arrays[1]))

    @property
    def takes(self) -> int:
        """Number of takes K that were recorded."""
        return int(self.motion_at_t.shape[0])

    def start(self, frames: int, width: int) -> Tensor:
        if self.motion_at_t.shape[1:] != (frames, width):
            raise SettingsError(
                f"The recorded noise is for {tuple(self.motion_at_t.shape[1:])} frames and numbers, "
                f"this model needs {(frames, width)}."
            )
        return self.motion_at_t

    def step(self, window: int, index: int, shape: Sequence[int]) -> Tensor:
        if window >= self.z.shape[0] or index >= self.z.shape[1]:
            raise SettingsError(
                f"The recorded noise has {self.z.shape[0]} windows of {self.z.shape[1]} steps; "
                f"this run needs more."
            )
        return self.z[window, index]
