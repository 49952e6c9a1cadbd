"""The denoising loop."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from elocute.diffusion.constraints import Known
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler

Predict = Callable[[Tensor, int], Tensor]
"""(x_t, t) -> prediction shaped like x_t, guidance already applied."""

Observe = Callable[[int, Tensor, Tensor, Tensor], None]
"""Called with (t, x_t, prediction, x at the next step)."""

Draw = Callable[[int], Tensor]
"""T - t -> fresh noise shaped like x, for the step from t."""

Adjust = Callable[[Tensor, Tensor, int], Tensor]
"""(x_u, the predicted x_0, u) -> x_u to go on with; u is 0 after the last step."""


def denoise(
    predict: Predict,
    sampler: Sampler,
    x: Tensor,
    draw: Draw,
    on_step: Callable[[int, int], None],
    observe: Observe | None = None,
    adjust: Adjust | None = None,
) -> Tensor:
    """Walk ``x`` down the sampler's timesteps.

    Args:
        predict: the guided model.
        sampler: decides the steps; restarted here.
        x: (N, L, D) float32 x_T.
        draw: noise of random samplers; not asked in the last step.
        on_step: called before each step with (steps done, steps in all); raises to stop.
        observe: sees every step, for tests and plots.
        adjust: changes x after every step.

    Returns:
        (N, L, D) clean batch.
    """
    sampler.restart()
    steps = sampler.timesteps
    for done, (t, following) in enumerate(zip(steps, (*steps[1:], 0), strict=True)):
        on_step(done, len(steps))
        fresh = draw(steps[0] - t).to(x.device) if sampler.random and following else None
        prediction = predict(x, t)
        after = sampler.step(prediction, t, x, fresh)
        if adjust is not None:
            after = adjust(after, sampler.clean(prediction, t, x), following)
        if observe is not None:
            observe(t, x, prediction, after)
        x = after
    return x


def sample_window(
    predict: Predict,
    sampler: Sampler,
    x: Tensor,
    noise: NoiseSource,
    window: int,
    on_step: Callable[[int, int], None],
    observe: Observe | None = None,
    known: Known | None = None,
) -> Tensor:
    """Denoise one window of every take.

    Args:
        predict: the guided model.
        sampler: decides the steps.
        x: (K, L, D) float32 x_T.
        noise: source of fresh noise.
        window: index of this window, for the noise source.
        on_step: see :func:`denoise`.
        observe: see :func:`denoise`.
        known: numbers of this window that are held.

    Returns:
        (K, L, D) clean window.
    """
    adjust = None
    if known is not None:
        adjust = hold(known.to(x), sampler, lambda index: noise.held(window, index, x.shape))
    return denoise(
        predict,
        sampler,
        x,
        lambda index: noise.step(window, index, x.shape),
        on_step,
        observe,
        adjust,
    )


def hold(known: Known, sampler: Sampler, draw: Draw) -> Adjust:
    """What puts held numbers back after every step, with fresh noise from ``draw``."""
    first = sampler.timesteps[0]

    def adjust(x: Tensor, x_0: Tensor, t: int) -> Tensor:
        fresh = draw(first - t).to(x) if t else x
        return known.impose(x, x_0, sampler.schedule.alpha_bar(t), fresh)

    return adjust
