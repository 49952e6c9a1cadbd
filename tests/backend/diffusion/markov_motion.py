"""Motion whose best denoiser is known: a stationary Gaussian Markov process of unit variance.

Frames i and j correlate by RHO^|i-j|. The mean of x_0 given x_t and the frames before is linear in them, so
what a perfectly trained network would predict can be written down.
"""

import torch

from elocute.diffusion.noise import SeededNoise
from elocute.diffusion.sampler import make_sampler
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.windows import ClipSampling

RHO = 0.9
SCHEDULE = NoiseSchedule.make("cosine", 100)


class Process:
    """Mean and covariance of L frames, alone, after a frame, or from a first frame on."""

    def __init__(self, length, given=None, *, first=False):
        """``given`` (K, 1, 1) is the frame before the window, or with ``first`` its first frame."""
        place = torch.arange(length, dtype=torch.float64) + (0 if first else 1)
        gap = (place[:, None] - place[None]).abs()
        self.covariance = RHO**gap
        self.mean = torch.zeros(1, length, 1, dtype=torch.float64)
        if given is not None:
            self.covariance = self.covariance - RHO ** (place[:, None] + place[None])
            self.mean = RHO ** place[None, :, None] * given.double()

    def predict(self, x, t):
        """E[x_0 | x_t], (N, L, 1)."""
        kept = SCHEDULE.alpha_bar(t)
        noisy = kept * self.covariance + (1 - kept) * torch.eye(len(self.covariance), dtype=torch.float64)
        gain = kept**0.5 * torch.linalg.solve(noisy, self.covariance)
        return (self.mean + gain.T @ (x.double() - kept**0.5 * self.mean)).float()


def noise_of(takes, seed=0):
    """One generator for all takes: quick, and nothing here looks at single takes."""
    return OneGenerator((torch.Generator().manual_seed(seed),), takes)


class OneGenerator(SeededNoise):
    def __init__(self, generators, takes):
        super().__init__(generators)
        object.__setattr__(self, "takes", takes)

    def _draw(self, shape):
        return torch.randn(self.takes, *shape, generator=self.generators[0])

    def held(self, window, index, shape):
        return torch.randn(tuple(shape), generator=torch.Generator().manual_seed(1000 * window + index))


def start_of(layout, takes, noise):
    return noise.start(layout.count * layout.length, 1).expand(takes, -1, -1)


def sampling_of(noise, kind="ddpm", steps=None, **more):
    return ClipSampling(make_sampler(kind, SCHEDULE, steps), noise, lambda *_: None, **more)


def correlation(a, b):
    """Of two (K,) samples, not centred: the mean is 0."""
    return float((a * b).mean() / (a.square().mean() * b.square().mean()).sqrt())


def check_process(clip, layout, tolerance=0.05):
    """Variance 1 in every frame, neighbours correlate by RHO at the seams as elsewhere."""
    variance = clip.square().mean(0)[:, 0]
    assert (variance - 1).abs().max() < 2 * tolerance
    assert abs(float(variance.mean()) - 1) < tolerance
    for window in layout.windows[1:]:
        seam = window.first + window.fresh
        for frame in (seam - 1, seam, seam + 1):
            assert abs(correlation(clip[:, frame - 1, 0], clip[:, frame, 0]) - RHO) < tolerance / 2


def seam_ratio(clip, frames):
    """Root mean square speed into the given frames, over that elsewhere."""
    speed = clip.diff(dim=1).square().mean((0, 2))
    into = torch.tensor([frame - 1 for frame in frames])
    elsewhere = torch.ones(len(speed), dtype=torch.bool)
    elsewhere[into] = False
    return float((speed[into].mean() / speed[elsewhere].mean()).sqrt())
