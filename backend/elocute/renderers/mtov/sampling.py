"""Sampling films of any length, chunk by chunk.

As published, chunks of T frames follow each other and know nothing of each other, so that the film flickers
where they meet. Here neighbouring chunks may overlap: all chunks start from the same noise, which settles
what the planes of the whole chunk look like; the latent rows of the frames that were made already are held
while the next chunk is sampled; and the images of both are blended over the shared frames.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from elocute.checkpoint.arithmetic import Arithmetic
from elocute.checkpoint.computing import computing, prepared
from elocute.diffusion.sampler import StochasticDdim
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.timesteps import even_timesteps
from elocute.errors import SettingsError
from elocute.renderers.mtov.autoencoder import TriplaneAutoencoder
from elocute.renderers.mtov.conditions import UInt8Array, as_clip, as_images
from elocute.renderers.mtov.config import MtovConfig
from elocute.renderers.mtov.folder import LoadedRenderer
from elocute.renderers.mtov.planes import Planes, identity_condition, unflattened

OVERLAP: Final = 4
"""Frames that neighbouring chunks of published size share unless the user says otherwise."""
CLAMP: Final = 1.0
"""Latents end in tanh."""
FIXED_SEED: Final = 1004
"""Of the published program's option ``fix_noise``."""


@dataclass(frozen=True)
class FilmSettings:
    """How a film is sampled.

    Attributes:
        steps: denoising steps that stand for the whole diffusion.
        noised_start: share of the diffusion that the face image is noised for, and of ``steps`` that is
            taken; 0 starts from noise alone and takes them all.
        overlap: frames that neighbouring chunks share; 0 for the published program's.
        seed: of the noise.
        fix_noise: the published option: before each chunk's face is noised the random numbers begin anew from
            :data:`FIXED_SEED`, whatever ``seed`` is.
        use_last_as_reference: the published option: from the second chunk on, the face that the network is
            told of is the last frame of the chunk before, held (its plane xy); the noised start remains the
            image.

    Raises:
        SettingsError: a value is out of range, or noise is to be fixed that is not drawn.
    """

    steps: int = 100
    noised_start: float = 0.25
    overlap: int = OVERLAP
    seed: int = 0
    fix_noise: bool = False
    use_last_as_reference: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1 or not 0 <= self.noised_start < 1 or self.overlap < 0:
            raise SettingsError(
                "Steps must be 1 or more, the noised start 0 to below 1, the overlap 0 or more."
            )
        if self.noised_start and not int(self.steps * self.noised_start):
            raise SettingsError(
                f"Of {self.steps} steps, a noised start of {self.noised_start:g} takes none.",
                "Take more steps, or start from noise alone with 0.",
            )
        if self.fix_noise and not self.noised_start:
            raise SettingsError(
                "The noise that is fixed is the one that the image is noised with, and this start is noise "
                "alone.",
                "Leave the fixed noise out, or give a noised start above 0.",
            )


def schedule_of(config: MtovConfig) -> NoiseSchedule:
    """Variances whose square roots are even between the first and the last one."""
    roots = torch.linspace(config.first_beta**0.5, config.last_beta**0.5, config.steps, dtype=torch.float64)
    return NoiseSchedule((roots**2).float())


def make_sampler(config: MtovConfig, settings: FilmSettings) -> StochasticDdim:
    """Stochastic DDIM with the published list of timesteps; of a noised start its last ones.

    The noise is taken as predicted although x_0 is clamped, as published.

    Raises:
        SettingsError: more steps than the diffusion has.
    """
    steps = even_timesteps(config.steps, settings.steps)
    if settings.noised_start:
        steps = steps[-int(settings.steps * settings.noised_start) :]
    return StochasticDdim(schedule_of(config), steps, "noise", eta=1.0, clamp=CLAMP, recompute_noise=False)


def usual_overlap(config: MtovConfig) -> int:
    """Frames that neighbouring chunks share unless the user says otherwise: at most a quarter of a chunk."""
    return min(OVERLAP, config.autoencoder.frames // 4)


def check_settings(config: MtovConfig, settings: FilmSettings) -> None:
    """Refuse settings that a renderer cannot follow, before its weights are read.

    Raises:
        SettingsError: more steps than the diffusion has, or chunks that would not move on.
    """
    make_sampler(config, settings)
    chunk_starts(1, config.autoencoder.frames, settings.overlap)


def chunk_starts(frames: int, length: int, overlap: int) -> tuple[int, ...]:
    """First frames of the chunks of a film; the last chunk may reach beyond its end.

    Raises:
        SettingsError: the chunks would not move on.
    """
    if overlap > length // 2:
        raise SettingsError(f"Chunks of {length} frames can share at most {length // 2}, not {overlap}.")
    hop = length - overlap
    count = 1 + max(math.ceil((frames - length) / hop), 0)
    return tuple(hop * index for index in range(count))


class FilmRenderer:
    """Makes films of a face.

    Args:
        renderer: the networks.
        device: where they compute.
        arithmetic: of their layers; what lies between the steps is always in float32.
    """

    def __init__(
        self,
        renderer: LoadedRenderer,
        device: torch.device | None = None,
        arithmetic: Arithmetic | None = None,
    ) -> None:
        self._config: Final = renderer.config
        self._device: Final = device or torch.device("cpu")
        self._film: Final = renderer.film.to(self._device)
        self._landmarks: Final = renderer.landmarks.to(self._device)
        self._unet: Final = renderer.unet.to(self._device)
        self._arithmetic: Final = arithmetic or Arithmetic()
        self._predict: Final = prepared(self._arithmetic, self._unet)

    @property
    def config(self) -> MtovConfig:
        """The renderer's configuration."""
        return self._config

    def film(
        self,
        face: UInt8Array,
        dots: Callable[[int, int], UInt8Array],
        poses: Callable[[int, int], UInt8Array],
        frames: int,
        settings: FilmSettings,
        on_step: Callable[[int, int], None] = lambda done, total: None,
    ) -> Iterator[UInt8Array]:
        """Frames (n, S, S, 3) of the film, some at a time; memory does not grow with its length.

        Args:
            face: (S, S, 3) image of the face.
            dots: drawn landmarks (b - a, S, S, 3) of frames a..b; frames behind the end repeat the last one.
            poses: pose frames, likewise.
            frames: length of the film.
            settings: how it is sampled.
            on_step: called with denoising steps done and their total; may raise to stop.

        Raises:
            SettingsError: settings that this renderer cannot follow.
        """
        length = self._config.autoencoder.frames
        starts = chunk_starts(frames, length, settings.overlap)
        sampler = make_sampler(self._config, settings)
        total, done = len(starts) * len(sampler.timesteps), 0
        identity = self._encoded(self._film, as_clip(np.repeat(face[None], length, axis=0)))
        face_row = identity_condition(identity, self._config.autoencoder)
        generator = torch.Generator().manual_seed(settings.seed)
        latent: Tensor | None = None
        waiting: UInt8Array | None = None
        for start in starts:
            if settings.fix_noise:
                generator.manual_seed(FIXED_SEED)
            elif settings.overlap:
                generator.manual_seed(settings.seed)
            condition = torch.cat(
                [
                    self._encoded(self._landmarks, as_clip(dots(start, start + length))),
                    self._encoded(self._film, as_clip(poses(start, start + length))),
                ],
                dim=1,
            )
            chunk = _Chunk(sampler, self._config, generator, latent if settings.overlap else None, settings)
            x = chunk.start(identity)
            for t in sampler.timesteps:
                with self._computing():
                    times = torch.full((1,), t - 1, device=self._device)
                    predicted = self._predict(x, times, condition, face_row)
                x = chunk.step(predicted.float(), t, x)
                done += 1
                on_step(done, total)
            with self._computing():
                clip = self._film.decode(x).float()
            decoded = as_images(clip).copy()
            if settings.use_last_as_reference and start != starts[-1]:
                held = self._encoded(self._film, clip[:, :, -1:].expand(-1, -1, length, -1, -1))
                face_row = identity_condition(held, self._config.autoencoder)
            if waiting is not None:
                decoded[: len(waiting)] = _blended(waiting, decoded[: len(waiting)])
            latent, ready = x, length - settings.overlap if start != starts[-1] else frames - start
            waiting = decoded[ready:]
            yield decoded[:ready]

    def _encoded(self, autoencoder: TriplaneAutoencoder, clip: Tensor) -> Tensor:
        with self._computing():
            return autoencoder.encode(clip.to(self._device)).float()

    @contextmanager
    def _computing(self) -> Iterator[None]:
        with torch.inference_mode(), computing(self._arithmetic, self._device):
            yield


@dataclass(frozen=True)
class _Chunk:
    """Denoises one chunk; ``before`` is the latent of the chunk before it, whose last frames are held."""

    sampler: StochasticDdim
    config: MtovConfig
    generator: torch.Generator
    before: Tensor | None
    settings: FilmSettings

    def start(self, identity: Tensor) -> Tensor:
        """x at the first timestep: noise, or the noised face."""
        noise = self._noise(identity)
        if not self.settings.noised_start:
            return noise
        level = int(self.config.steps * self.settings.noised_start) + 1
        return self.sampler.schedule.add_noise(identity, noise, torch.tensor([level], device=identity.device))

    def step(self, prediction: Tensor, t: int, x: Tensor) -> Tensor:
        """x at the next timestep, held frames put back at its noise level."""
        last = t == self.sampler.timesteps[-1]
        moved = self.sampler.step(prediction, t, x, None if last else self._noise(x))
        if self.before is None:
            return moved
        following = 0 if last else self.sampler.timesteps[self.sampler.timesteps.index(t) + 1]
        signal = self.sampler.schedule.alpha_bar(following)
        known = self.before if last else self.before * signal**0.5 + self._noise(x) * (1 - signal) ** 0.5
        return _with_held_frames(moved, known, self.config, self.settings.overlap)

    def _noise(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.generator).to(like.device)


def _with_held_frames(latent: Tensor, before: Tensor, config: MtovConfig, frames: int) -> Tensor:
    """The latent with the last ``frames`` frames of the one before as its first."""
    ours, theirs = (unflattened(flat, config.autoencoder) for flat in (latent, before))

    def joined(plane: Tensor, held: Tensor) -> Tensor:
        return torch.cat([held[:, :, -frames:], plane[:, :, frames:]], dim=2)

    return Planes(ours.xy, joined(ours.yt, theirs.yt), joined(ours.xt, theirs.xt)).flat()


def _blended(before: UInt8Array, after: UInt8Array) -> UInt8Array:
    """The same n frames of two chunks: from the first to the second, linearly."""
    weights = (np.arange(len(after)) + 1.0).reshape(-1, 1, 1, 1) / (len(after) + 1.0)
    mixed: UInt8Array = np.rint(before * (1 - weights) + after * weights).astype(np.uint8)
    return mixed
