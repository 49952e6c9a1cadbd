"""Samplers: one step from x_t towards x_0, on top of diffusers' DPM-Solver.

One solver covers the three kinds, because each is a member of its family (Lu et al. 2022,
DPM-Solver++, sections 4 and 5): the first-order stochastic solver is ancestral DDPM sampling with the
posterior variance, the first-order deterministic one is DDIM, the second-order multistep one is
DPM-Solver++(2M). The tests compare each with its closed form.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from torch import Tensor

from elocute.diffusion.kinds import SAMPLER_KINDS, SamplerKind, Target
from elocute.diffusion.schedule import NoiseSchedule
from elocute.errors import SettingsError

LOG_SNR_SHARE: Final = 0.7
"""Weight of log-SNR against time in the spacing of few steps."""


class Sampler:
    """Walks x_t down ``timesteps``. Knows no model; call :meth:`restart` before each walk.

    Args:
        kind: ``ddpm`` (random, official), ``ddim`` or ``dpmpp`` (both deterministic).
        schedule: noise schedule of the model, T steps.
        steps: how many of the T steps are taken, or None for all; see :func:`choose_timesteps`.
        target: what the model predicts, x_0 (``sample``) or the ``noise``.

    Raises:
        SettingsError: unknown kind, or steps outside 1..T.
    """

    def __init__(
        self, kind: SamplerKind, schedule: NoiseSchedule, steps: int | None = None, target: Target = "sample"
    ) -> None:
        if kind not in SAMPLER_KINDS:
            raise SettingsError(
                f"There is no sampler {kind!r}.", f"Choose one of {', '.join(SAMPLER_KINDS)}."
            )
        total = schedule.steps
        steps = total if steps is None else steps
        if not 1 <= steps <= total:
            raise SettingsError(f"Sampling takes 1 to {total} steps with this model, not {steps}.")
        self.kind: Final = kind
        self.timesteps: Final = choose_timesteps(schedule, steps)
        self._solver: Any = DPMSolverMultistepScheduler(
            num_train_timesteps=total,
            trained_betas=schedule.betas.tolist(),
            prediction_type="epsilon" if target == "noise" else "sample",
            algorithm_type="sde-dpmsolver++" if kind == "ddpm" else "dpmsolver++",
            solver_order=2 if kind == "dpmpp" else 1,
            final_sigmas_type="zero",
        )
        # In float32, 1 - alpha_bar of the last steps would keep only three digits.
        self._solver.alphas_cumprod = schedule.exact_alpha_bars

    @property
    def random(self) -> bool:
        """True if the steps need fresh noise."""
        return self.kind == "ddpm"

    def restart(self) -> None:
        """Forget the predictions of the last walk."""
        self._solver.set_timesteps(timesteps=[t - 1 for t in self.timesteps])
        self._solver.set_begin_index(0)

    def step(self, prediction: Tensor, t: int, x: Tensor, noise: Tensor | None) -> Tensor:
        """Return x at the next lower timestep.

        Args:
            prediction: what the model predicted, shaped like ``x``.
            t: the timestep of ``x``, taken in the order of ``timesteps``.
            x: current sample, any shape.
            noise: standard normal noise shaped like ``x`` for ``ddpm`` (unused in the last step), else None.
        """
        if self.random and noise is None:
            noise = x.new_zeros(x.shape)
        (previous,) = self._solver.step(prediction, t - 1, x, variance_noise=noise, return_dict=False)
        result: Tensor = previous
        return result


def choose_timesteps(schedule: NoiseSchedule, steps: int) -> tuple[int, ...]:
    """``steps`` of the timesteps T..1, falling, from T down to 1.

    They are evenly spaced in a mean of time and log signal-to-noise ratio. Time alone leaves the last
    steps too coarse, log-SNR alone the middle ones, where motion takes shape; this mean came closest to
    500 steps on trained weights (docs/diffposetalk.md).
    """
    total = schedule.steps
    if steps == total:
        return tuple(range(total, 0, -1))
    alpha_bars = schedule.exact_alpha_bars
    log_snr = 0.5 * (alpha_bars.log() - torch.log1p(-alpha_bars))
    # Cosine schedules end in one huge step, which must not use up the whole scale.
    depth = (log_snr[0] - log_snr) / (log_snr[0] - log_snr[-2])
    time = torch.linspace(0, 1, total, dtype=torch.float64)
    coordinate = LOG_SNR_SHARE * depth.clamp(max=1.0) + (1 - LOG_SNR_SHARE) * time
    chosen = [total]
    for index in range(1, steps):
        wanted = 1 - index / (steps - 1)
        nearest = int((coordinate - wanted).abs().argmin()) + 1
        # Every step must differ from the one before and leave room for those that follow.
        chosen.append(max(min(nearest, chosen[-1] - 1), steps - index))
    return tuple(chosen)
