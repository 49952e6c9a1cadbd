"""The denoising loop of one window."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler

Predict = Callable[[Tensor, int], Tensor]
"""(x_t, t) -> prediction shaped like x_t, guidance already applied."""

Observe = Callable[[int, Tensor, Tensor, Tensor], None]
"""Called with (t, x_t, prediction, x at the next step)."""


def sample_window(
    predict: Predict,
    sampler: Sampler,
    x: Tensor,
    noise: NoiseSource,
    window: int,
    on_step: Callable[[int, int], None],
    observe: Observe | None = None,
) -> Tensor:
    """Denoise ``x`` from step T to a clean window.

    Args:
        predict: the guided model.
        sampler: decides the steps; restarted here.
        x: (K, L, D) float32 x_T.
        noise: source of the noise of random samplers; not asked in the last step.
        window: index of this window, for the noise source.
        on_step: called before each step with (steps done, steps in all); raises to stop.
        observe: sees every step, for tests and plots.

    Returns:
        (K, L, D) clean window.
    """
    sampler.restart()
    total = sampler.timesteps[0]
    for done, t in enumerate(sampler.timesteps):
        on_step(done, len(sampler.timesteps))
        fresh = None
        if sampler.random and done + 1 < len(sampler.timesteps):
            fresh = noise.step(window, total - t, x.shape).to(x.device)
        prediction = predict(x, t)
        following = sampler.step(prediction, t, x, fresh)
        if observe is not None:
            observe(t, x, prediction, following)
        x = following
    return x
