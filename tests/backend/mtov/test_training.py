"""MToV's three trainings: their steps by their formulas, their data, and runs as a user starts them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from elocute.cli.main import main
from elocute.errors import InputError
from elocute.motion.landmark_track import LandmarkTrack
from elocute.progress import Progress
from elocute.renderers.film_file import write_film
from elocute.renderers.mtov.autoencoder import TriplaneAutoencoder
from elocute.renderers.mtov.conditions import as_clip, draw_landmarks, hide_below_nose
from elocute.renderers.mtov.config import AutoencoderConfig, MtovConfig, UnetConfig
from elocute.renderers.mtov.folder import load_folder
from elocute.renderers.mtov.planes import identity_condition, latent_width
from elocute.renderers.mtov.sampling import schedule_of
from elocute.renderers.mtov.unet import LatentUnet
from elocute.training.core.run_folder import read_losses
from elocute.training.mtov.autoencoder_folder import load_autoencoder
from elocute.training.mtov.data import Clips, FilmBatches, film_names, load_films
from elocute.training.mtov.objective import (
    AutoencoderObjective,
    Draws,
    KeptEncodings,
    UnetObjective,
    freeze_decoder,
)

SIZE, FRAMES = 32, 4
SIZES = AutoencoderConfig(SIZE, FRAMES, 8, 16, 1, 2, 8, 1, 2, 8, 16)
CONFIG = MtovConfig(SIZES, UnetConfig(32, (1, 2), 1, (0,)), steps=20, sampling_steps=4, dot_radius=1)


def clips(seed, count=2):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand((count, 3, FRAMES, SIZE, SIZE), generator=generator) * 2 - 1


@pytest.fixture
def autoencoder():
    torch.manual_seed(0)
    return TriplaneAutoencoder(SIZES)


def test_the_loss_of_an_autoencoder(autoencoder):
    true, frames = clips(1), torch.tensor([3, 1])
    with torch.no_grad():
        made = autoencoder.decode(autoencoder.encode(true))
        one = AutoencoderObjective(autoencoder, 4.0, None, whole_clip=False)(true, frames)
        whole = AutoencoderObjective(autoencoder, 4.0, None, whole_clip=True)(true, frames)
        seen = AutoencoderObjective(
            autoencoder, 4.0, (2.0, lambda a, b: (a - b).square().sum()), whole_clip=False
        )(true, frames)
    error = (made - true).abs()
    assert float(one["total"]) == pytest.approx(
        4 * float((error[0, :, 3].mean() + error[1, :, 1].mean()) / 2)
    )
    assert float(whole["total"]) == pytest.approx(4 * float(error.mean()))
    squares = (error[0, :, 3] ** 2).sum() + (error[1, :, 1] ** 2).sum()
    assert float(seen["perceptual"]) == pytest.approx(2 * float(squares))
    assert float(seen["total"]) == pytest.approx(float(seen["reconstruction"] + seen["perceptual"]))


def test_what_stays_frozen_is_the_decoder_alone(autoencoder):
    freeze_decoder(autoencoder)
    for name, weights in autoencoder.named_parameters():
        assert weights.requires_grad == (not name.startswith("decoder.")), name


def test_the_loss_of_the_denoising_network(autoencoder):
    torch.manual_seed(1)
    dots, network = TriplaneAutoencoder(SIZES), LatentUnet(CONFIG)
    for weights in network.parameters():
        torch.nn.init.normal_(weights, std=0.1)
    batch = Clips(clips(1), clips(2), clips(3), clips(4))
    noise = torch.randn((2, 4, latent_width(SIZES)), generator=torch.Generator().manual_seed(5))
    steps = torch.tensor([2, 17])
    with torch.no_grad():
        loss = UnetObjective(network, autoencoder, dots, schedule_of(CONFIG))(batch, Draws(steps, noise))
        bars = torch.cumprod(1 - schedule_of(CONFIG).betas.double(), 0)
        squares = []
        for i, t in enumerate(steps.tolist()):
            clean = autoencoder.encode(batch.images[i : i + 1])
            noisy = (bars[t].sqrt() * clean + (1 - bars[t]).sqrt() * noise[i]).float()
            told = torch.cat(
                [dots.encode(batch.dots[i : i + 1]), autoencoder.encode(batch.poses[i : i + 1])], dim=1
            )
            face = identity_condition(autoencoder.encode(batch.faces[i : i + 1]), SIZES)
            squares.append((network(noisy, torch.tensor([t]), told, face)[0] - noise[i]).square().mean())
    assert float(loss["total"]) == pytest.approx(float(torch.stack(squares).mean()), rel=1e-4)


def test_kept_encodings_are_made_once_and_are_those_of_their_clips(autoencoder):
    torch.manual_seed(1)
    objective = UnetObjective(
        LatentUnet(CONFIG), autoencoder, TriplaneAutoencoder(SIZES), schedule_of(CONFIG)
    )
    whole = Clips(*(clips(seed, 3) for seed in range(1, 5)), places=(("a", 0), ("b", 0), ("a", 4)))
    encoded: list[int] = []

    def encode(some):
        encoded.append(len(some.images))
        return objective.encode(some)

    def rows(*chosen):
        part = whole.map(lambda side: side[list(chosen)])
        return replace(part, places=tuple(whole.places[row] for row in chosen))

    kept, expected = KeptEncodings(encode), objective.encode(whole)
    for chosen in ((0, 1), (1, 0), (0, 2, 1), (2, 2)):
        found = kept.of(rows(*chosen))
        for name in ("clean", "condition", "face"):
            assert torch.allclose(getattr(found, name), getattr(expected, name)[list(chosen)], atol=1e-5), (
                name
            )
    assert encoded == [2, 1]
    noise, steps = torch.randn(expected.clean.shape), torch.tensor([2, 17, 5])
    with torch.no_grad():
        losses = [objective(given, Draws(steps, noise))["total"] for given in (whole, expected)]
    assert float(losses[0]) == pytest.approx(float(losses[1]), rel=1e-5)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Two films of a square mouth that opens, with the landmarks of a face around it."""
    folder = tmp_path_factory.mktemp("films")
    random = np.random.default_rng(0)
    for name, count in (("a", 12), ("b", 9)):
        images = np.full((count, SIZE, SIZE, 3), 120, np.uint8)
        points = random.uniform(4, 28, (1, 68, 2)).repeat(count, axis=0)
        points[:, 33] = (16, 15)
        for frame in range(count):
            opening = 2 + frame % 5
            images[frame, 20 : 20 + opening, 10:22] = 20
            points[frame, 66] = (16, 20 + opening)
        write_film(folder / f"{name}.mp4", [images], (SIZE, SIZE), 25.0, None)
        LandmarkTrack.from_picture(points, SIZE, 25.0).save(folder / f"{name}.npz")
    (folder / "train.txt").write_text("a\nb\n")
    return folder


def test_clips_of_films(films):
    (one, other) = load_films(films, film_names(films, "train"), CONFIG, Progress())
    assert (len(one.images), len(other.images)) == (12, 9)
    assert not one.poses[:, 15:].any()
    assert np.array_equal(one.poses[:, :15], one.images[:, :15])
    batches = FilmBatches([one, other], CONFIG, 2, seed=3)
    starts = set()
    for number in range(12):
        batch = batches.batch(number)
        for row in range(2):
            fitting = [
                (film, start)
                for film in (one, other)
                for start in range(len(film.images) - FRAMES + 1)
                if torch.equal(batch.images[row : row + 1], as_clip(film.images[start : start + FRAMES]))
            ]
            assert fitting
            part = [(film, slice(start, start + FRAMES)) for film, start in fitting]
            dots = [as_clip(draw_landmarks(film.points[span], SIZE, 1)) for film, span in part]
            assert any(torch.equal(batch.dots[row : row + 1], each) for each in dots)
            film, _ = part[0]
            assert torch.equal(batch.faces[row, :, 2], as_clip(film.images[:1])[0, :, 0])
            hidden = hide_below_nose(film.images[part[0][1]], film.points[part[0][1]])
            assert torch.equal(batch.poses[row : row + 1], as_clip(hidden))
            starts.add((len(film.images), part[0][1].start))
    assert len(starts) > 6
    spaced = FilmBatches([one, other], CONFIG, 2, seed=3, every=4)
    places = {place for number in range(12) for place in spaced.batch(number).places}
    assert places == {("a", 0), ("a", 4), ("a", 8), ("b", 0), ("b", 4)}
    again = FilmBatches([one, other], CONFIG, 2, seed=3).batch(5)
    assert torch.equal(again.images, batches.batch(5).images)


def test_a_film_that_its_landmarks_do_not_fit(films, tmp_path):
    for name in ("a.mp4", "b.npz"):
        (tmp_path / name.replace("b", "a")).write_bytes((films / name).read_bytes())
    with pytest.raises(InputError, match="12 frames and 9 of landmarks"):
        load_films(tmp_path, film_names(tmp_path, "train"), CONFIG, Progress())
    with pytest.raises(InputError, match="no films"):
        film_names(tmp_path / "nowhere", "train")


def run(tmp_path, stage, films, iterations, **more):
    settings = {
        "run": {"dataset": str(films), "iterations": iterations, "batch": 2, "warmup": 0, "workers": 0,
                "log_every": 1, "save_every": iterations, "learning_rate": 3e-3, "validation": "",
                "ema": 0.9 if stage == "mtov-unet" else 0.0},
        "renderer": asdict(CONFIG), "perceptual": 0.0, "whole_clip": True, "averaged_every": 2, **more,
    }  # fmt: skip
    config = tmp_path / f"{stage}.json"
    config.write_text(json.dumps(settings))
    words = ["train", stage, "--config", config, "--out", tmp_path / stage, "--device", "cpu", "--json"]
    return main([str(word) for word in words])


def test_the_three_stages_one_after_the_other(films, tmp_path, capsys):
    """Losses fall, the second stage leaves the decoder of the first, the third makes a renderer."""
    folders = []
    for stage, iterations in (("mtov-film", 60), ("mtov-landmarks", 20), ("mtov-unet", 20)):
        named = dict(zip(("film", "landmarks"), map(str, folders), strict=False))
        assert run(tmp_path, stage, films, iterations, **named) == 0
        folders.append(Path(json.loads(capsys.readouterr().out)["checkpoint"]))
        losses = [float(row["total"]) for row in read_losses(tmp_path / stage)]
        if stage != "mtov-unet":
            assert np.mean(losses[-4:]) < 0.8 * np.mean(losses[:2])
    film, dots = (load_autoencoder(folder, SIZES) for folder in folders[:2])
    for name, weights in film.state_dict().items():
        same = torch.equal(weights, dots.state_dict()[name])
        assert same or not name.startswith("decoder."), name
    assert not torch.equal(film.pixels.weight, dots.pixels.weight)
    renderer = load_folder(folders[2])
    assert renderer.config == CONFIG
    assert torch.equal(renderer.film.pixels.weight, film.pixels.weight)
    assert torch.equal(renderer.landmarks.pixels.weight, dots.pixels.weight)
    named = dict(zip(("film", "landmarks"), map(str, folders), strict=False))
    (tmp_path / "kept").mkdir()
    assert run(tmp_path / "kept", "mtov-unet", films, 20, kept_encodings=3, **named) == 0
    kept = load_folder(Path(json.loads(capsys.readouterr().out)["checkpoint"]))
    assert not torch.equal(kept.unet.end.weight, renderer.unet.end.weight)


@pytest.mark.parametrize(
    ("stage", "more", "said"),
    [
        ("mtov-landmarks", {}, "no autoencoder film"),
        ("mtov-unet", {"film": "nowhere"}, "nowhere"),
        ("mtov-film", {"reconstruction": 0.0}, "out of range"),
        ("mtov-film", {"perceptual": 1.0}, "lpips"),
        ("mtov-unet", {"kept_encodings": -1}, "kept_encodings"),
    ],
)
def test_settings_that_cannot_be_used(films, tmp_path, capsys, monkeypatch, stage, more, said):
    monkeypatch.setattr(
        "elocute.evaluation.of_images.image_similarity.missing_package",
        lambda packages: packages[0] if packages == ["lpips"] else None,
    )
    assert run(tmp_path, stage, films, 1, **more) in {2, 3}
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_an_autoencoder_of_other_sizes(films, tmp_path, capsys):
    assert run(tmp_path, "mtov-film", films, 1) == 0
    folder = json.loads(capsys.readouterr().out)["checkpoint"]
    other = AutoencoderConfig(SIZE, FRAMES, 8, 16, 2, 2, 8, 1, 2, 8, 16)
    with pytest.raises(InputError, match="other sizes"):
        load_autoencoder(Path(folder), other)
