"""Samplers: one step from x_t towards x_0.

The three kinds that a user can choose are diffusers' DPM-Solver, because each is a member of its family
(Lu et al. 2022, DPM-Solver++, sections 4 and 5): the first-order stochastic solver is ancestral DDPM sampling
with the posterior variance, the first-order deterministic one is DDIM, the second-order multistep one is
DPM-Solver++(2M). With fewer steps than T the first two are DDIM with eta = 1 and eta = 0.
:class:`StochasticDdim` is our own, because diffusers' DDIM takes only timesteps of even stride. The tests
compare each with its closed form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol

from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from torch import Tensor

from elocute.diffusion.kinds import SAMPLER_KINDS, SamplerKind, Target
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.timesteps import check_timesteps, choose_timesteps
from elocute.errors import SettingsError


class Sampler(Protocol):
    """Walks x_t down ``timesteps``. Knows no model; call :meth:`restart` before each walk."""

    @property
    def schedule(self) -> NoiseSchedule:
        """The noise schedule of the model, T steps."""
        ...

    @property
    def timesteps(self) -> tuple[int, ...]:
        """The timesteps it takes, falling, T..1; after the last one x is clean."""
        ...

    @property
    def random(self) -> bool:
        """True if every step but the last needs fresh noise."""
        ...

    def restart(self) -> None:
        """Forget the predictions of the last walk."""
        ...

    def step(self, prediction: Tensor, t: int, x: Tensor, noise: Tensor | None) -> Tensor:
        """Return x at the next lower timestep.

        Args:
            prediction: what the model predicted, shaped like ``x``.
            t: the timestep of ``x``, taken in the order of ``timesteps``.
            x: current sample, any shape.
            noise: standard normal noise shaped like ``x`` for random samplers (None in the last step,
                which adds none), else None.
        """
        ...

    def clean(self, prediction: Tensor, t: int, x: Tensor) -> Tensor:
        """x_0 as ``prediction`` has it."""
        ...


class DpmSolver:
    """Common part of the samplers on top of diffusers' solver.

    Args:
        schedule: noise schedule of the model.
        timesteps: falling timesteps T..1.
        target: what the model predicts.

    Raises:
        SettingsError: timesteps that cannot be taken.
    """

    random: bool = False
    _algorithm: ClassVar[str] = "dpmsolver++"
    _order: ClassVar[int] = 1

    def __init__(self, schedule: NoiseSchedule, timesteps: Sequence[int], target: Target = "sample") -> None:
        self.schedule: NoiseSchedule = schedule
        self.timesteps: tuple[int, ...] = check_timesteps(timesteps, schedule.steps)
        self._target: Final = target
        self._solver: Any = DPMSolverMultistepScheduler(
            num_train_timesteps=schedule.steps,
            trained_betas=schedule.betas.tolist(),
            prediction_type="epsilon" if target == "noise" else "sample",
            algorithm_type=self._algorithm,
            solver_order=self._order,
            final_sigmas_type="zero",
        )
        # In float32, 1 - alpha_bar of the last steps would keep only three digits.
        self._solver.alphas_cumprod = schedule.exact_alpha_bars

    def restart(self) -> None:
        self._solver.set_timesteps(timesteps=[t - 1 for t in self.timesteps])
        self._solver.set_begin_index(0)

    def step(self, prediction: Tensor, t: int, x: Tensor, noise: Tensor | None) -> Tensor:
        if self.random and noise is None:
            noise = x.new_zeros(x.shape)
        (previous,) = self._solver.step(prediction, t - 1, x, variance_noise=noise, return_dict=False)
        result: Tensor = previous
        return result

    def clean(self, prediction: Tensor, t: int, x: Tensor) -> Tensor:
        return clean_sample(self._target, prediction, x, self.schedule.alpha_bar(t))


class Ddpm(DpmSolver):
    """Ancestral sampling (Ho et al. 2020) with the posterior variance; random."""

    random = True
    _algorithm = "sde-dpmsolver++"


class Ddim(DpmSolver):
    """Deterministic DDIM (Song et al. 2021, eta = 0)."""


class DpmPlusPlus(DpmSolver):
    """DPM-Solver++(2M), deterministic (Lu et al. 2022, algorithm 2)."""

    _order = 2


SAMPLERS: Final[Mapping[SamplerKind, type[DpmSolver]]] = MappingProxyType(
    {"ddpm": Ddpm, "ddim": Ddim, "dpmpp": DpmPlusPlus}
)


def make_sampler(
    kind: SamplerKind,
    schedule: NoiseSchedule,
    steps: int | None = None,
    target: Target = "sample",
    *,
    timesteps: Sequence[int] | None = None,
) -> Sampler:
    """Make a sampler by its name.

    Args:
        kind: ``ddpm``, ``ddim`` or ``dpmpp``.
        schedule: noise schedule of the model, T steps.
        steps: how many of the T steps are taken, or None for all; see
            :func:`~elocute.diffusion.timesteps.choose_timesteps`.
        target: what the model predicts.
        timesteps: the timesteps themselves, falling, T..1; then ``steps`` must be None.

    Raises:
        SettingsError: unknown kind, steps or timesteps outside 1..T.
    """
    if kind not in SAMPLERS:
        raise SettingsError(f"There is no sampler {kind!r}.", f"Choose one of {', '.join(SAMPLER_KINDS)}.")
    if timesteps is None:
        timesteps = choose_timesteps(schedule, schedule.steps if steps is None else steps)
    elif steps is not None:
        raise ValueError("give steps or timesteps, not both")
    return SAMPLERS[kind](schedule, timesteps, target)


class StochasticDdim:
    """DDIM with any share ``eta`` of randomness and limits on x_0 (Song et al. 2021, equations 12 and 16).

    From t to u < t with a = alpha_bar_t and b = alpha_bar_u: sigma^2 = eta^2 (1 - a/b) (1 - b) / (1 - a) and
    x_u = sqrt(b) x_0 + sqrt(1 - b - sigma^2) e + sigma z. In the last step b is 1, which leaves x_0.

    Args:
        schedule: noise schedule of the model.
        timesteps: falling timesteps T..1.
        target: what the model predicts.
        eta: 0 deterministic .. 1 as random as ancestral sampling.
        clamp: largest absolute value of x_0; None for no limit.
        recompute_noise: e is taken from x_t and the limited x_0. False takes it as predicted before the
            limit, as some programs do whose networks predict noise.

    Raises:
        SettingsError: timesteps that cannot be taken, ``eta`` outside 0..1, a limit that is not positive.
    """

    def __init__(
        self,
        schedule: NoiseSchedule,
        timesteps: Sequence[int],
        target: Target = "sample",
        *,
        eta: float = 1.0,
        clamp: float | None = None,
        recompute_noise: bool = True,
    ) -> None:
        if not 0 <= eta <= 1:
            raise SettingsError(f"eta must be between 0 and 1, not {eta:g}.")
        if clamp is not None and not clamp > 0:
            raise SettingsError(f"The limit of x_0 must be a positive number, not {clamp:g}.")
        self.schedule: NoiseSchedule = schedule
        self.timesteps: tuple[int, ...] = check_timesteps(timesteps, schedule.steps)
        self.random: bool = eta > 0
        self._next: Final = dict(zip(self.timesteps, (*self.timesteps[1:], 0), strict=True))
        self._target: Final = target
        self._eta: Final = eta
        self._clamp: Final = clamp
        self._recompute: Final = recompute_noise

    def restart(self) -> None:
        """Nothing to forget: a step depends on x_t and the prediction only."""

    def step(self, prediction: Tensor, t: int, x: Tensor, noise: Tensor | None) -> Tensor:
        x_0 = self.clean(prediction, t, x)
        a, b = self.schedule.alpha_bar(t), self.schedule.alpha_bar(self._next[t])
        limited = x_0 if self._recompute else clean_sample(self._target, prediction, x, a)
        direction = (x - math.sqrt(a) * limited) / math.sqrt(1 - a)
        sigma = self._eta * math.sqrt((1 - a / b) * (1 - b) / (1 - a))
        following = math.sqrt(b) * x_0 + math.sqrt(1 - b - sigma**2) * direction
        return following if noise is None else following + sigma * noise

    def clean(self, prediction: Tensor, t: int, x: Tensor) -> Tensor:
        x_0 = clean_sample(self._target, prediction, x, self.schedule.alpha_bar(t))
        return x_0 if self._clamp is None else x_0.clamp(-self._clamp, self._clamp)


def clean_sample(target: Target, prediction: Tensor, x: Tensor, alpha_bar: float) -> Tensor:
    """x_0 of a prediction for ``x`` = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) noise."""
    if target == "sample":
        return prediction
    return (x - math.sqrt(1 - alpha_bar) * prediction) / math.sqrt(alpha_bar)
