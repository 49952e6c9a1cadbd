"""The denoising loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from elocute.arrays import Array, like
from elocute.diffusion.constraints import HeldWindow
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler
from elocute.diffusion.schedule import NoiseSchedule

Predict = Callable[[Array, int], Array]
"""(x_t, t) -> prediction shaped like x_t, guidance already applied."""

Observe = Callable[[int, Array, Array, Array], None]
"""Called with (t, x_t, prediction, x at the next step)."""

Draw = Callable[[int], Array]
"""T - t -> fresh noise shaped like x, for timestep t."""

Adjust = Callable[[Array], Array]
"""x_u after a step -> x_u to go on with."""


@dataclass(frozen=True)
class Holding:
    """Held numbers of a batch.

    Attributes:
        held: those of the batch (N, L, D).
        draw: T - t -> fresh noise shaped like the batch, for the numbers as they are at t.
    """

    held: HeldWindow
    draw: Draw

    def impose(self, x: Array, x_0: Array, t: int, schedule: NoiseSchedule) -> Array:
        """Put them into x_t, which the prediction ``x_0`` led to."""
        noise = like(self.draw(schedule.steps - t), x) if t else None
        return self.held.impose(x, x_0, schedule.alpha_bar(t), noise)


def denoise(
    predict: Predict,
    sampler: Sampler,
    x: Array,
    draw: Draw,
    on_step: Callable[[int, int], None],
    observe: Observe | None = None,
    holding: Holding | None = None,
    adjust: Adjust | None = None,
) -> Array:
    """Walk ``x`` down the sampler's timesteps.

    Args:
        predict: the guided model.
        sampler: decides the steps; restarted here.
        x: (N, L, D) float32 x_T.
        draw: noise of random samplers; not asked in the last step.
        on_step: called before each step with (steps done, steps in all); raises to stop.
        observe: sees every step, for tests and plots.
        holding: numbers that are held.
        adjust: changes x after every step but the last.

    Returns:
        (N, L, D) clean batch.
    """
    sampler.restart()
    steps = sampler.timesteps
    for done, (t, following) in enumerate(zip(steps, (*steps[1:], 0), strict=True)):
        on_step(done, len(steps))
        fresh = like(draw(steps[0] - t), x) if sampler.random and following else None
        prediction = predict(x, t)
        after = sampler.step(prediction, t, x, fresh)
        if holding is not None:
            after = holding.impose(after, sampler.clean(prediction, t, x), following, sampler.schedule)
        if adjust is not None and following:
            after = adjust(after)
        if observe is not None:
            observe(t, x, prediction, after)
        x = after
    return x


def sample_window(
    predict: Predict,
    sampler: Sampler,
    x: Array,
    noise: NoiseSource,
    window: int,
    on_step: Callable[[int, int], None],
    observe: Observe | None = None,
    held: HeldWindow | None = None,
) -> Array:
    """Denoise one window of every take.

    Args:
        predict: the guided model.
        sampler: decides the steps.
        x: (K, L, D) float32 x_T.
        noise: source of fresh noise.
        window: index of this window, for the noise source.
        on_step: see :func:`denoise`.
        observe: see :func:`denoise`.
        held: numbers of this window that are held.

    Returns:
        (K, L, D) clean window.
    """
    holding = None
    if held is not None:
        holding = Holding(held, lambda index: noise.held(window, index, x.shape))
    return denoise(
        predict, sampler, x, lambda index: noise.step(window, index, x.shape), on_step, observe, holding
    )
