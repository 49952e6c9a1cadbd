"""How quickly AToM samples a window, and how far fewer steps are from all of them.

The plain loop does what the published program does: both branches of guidance one after the other, with all
their encoders, at every step. Seconds are those of the processor's work in this process, so that other
programs hardly matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

import torch
from torch import Tensor

from elocute.checkpoint.arithmetic import Arithmetic
from elocute.diffusion.noise import SeededNoise
from elocute.models.atom.config import AUDIO_RATE, WIDTH, AtomConfig, AtomSamplerKind
from elocute.models.atom.network import Atom
from elocute.models.atom.sampling import AtomSampler, SamplingSettings, make_sampler

SEEDS: Final = (0, 1, 2)
"""How far their results are from each other is what chance does."""
_POINT: int = 3
_LIPS = slice(48, 68)


@dataclass(frozen=True)
class Sampled:
    """A window and what it cost.

    Attributes:
        name: how it was sampled.
        movement: (T, 204) centimetres.
        seconds: of the processor.
        wall: seconds on the clock.
    """

    name: str
    movement: Tensor
    seconds: float
    wall: float


def measured(
    network: Atom, config: AtomConfig, features: Tensor, steps: Sequence[int], others: Sequence[Arithmetic]
) -> list[Sampled]:
    """The plain loop, the same by our sampler, fewer steps, and other arithmetic.

    Args:
        network: in evaluation mode.
        config: its configuration.
        features: (2T, A) of a window's sound.
        steps: numbers of steps, the published one first.
        others: arithmetic to try beside float32, with the first number of steps.
    """
    usual = Arithmetic()
    rows = [(f"{count} steps", count, usual) for count in steps]
    rows += [(f"{steps[0]} steps, {_called(one)}", steps[0], one) for one in others]
    name = f"plain loop, {steps[0]} steps"
    found = [timed(name, lambda: plain(network, config, features, torch.zeros(WIDTH), steps[0]))]
    for name, count, arithmetic in rows:
        make = _Maker(network, config, features, steps[0], arithmetic)
        make(1)  # once for what is slow the first time
        found.append(timed(name, lambda make=make, count=count: make(count)))  # type: ignore[misc]
    return found


@dataclass(frozen=True)
class Distances:
    """Means over lines and seeds, in millimetres of the mouth's landmarks.

    Attributes:
        seeds: of two seeds, all steps as published.
        seeds_without_randomness: of two seeds, all steps without randomness: only their x_T differ.
        randomness: of all steps as published from all steps without randomness, from the same x_T.
        fewer: number of steps -> from all steps without randomness, from the same x_T.
    """

    seeds: float
    seeds_without_randomness: float
    randomness: float
    fewer: dict[int, float]


def distances(network: Atom, config: AtomConfig, lines: Sequence[Tensor], steps: Sequence[int]) -> Distances:
    """What fewer steps change, against what chance changes.

    Args:
        network: in evaluation mode.
        config: its configuration.
        lines: (2T, A) of a window's sound each.
        steps: numbers of steps, that of all of them first.
    """
    between, between_still, randomness = [], [], []
    fewer: dict[int, list[float]] = {count: [] for count in steps[1:]}
    for features in lines:
        make = _Maker(network, config, features, steps[0])
        usual, still = ([make(steps[0], seed, kind) for seed in SEEDS] for kind in ("ddpm", "ddim"))
        for number, seed in enumerate(SEEDS):
            between.append(mouth_distance(usual[number], usual[number - 1]))
            between_still.append(mouth_distance(still[number], still[number - 1]))
            randomness.append(mouth_distance(usual[number], still[number]))
            for count, found in fewer.items():
                found.append(mouth_distance(make(count, seed), still[number]))
    return Distances(
        fmean(between),
        fmean(between_still),
        fmean(randomness),
        {count: fmean(found) for count, found in fewer.items()},
    )


@dataclass(frozen=True)
class _Maker:
    """Samples a window of a line."""

    network: Atom
    config: AtomConfig
    features: Tensor
    like: int
    arithmetic: Arithmetic = field(default_factory=Arithmetic)
    sampler: AtomSampler = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sampler", AtomSampler(self.network, self.config, self.arithmetic))

    def __call__(self, steps: int, seed: int = SEEDS[0], kind: AtomSamplerKind = "auto") -> Tensor:
        """(T, 204) centimetres."""
        settings = SamplingSettings(steps, self.config.guidance, like=self.like, sampler=kind)
        noise, frames = SeededNoise.from_seed(seed, 1), self.config.network.frames
        first = torch.zeros(WIDTH)
        return self.sampler.sample(self.features, first, frames, settings, noise, lambda *_: None)[0]


def _called(arithmetic: Arithmetic) -> str:
    return f"{arithmetic.precision}{', compiled' if arithmetic.compiled else ''}"


@torch.inference_mode()
def plain(network: Atom, config: AtomConfig, features: Tensor, first: Tensor, steps: int) -> Tensor:
    """A window, without anything kept between steps; the noise is that of our sampler with seed 0."""
    frames = config.network.frames
    sampler = make_sampler(config, steps)
    noise = SeededNoise.from_seed(0, 1)
    device = network.null_audio.device
    x = noise.start(frames, WIDTH).to(device)
    audio, face = features[None, : AUDIO_RATE * frames].to(device), first[None].to(device)
    drop = torch.zeros(1, dtype=torch.bool, device=device)
    for number, t in enumerate(sampler.timesteps):
        index = torch.tensor([t - 1], device=device)
        with_all = network(x, index, audio, face)
        without = network(x, index, audio, face, drop)
        guided = without + config.guidance * (with_all - without)
        last = number + 1 == len(sampler.timesteps)
        x = sampler.step(guided, t, x, None if last else noise.step(0, number, x.shape).to(device))
    return x[0].cpu()


def timed(name: str, work: Callable[[], Tensor]) -> Sampled:
    """Do it and look at the clocks."""
    began, clock = time.process_time(), time.perf_counter()
    movement = work()
    return Sampled(name, movement, time.process_time() - began, time.perf_counter() - clock)


def mouth_distance(one: Tensor, other: Tensor) -> float:
    """Mean distance of the mouth's landmarks in millimetres."""
    points = [side.reshape(len(side), -1, _POINT)[:, _LIPS] for side in (one, other)]
    return float(10 * (points[0] - points[1]).norm(dim=-1).mean())
