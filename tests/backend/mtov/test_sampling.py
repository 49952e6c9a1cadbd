"""Films are sampled as published chunk by chunk, or without seams."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from elocute.checkpoint.arithmetic import Arithmetic
from elocute.errors import Cancelled, SettingsError
from elocute.renderers.mtov.conditions import as_clip, as_images
from elocute.renderers.mtov.config import MtovConfig
from elocute.renderers.mtov.planes import identity_condition, latent_width, unflattened
from elocute.renderers.mtov.sampling import (
    FilmRenderer,
    FilmSettings,
    check_settings,
    chunk_starts,
    make_sampler,
)
from tests.backend.mtov import published_mtov as published

SIZE, LENGTH = published.SIZE, published.FRAMES


def images(seed, frames):
    levels = np.random.default_rng(seed).integers(0, 256, (frames, SIZE, SIZE, 3))
    return levels.astype(np.uint8)


FACE, POSE = images(1, 1)[0], images(2, 1)[0]
DOTS = images(3, 40)


def dots(first, end):
    return DOTS[np.minimum(np.arange(first, end), len(DOTS) - 1)]


def poses(first, end):
    return np.repeat(POSE[None], end - first, axis=0)


def film(renderer, frames, settings, **more):
    return np.concatenate([*FilmRenderer(renderer).film(FACE, dots, poses, frames, settings, **more)])


def published_film(renderer, chunks, steps, ratio, seed, *, fixed=False, last=False):
    """Spec in plain steps: consecutive chunks, noised start, DDIM with eta 1, noise not recomputed.

    ``fixed`` seeds with 1004 before the face is noised, ``last`` tells chunks of the last frame made.
    """
    generator = torch.Generator().manual_seed(seed)
    roots = np.linspace(math.sqrt(0.0015), math.sqrt(0.0195), 1000)
    bars = np.cumprod(1 - roots**2)
    indices = [int(x) for x in np.linspace(-1, 999, steps + 1)][::-1]
    pairs = [*itertools.pairwise(indices)]
    config = renderer.config.autoencoder
    identity = renderer.film.encode(as_clip(np.repeat(FACE[None], LENGTH, axis=0)))
    row = identity_condition(identity, config)
    made = []
    for chunk in range(chunks):
        span = chunk * LENGTH, (chunk + 1) * LENGTH
        z = torch.cat(
            [renderer.landmarks.encode(as_clip(dots(*span))), renderer.film.encode(as_clip(poses(*span)))], 1
        )
        if fixed:
            generator.manual_seed(1004)
        x = torch.randn(identity.shape, generator=generator)
        if ratio:
            start = int(1000 * ratio)
            x = math.sqrt(bars[start]) * identity + math.sqrt(1 - bars[start]) * x
            taken = pairs[-int(steps * ratio) :]
        else:
            taken = pairs
        for t, u in taken:
            eps = renderer.unet(x, torch.tensor([t]), z, row)
            clean = ((x - math.sqrt(1 - bars[t]) * eps) / math.sqrt(bars[t])).clamp(-1, 1)
            if u < 0:
                x = clean
                break
            a, b = bars[t], bars[u]
            sigma = math.sqrt((1 - a / b) * (1 - b) / (1 - a))
            fresh = torch.randn(x.shape, generator=generator)
            x = math.sqrt(b) * clean + math.sqrt(1 - b - sigma**2) * eps + sigma * fresh
        shown = renderer.film.decode(x)
        made.append(as_images(shown))
        if last:
            again = renderer.film.encode(shown[:, :, -1:].repeat(1, 1, LENGTH, 1, 1))
            row = torch.cat([again[:, :, : config.cells**2], 0 * again[:, :, config.cells**2 :]], 2)
    return np.concatenate(made)


@pytest.mark.parametrize(("steps", "ratio"), [(12, 0.25), (5, 0.0), (100, 0.04)])
def test_as_published(renderer, steps, ratio):
    expected = published_film(renderer, 2, steps, ratio, seed=7)
    found = film(renderer, 2 * LENGTH, FilmSettings(steps, ratio, overlap=0, seed=7))
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1
    assert np.abs(found.astype(int) - published_film(renderer, 2, steps, ratio, 8)).max() > 1


@pytest.mark.parametrize(
    ("ratio", "asked", "plain"),
    [
        (0.25, {"use_last_as_reference": True}, {"last": True}),
        (0.0, {"use_last_as_reference": True}, {"last": True}),
        (0.25, {"fix_noise": True}, {"fixed": True}),
        (0.5, {"fix_noise": True, "use_last_as_reference": True}, {"fixed": True, "last": True}),
    ],
)
def test_the_published_options(renderer, ratio, asked, plain):
    found = film(renderer, 3 * LENGTH, FilmSettings(12, ratio, overlap=0, seed=7, **asked)).astype(int)
    assert np.abs(found - published_film(renderer, 3, 12, ratio, 7, **plain)).max() <= 1
    for left_out in plain:
        others = {name: value for name, value in plain.items() if name != left_out}
        assert np.abs(found - published_film(renderer, 3, 12, ratio, 7, **others)).max() > 1


def test_fixed_noise_is_that_of_every_seed_and_of_every_chunk(renderer):
    one, other = (FilmSettings(8, 0.5, overlap=0, seed=seed, fix_noise=True) for seed in (1, 2))
    assert (film(renderer, 9, one) == film(renderer, 9, other)).all()
    begun, _ = watched(renderer, one, 12)
    assert all(torch.equal(begun[0], later) for later in begun[1:])
    assert (film(renderer, 9, FilmSettings(8, 0.5, 1)) != film(renderer, 9, replace(one, overlap=1))).any()


def test_the_last_frame_is_referred_to_where_chunks_overlap_too(renderer):
    faces = []
    handle = renderer.unet.register_forward_pre_hook(lambda _module, given: faces.append(given[3].clone()))
    film(renderer, 8, FilmSettings(4, 0.25, 2, use_last_as_reference=True))
    handle.remove()
    plane = renderer.config.autoencoder.cells**2
    assert len(faces) == 3
    assert not torch.equal(faces[0], faces[1])
    assert not torch.equal(faces[1], faces[2])
    assert not any(face[:, :, plane:].any() for face in faces)


def test_bfloat16_gives_almost_the_same_film_and_is_another_arithmetic(renderer):
    settings = FilmSettings(4, 0.5, 1)
    rough = [*FilmRenderer(renderer, None, Arithmetic("bfloat16")).film(FACE, dots, poses, 6, settings)]
    exact, low = film(renderer, 6, settings).astype(int), np.concatenate(rough).astype(int)
    assert 0 < np.abs(exact - low).mean() < 2
    assert torch.get_autocast_dtype("cpu") == torch.bfloat16
    assert not torch.is_autocast_enabled("cpu")


def test_what_is_compiled_is_the_denoising_network(renderer, monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "compile", lambda function: asked.append(function) or function)
    settings = FilmSettings(4, overlap=1)
    made = FilmRenderer(renderer, None, Arithmetic(compiled=True)).film(FACE, dots, poses, 5, settings)
    assert (np.concatenate([*made]) == film(renderer, 5, settings)).all()
    assert asked == [renderer.unet]


def test_the_published_lists_of_steps():
    assert make_sampler(MtovConfig(), FilmSettings()).timesteps[:2] == (250, 240)
    assert make_sampler(MtovConfig(), FilmSettings(noised_start=0.0)).timesteps[::99] == (1000, 10)


@pytest.mark.parametrize("frames", [1, 3, 4, 5, 11])
@pytest.mark.parametrize("overlap", [0, 1, 2])
def test_a_film_has_the_frames_asked_for_whatever_the_overlap(renderer, frames, overlap):
    assert film(renderer, frames, FilmSettings(4, 0.5, overlap)).shape == (frames, SIZE, SIZE, 3)


def test_the_beginning_does_not_depend_on_the_length(renderer):
    settings = FilmSettings(4, 0.5, 1)
    assert (film(renderer, 9, settings)[:6] == film(renderer, 20, settings)[:6]).all()


def test_chunks_that_overlap_cover_the_film_and_move_on():
    for frames in range(1, 60):
        for overlap in range(9):
            starts = chunk_starts(frames, 16, overlap)
            assert starts[-1] + 16 >= frames
            assert len(starts) == 1 or starts[-1] + overlap < frames  # the last one shows something new
            assert all(b - a == 16 - overlap for a, b in itertools.pairwise(starts))


def still(first, end):
    return np.repeat(DOTS[:1], end - first, axis=0)


def test_overlapping_chunks_of_a_face_that_does_not_move_do_not_flicker(renderer):
    """With random weights and the same conditions in every chunk, only the noise tells chunks apart."""

    def jump(settings):
        made = np.concatenate([*FilmRenderer(renderer).film(FACE, still, poses, 10, settings)]).astype(float)
        changes = np.abs(np.diff(made, axis=0)).mean((1, 2, 3))
        hop = LENGTH - settings.overlap
        seams = [k for k in range(hop - 1, 9, hop)]
        others = [k for k in range(9) if k not in seams]
        return changes[seams].mean(), changes[others].mean()

    seam, elsewhere = jump(FilmSettings(8, 0.0, overlap=2))
    assert seam < 1.2 * elsewhere + 1e-9
    seam, elsewhere = jump(FilmSettings(8, 0.0, overlap=0))
    assert seam > 1.2 * elsewhere  # the published way, as the control


def test_a_film_can_be_stopped(renderer):
    def stop(done, total):
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        film(renderer, 12, FilmSettings(4, 0.5, 1), on_step=stop)


def test_steps_are_counted_over_all_chunks(renderer):
    told = []
    film(renderer, 7, FilmSettings(4, 0.5, 1), on_step=lambda done, total: told.append((done, total)))
    assert told == [(k, 4) for k in range(1, 5)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: FilmSettings(0),
        lambda: FilmSettings(noised_start=1.0),
        lambda: FilmSettings(overlap=-1),
        lambda: FilmSettings(3, 0.25),
        lambda: FilmSettings(noised_start=0.0, fix_noise=True),
        lambda: check_settings(MtovConfig(), FilmSettings(1001)),
        lambda: check_settings(MtovConfig(), FilmSettings(overlap=9)),
    ],
)
def test_impossible_settings(make):
    with pytest.raises(SettingsError):
        make()


def test_the_latent_row_is_as_wide_as_three_planes():
    assert latent_width(MtovConfig().autoencoder) == 2048


def watched(renderer, settings, frames):
    """What the denoising network saw first in each chunk, and the latents that were decoded."""
    begun, ended = [], []
    steps = len(make_sampler(renderer.config, settings).timesteps)
    calls = itertools.count()

    def look(_module, arguments):
        if next(calls) % steps == 0:
            begun.append(arguments[0].clone())

    handle = renderer.unet.register_forward_pre_hook(look)
    decode = renderer.film.decode

    def keep(latents):
        ended.append(latents.clone())
        return decode(latents)

    renderer.film.decode = keep
    try:
        film(renderer, frames, settings)
    finally:
        handle.remove()
        del renderer.film.decode
    return begun, ended


def test_overlapping_chunks_begin_alike_and_hold_the_frames_they_share(renderer):
    begun, ended = watched(renderer, FilmSettings(6, 0.0, overlap=2), 8)
    assert len(begun) == 3
    assert all(torch.equal(begun[0], other) for other in begun[1:])
    for before, after in itertools.pairwise(ended):
        ours, theirs = (unflattened(latent, renderer.config.autoencoder) for latent in (after, before))
        assert torch.equal(ours.yt[:, :, :2], theirs.yt[:, :, -2:])
        assert torch.equal(ours.xt[:, :, :2], theirs.xt[:, :, -2:])
        assert not torch.equal(ours.yt[:, :, 2:], theirs.yt[:, :, :2])


def test_published_chunks_share_nothing(renderer):
    begun, ended = watched(renderer, FilmSettings(6, 0.0, overlap=0), 8)
    assert not torch.equal(begun[0], begun[1])
    ours, theirs = (unflattened(latent, renderer.config.autoencoder) for latent in (ended[1], ended[0]))
    assert not torch.equal(ours.yt[:, :, :2], theirs.yt[:, :, -2:])
