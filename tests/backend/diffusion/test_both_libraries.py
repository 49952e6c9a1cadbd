"""Sampling's formulas give the same numbers for NumPy arrays as for tensors."""

import numpy as np
import pytest
import torch

from elocute.arrays import as_numpy, repeated
from elocute.diffusion.constraints import Known, nothing_held
from elocute.diffusion.guidance import Guidance, Guided, dynamic_threshold
from elocute.diffusion.kinds import SAMPLER_KINDS
from elocute.diffusion.noise import RecordedNoise, SeededArrays, SeededNoise
from elocute.diffusion.sampler import StochasticDdim, make_sampler
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.stretches import Stretches, alone, sample_in_stretches
from elocute.diffusion.windows import (
    ClipSampling,
    WindowLayout,
    WindowModel,
    sample_in_sequence,
    sample_recursively,
    sample_together,
)
from elocute.errors import InputError, SettingsError

STEPS = 20
TORCH = NoiseSchedule.make("cosine", STEPS)
NUMPY = NoiseSchedule(TORCH.betas.numpy())
TAKES, FRAMES, WIDTH = 2, 90, 17


def as_torch(value):
    return torch.from_numpy(value.copy()) if isinstance(value, np.ndarray) else value


def close(ours, theirs):
    assert isinstance(ours, np.ndarray)
    assert isinstance(theirs, torch.Tensor)
    assert ours.dtype == np.float32
    assert ours.shape == tuple(theirs.shape)
    return np.allclose(ours, theirs.numpy(), atol=2e-5)


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 3])
@pytest.mark.parametrize("shape", [(3, 5), (4, 4), (7, 47), (100, 47), (1, 1), (5, 3)])
def test_a_seed_means_the_same_noise(seed, shape):
    ours, theirs = SeededArrays.from_seed(seed, 2), SeededNoise.from_seed(seed, 2)
    assert close(ours.start(*shape), theirs.start(*shape))
    for window, index in ((0, 0), (0, 1), (3, 2)):
        assert close(ours.step(window, index, (2, *shape)), theirs.step(window, index, (2, *shape)))
        assert close(ours.keyed(window, index, (2, *shape)), theirs.keyed(window, index, (2, *shape)))
        assert close(ours.held(window, index, (2, *shape)), theirs.held(window, index, (2, *shape)))


def test_schedules():
    assert np.allclose(NUMPY.exact_alpha_bars, TORCH.exact_alpha_bars.numpy(), rtol=1e-14)
    assert NUMPY.alpha_bars.dtype == np.float32
    flat = [np.full(5, 1e-30), np.full(2000, 0.99), np.zeros(3), np.ones(3), np.zeros(0)]
    for betas in (*flat, np.full((2, 2), 0.1)):
        for kind in (betas.astype(np.float32), torch.from_numpy(betas.astype(np.float32))):
            with pytest.raises(InputError, match="not between 0 and 1"):
                NoiseSchedule(kind)


def test_rows_are_repeated_one_after_the_other():
    for kind in (np.asarray, as_torch):
        assert as_numpy(repeated(kind(np.array([[1.0], [2.0]])), 2))[:, 0].tolist() == [1, 1, 2, 2]


def held_parts():
    random = np.random.default_rng(3)
    held = np.zeros((FRAMES, WIDTH), bool)
    held[20:24, 3], held[50:70, 5], held[0], held[-1, 2] = True, True, True, True
    return held, random.standard_normal((FRAMES, WIDTH)).astype(np.float32)


def known(kind):
    held, values = held_parts()
    return Known.with_soft_edges(kind(held), kind(values), 6)


def predict(x, t):
    """A model that looks about: it pulls towards its neighbours."""
    shape = np.sin(np.arange(x.shape[1] * WIDTH).reshape(x.shape[1], WIDTH)).astype(np.float32)
    own = as_torch(shape) if isinstance(x, torch.Tensor) else shape
    return 0.7 * x + 0.01 * t * own


def sampling(kind, sampler, constrained):
    schedule, noise = (NUMPY, SeededArrays) if kind is np.asarray else (TORCH, SeededNoise)
    made = (
        StochasticDdim(schedule, (20, 11, 4), clamp=1.5)
        if sampler == "any eta"
        else make_sampler(sampler, schedule, 6)
    )
    held = known(kind) if constrained else None
    return ClipSampling(made, noise.from_seed(5, TAKES), lambda *_: None, known=held)


@pytest.mark.parametrize("constrained", [False, True])
@pytest.mark.parametrize("sampler", [*SAMPLER_KINDS, "any eta"])
@pytest.mark.parametrize("plan", ["stretches", "sequence", "recursively", "blend", "hand_over"])
def test_every_plan_with_every_sampler(plan, sampler, constrained):
    results = []
    for kind in (np.asarray, as_torch):
        own = sampling(kind, sampler, constrained)
        overlap = {"stretches": 0, "sequence": 0}.get(plan, 10)
        layout = WindowLayout(FRAMES, 40, overlap)
        frames = FRAMES if plan == "stretches" else layout.count * layout.length
        start = own.noise.start(frames, WIDTH)

        def model(window, given):
            return WindowModel(predict, None if given is None else 0.1 * given[:, :1])

        if plan == "stretches":
            layers = alone(lambda a, b: predict)
            made = sample_in_stretches(Stretches(FRAMES, 25, 30, 12, 5), layers, start, own)
        elif plan == "sequence":
            made = sample_in_sequence(layout, model, start, own, context=4)
        elif plan == "recursively":
            made = sample_recursively(layout, model, start, own)
        else:
            made = sample_together(layout, predict, start, own, plan)
        results.append(made)
    assert close(*results)
    if constrained:
        held, values = held_parts()
        assert np.array_equal(results[0][1][held], values[held])  # bit for bit


@pytest.mark.parametrize("mode", ["incremental", "independent"])
@pytest.mark.parametrize("scales", [(1.0, 1.0), (1.3, 2.0), (1.0, 0.0), (0.0, 3.0)])
@pytest.mark.parametrize("threshold", [0.0, 0.9])
def test_guidance(mode, scales, threshold):
    guidance = Guidance(mode, dict(zip(("audio", "style"), scales, strict=True)))
    x = 3 * np.random.default_rng(1).standard_normal((TAKES, 9, WIDTH)).astype(np.float32)

    def denoise(x, t, branches):
        rows = [(0.5 + len(branch) + ("style" in branch)) * x for branch in branches]
        return np.concatenate(rows) if isinstance(x, np.ndarray) else torch.cat(rows)

    made = [
        Guided(denoise, guidance, (3, 1), lambda y: dynamic_threshold(y, threshold), place)(kind(x), 3)
        for kind in (np.asarray, as_torch)
        for place in ("branches", "result")
    ]
    assert close(made[0], made[2])
    assert close(made[1], made[3])


def test_impossible_constraints_are_refused_alike():
    for kind in (np.asarray, as_torch):
        values = kind(np.zeros((4, 2), np.float32))
        for mask, message in (
            (np.ones((3, 2)), "does not fit"),
            (np.full((4, 2), 1.5), "between 0 and 1"),
            (np.full((4, 2), 0.5), "soft edge needs"),
        ):
            with pytest.raises(SettingsError, match=message):
                Known(kind(mask.astype(np.float32)), values)
        with pytest.raises(SettingsError, match="finite"):
            Known(kind(np.ones((4, 2), np.float32)), kind(np.full((4, 2), np.nan, np.float32)))


def test_frames_that_are_given_are_held():
    for kind in (np.asarray, as_torch):
        free, given = (kind(np.ones((1, frames, 2), np.float32)) for frames in (8, 3))
        window = nothing_held(free).begun(given, 2)
        assert as_numpy(window.mask)[0, :, 0] == pytest.approx([1, 1, 1, 64 / 81, 17 / 81, 0, 0, 0], abs=1e-6)
        assert as_numpy(window.source)[0, :, 1].tolist() == [0, 0, 0, 2, 2, 0, 0, 0]


def test_recorded_noise_serves_both():
    noise = RecordedNoise(np.zeros((1, 4, 3), np.float32), np.ones((1, 5, 1, 4, 3), np.float32))
    for start, schedule in ((np.ones((1, 4, 3), np.float32), NUMPY), (torch.ones(1, 4, 3), TORCH)):
        sampler = make_sampler("ddpm", schedule, timesteps=(3, 2, 1))
        clip = sample_in_stretches(
            Stretches(4, 4, 4, 0, 0), alone(lambda a, b: lambda x, t: x),
            start, ClipSampling(sampler, SeededArrays.from_seed(0, 1), lambda *_: None),
        )  # fmt: skip
        assert type(clip) is type(start)
    assert noise.held(0, 1, (1, 4, 3)).shape == (1, 4, 3)
