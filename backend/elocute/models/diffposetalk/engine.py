"""What a checkpoint of this family offers, whatever computes it: PyTorch or ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array
from elocute.diffusion.constraints import Known
from elocute.diffusion.guidance import Guidance
from elocute.diffusion.joint_calls import JointCalls
from elocute.diffusion.loop import Observe
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.windows import OnWindow
from elocute.models.diffposetalk.config import DiffPoseTalkConfig
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.stats import MotionStats
from elocute.models.diffposetalk.voice import Voice
from elocute.models.family import LoadOptions
from elocute.progress import Progress


class ClipSampler(Protocol):
    """A loaded model ready to sample; holds no state between calls."""

    def check(self, settings: SamplingSettings, *, styled: bool) -> tuple[Sampler, Guidance]:
        """What ``settings`` come to for this model, with or without a style.

        Raises:
            SettingsError: steps, scales, threshold or conditions that the model cannot take.
        """
        ...

    def sample(
        self,
        voice: Voice,
        settings: SamplingSettings,
        noise: NoiseSource,
        progress: Progress,
        observe: Callable[[int], Observe] | None = None,
        on_window: OnWindow | None = None,
        known: Known | None = None,
    ) -> Array:
        """Make motion for a clip.

        Args:
            voice: audio, shape and style.
            settings: how to sample.
            noise: gives x_T of K takes (the same for every window, as published) and the steps' noise.
            progress: told about every step; cancelling stops before the next step.
            observe: given a window's index, returns what watches its steps.
            on_window: given each window's motion as soon as it is final, on the CPU; it may change it.
            known: frames or channels that are held, as normalised motion over the whole clip.

        Returns:
            (K, T, D) normalised motion, on the CPU.

        Raises:
            InputError: the audio is shorter than a frame.
            SettingsError: steps, scales, style, noise or held values that the model cannot take.
            Cancelled: ``progress`` was cancelled.
        """
        ...

    def side_by_side(self, clips: int) -> tuple[list[Any], JointCalls[Any, Any]] | None:
        """This sampler for several clips that are sampled at the same time, each on a thread of its own.

        At every step the network sees all of them as one batch. Each thread leaves the joint calls when it
        is done.

        Returns:
            A sampler for each clip, and the joint calls in which it is the member of its number; None where
            one clip after the other is as quick.
        """
        ...


class ModelParts(Protocol):
    """A checkpoint in memory."""

    @property
    def config(self) -> DiffPoseTalkConfig:
        """Its configuration."""
        ...

    @property
    def schedule(self) -> NoiseSchedule:
        """Noise schedule, the numbers that the model was trained with."""
        ...

    @property
    def stats(self) -> MotionStats:
        """Normalisation."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def folder(self) -> Path | None:
        """Where it came from, for its styles."""
        ...

    @property
    def engine(self) -> str:
        """What computes it."""
        ...

    @property
    def null_style(self) -> NDArray[np.float32] | None:
        """(style_dim,) the learned "no style", if style guides."""
        ...

    @property
    def encodes_styles(self) -> bool:
        """Whether it has a style encoder."""
        ...

    def encode_style(self, motion: NDArray[np.float32]) -> NDArray[np.float32]:
        """(F, D) normalised motion, as the style encoder reads it, to (style_dim,).

        Raises:
            ValueError: there is no style encoder, or there are more frames than it takes.
        """
        ...

    def sampler(self, options: LoadOptions) -> ClipSampler:
        """What samples with it.

        Raises:
            SettingsError: there is no such device.
        """
        ...
