"""Samplers: one step from x_t towards x_0.

The three kinds that a user can choose are members of one family of solvers (Lu et al. 2022, DPM-Solver++,
sections 4 and 5): the first-order stochastic solver is ancestral DDPM sampling with the posterior variance,
the first-order deterministic one is DDIM, the second-order multistep one is DPM-Solver++(2M). With fewer
steps than T the first two are DDIM with eta = 1 and eta = 0. :class:`StochasticDdim` takes any eta between.
The tests compare each with its closed form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from elocute.arrays import Array, Same, library
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

    def step(self, prediction: Array, t: int, x: Array, noise: Array | None) -> Array:
        """Return x at the next lower timestep.

        Args:
            prediction: what the model predicted, shaped like ``x``.
            t: the timestep of ``x``, taken in the order of ``timesteps``.
            x: current sample, any shape.
            noise: standard normal noise shaped like ``x`` for random samplers (None in the last step,
                which adds none), else None.
        """
        ...

    def clean(self, prediction: Array, t: int, x: Array) -> Array:
        """x_0 as ``prediction`` has it."""
        ...


@dataclass(frozen=True)
class _Level:
    """A noise level: x = ``signal`` x_0 + ``spread`` noise, ``log_snr`` = log(signal / spread)."""

    signal: float
    spread: float
    log_snr: float

    @classmethod
    def of(cls, alpha_bar: float) -> _Level:
        """The level where so much of the signal's variance is left."""
        signal, spread = math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)
        return cls(signal, spread, math.inf if spread == 0 else math.log(signal / spread))


class DpmSolver:
    """Common part of the samplers, in the formulas for predictions of x_0.

    From noise level s to t, with h the growth of the log signal-to-noise ratio and e = exp(-h):
    x_t = (spread_t / spread_s) x_s + signal_t (1 - e) D, where D is the prediction or, in the second order,
    extrapolated from the last two; at random x_t = e (spread_t / spread_s) x_s + signal_t (1 - e^2) D
    + spread_t sqrt(1 - e^2) noise. In the last step e is 0 and signal_t 1, which leaves D: it is of the first
    order, so x_0 as predicted.

    Args:
        schedule: noise schedule of the model.
        timesteps: falling timesteps T..1.
        target: what the model predicts.

    Raises:
        SettingsError: timesteps that cannot be taken.
    """

    random: bool = False
    _second_order: bool = False

    def __init__(self, schedule: NoiseSchedule, timesteps: Sequence[int], target: Target = "sample") -> None:
        self.schedule: NoiseSchedule = schedule
        self.timesteps: tuple[int, ...] = check_timesteps(timesteps, schedule.steps)
        self._target: Final = target
        self._level: Final = {t: _Level.of(schedule.alpha_bar(t)) for t in (*self.timesteps, 0)}
        self._next: Final = dict(zip(self.timesteps, (*self.timesteps[1:], 0), strict=True))
        self._before: tuple[_Level, Array] | None = None

    def restart(self) -> None:
        self._before = None

    def step(self, prediction: Array, t: int, x: Same, noise: Array | None) -> Same:
        here, there = self._level[t], self._level[self._next[t]]
        x_0 = self.clean(prediction, t, x)
        direction = x_0
        if self._second_order:
            direction = self._extrapolated(x_0, here, there)
            self._before = here, x_0
        kept = math.exp(here.log_snr - there.log_snr)
        shrunk = there.spread / here.spread
        if self.random:
            after: Same = kept * shrunk * x + there.signal * (1 - kept**2) * direction
            if noise is not None:
                after = after + there.spread * math.sqrt(1 - kept**2) * noise
            return after
        after = shrunk * x + there.signal * (1 - kept) * direction
        return after

    def clean(self, prediction: Array, t: int, x: Array) -> Array:
        return clean_sample(self._target, prediction, x, self.schedule.alpha_bar(t))

    def _extrapolated(self, x_0: Array, here: _Level, there: _Level) -> Array:
        """The prediction half a step ahead, along the line through the last two."""
        if self._before is None or there.spread == 0:
            return x_0
        before, earlier = self._before
        ratio = (there.log_snr - here.log_snr) / (here.log_snr - before.log_snr)
        return x_0 + 0.5 * ratio * (x_0 - earlier)


class Ddpm(DpmSolver):
    """Ancestral sampling (Ho et al. 2020) with the posterior variance; random."""

    random = True


class Ddim(DpmSolver):
    """Deterministic DDIM (Song et al. 2021, eta = 0)."""


class DpmPlusPlus(DpmSolver):
    """DPM-Solver++(2M), deterministic (Lu et al. 2022, algorithm 2)."""

    _second_order = True


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

    def step(self, prediction: Array, t: int, x: Same, noise: Array | None) -> Same:
        x_0 = self.clean(prediction, t, x)
        a, b = self.schedule.alpha_bar(t), self.schedule.alpha_bar(self._next[t])
        limited = x_0 if self._recompute else clean_sample(self._target, prediction, x, a)
        direction = (x - math.sqrt(a) * limited) / math.sqrt(1 - a)
        sigma = self._eta * math.sqrt((1 - a / b) * (1 - b) / (1 - a))
        following: Same = math.sqrt(b) * x_0 + math.sqrt(1 - b - sigma**2) * direction
        if noise is not None:
            following = following + sigma * noise
        return following

    def clean(self, prediction: Array, t: int, x: Array) -> Array:
        x_0 = clean_sample(self._target, prediction, x, self.schedule.alpha_bar(t))
        return x_0 if self._clamp is None else library(x_0).clip(x_0, -self._clamp, self._clamp)


def clean_sample(target: Target, prediction: Array, x: Same, alpha_bar: float) -> Same:
    """x_0 of a prediction for ``x`` = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) noise."""
    if target == "sample":
        own: Same = prediction
        return own
    clean: Same = (x - math.sqrt(1 - alpha_bar) * prediction) / math.sqrt(alpha_bar)
    return clean
