"""How quickly AToM samples a window, and what fewer steps change.

The plain loop does what the published program does: both branches of guidance one after the other, with all
their encoders, at every step. Seconds are those of the processor's work in this process, so that other
programs hardly matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from elocute.diffusion.noise import SeededNoise
from elocute.errors import SettingsError
from elocute.models.atom.config import AUDIO_RATE, WIDTH, AtomConfig
from elocute.models.atom.network import Atom
from elocute.models.atom.sampling import AtomSampler, SamplingSettings, make_sampler
from elocute.models.family import Precision

SEEDS: Final = (1, 2)
"""Other seeds, whose distance from the first is what chance does."""
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
    network: Atom, config: AtomConfig, features: Tensor, steps: Sequence[int], precisions: Sequence[Precision]
) -> list[Sampled]:
    """The plain loop, the same by our sampler, with another seed, fewer steps, and in other arithmetic.

    Args:
        network: in evaluation mode.
        config: its configuration.
        features: (2T, A) of a window's sound.
        steps: numbers of steps, the published one first.
        precisions: arithmetic to try beside float32, with the first number of steps.
    """
    frames = config.network.frames
    first = torch.zeros(WIDTH)

    def ours(count: int, seed: int, precision: Precision = "float32") -> Tensor:
        sampler = AtomSampler(network, config, precision)
        noise = SeededNoise.from_seed(seed, 1)
        settings = SamplingSettings(count, config.guidance, like=steps[0])
        return sampler.sample(features, first, frames, settings, noise, lambda done, total: None)[0]

    # Once for what is slow the first time.
    ours(1, 0)
    found = [
        timed(f"plain loop, {steps[0]} steps", lambda: plain(network, config, features, first, steps[0]))
    ]
    found.append(timed(f"{steps[0]} steps", lambda: ours(steps[0], 0)))
    for seed in SEEDS:
        found.append(timed(f"{steps[0]} steps, seed {seed}", lambda seed=seed: ours(steps[0], seed)))  # type: ignore[misc]
    for count in steps[1:]:
        found.append(timed(f"{count} steps", lambda count=count: ours(count, 0)))  # type: ignore[misc]
    for precision in precisions:
        work = lambda precision=precision: ours(steps[0], 0, precision)  # noqa: E731
        found.append(timed(f"{steps[0]} steps, {precision}", work))
    return found


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


def compiled(network: Atom) -> Atom:
    """The network with a compiled denoising step, which is what is called at every step.

    Raises:
        SettingsError: it does not lie on a GPU: on a processor compiling takes longer than a film of lines.
    """
    if network.null_audio.device.type != "cuda":
        raise SettingsError("torch.compile is measured on a GPU only.", "Add --device cuda, or leave it out.")
    network.denoise = torch.compile(network.denoise)  # type: ignore[method-assign]
    return network


def timed(name: str, work: Callable[[], Tensor]) -> Sampled:
    """Do it and look at the clocks."""
    began, clock = time.process_time(), time.perf_counter()
    movement = work()
    return Sampled(name, movement, time.process_time() - began, time.perf_counter() - clock)


def mouth_distance(one: Tensor, other: Tensor) -> float:
    """Mean distance of the mouth's landmarks in millimetres."""
    points = [side.reshape(len(side), -1, _POINT)[:, _LIPS] for side in (one, other)]
    return float(10 * (points[0] - points[1]).norm(dim=-1).mean())
