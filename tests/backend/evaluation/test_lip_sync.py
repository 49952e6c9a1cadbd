"""Sync scores by hand, and a made-up SyncNet checkpoint through the loading code."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
import torch

from elocute.cli.main import main
from elocute.cli.measure_film import face_crops
from elocute.errors import InputError
from elocute.evaluation.against_sound.cepstra import mel_cepstra
from elocute.evaluation.of_images.lip_sync import (
    CEPSTRA,
    FEATURES,
    SIDE,
    SyncNet,
    load_syncnet,
    scores_of,
    sync_scores,
)
from elocute.renderers.film_file import write_film
from elocute.renderers.film_reader import Film


def test_scores_by_hand():
    """Features that only say where they are: the distance is 10 where nothing agrees, 0 where all does."""
    frames = 40
    seen = np.eye(frames, dtype=np.float32) * 10
    late = np.zeros_like(seen)
    late[3:] = seen[:-3]
    scores = scores_of(seen, late)
    # At +3 all but the last three frames agree; those have zeros beside them, 10 away.
    assert scores.offset == 3
    assert scores.distance == pytest.approx(3 * 10 / frames, abs=1e-3)
    others = []
    for shift in range(-15, 16):
        rows = range(frames)
        distances = [
            10.0
            if not 0 <= k + shift < frames or not late[k + shift].any()
            else (0.0 if shift == 3 else 10 * 2**0.5)
            for k in rows
        ]
        others.append(np.mean(distances))
    assert scores.confidence == pytest.approx(np.median(others) - min(others), abs=1e-3)
    assert scores_of(seen, seen).offset == 0
    random = np.random.default_rng(0).normal(size=(2, 60, 8)).astype(np.float32)
    assert scores_of(*random).confidence < 0.5


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    torch.manual_seed(0)
    state = SyncNet().state_dict()
    path = tmp_path_factory.mktemp("syncnet") / "syncnet.model"
    torch.save({k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}, path)
    return path, state


def test_a_checkpoint_is_loaded_and_scores_a_film(checkpoint):
    path, state = checkpoint
    network = load_syncnet(path)
    assert torch.equal(network.netfclip[3].weight, state["netfclip.3.weight"])
    assert not network.training
    assert network.hear(torch.zeros(2, 1, CEPSTRA, 20)).shape == (2, FEATURES)
    random = np.random.default_rng(1)
    crops = random.integers(0, 255, (8, SIDE, SIDE, 3)).astype(np.uint8)
    scores = sync_scores(network, crops, random.normal(size=(CEPSTRA, 40)).astype(np.float32))
    assert np.isfinite([scores.distance, scores.confidence]).all()
    with pytest.raises(ValueError, match="shorter"):
        sync_scores(network, crops[:5], np.zeros((CEPSTRA, 40), np.float32))
    with pytest.raises(ValueError, match="shape"):
        sync_scores(network, crops[:, :100], np.zeros((CEPSTRA, 40), np.float32))


@pytest.mark.parametrize(("crops", "frames_of_sound"), [(30, 30), (30, 40), (40, 30), (6, 6)])
def test_all_windows_count_but_the_last_five_frames(crops, frames_of_sound):
    """As in the published program: min(frames, floor(samples / 640)) - 5 windows."""
    starts = []

    class Network:
        def see(self, windows):
            starts.extend(int(window[0, 0, 0, 0]) for window in windows)
            assert windows.shape[1:] == (3, 5, SIDE, SIDE)
            return torch.zeros(len(windows), FEATURES)

        def hear(self, windows):
            assert windows.shape[1:] == (1, CEPSTRA, 20)
            return torch.zeros(len(windows), FEATURES)

    images = np.zeros((crops, SIDE, SIDE, 3), np.uint8)
    images[:] = np.arange(crops)[:, None, None, None]
    sound = np.random.default_rng(0).normal(0, 0.1, 640 * frames_of_sound)
    sync_scores(Network(), images, mel_cepstra(sound))
    assert starts == list(range(min(crops, frames_of_sound) - 5))


@pytest.mark.parametrize("kind", ["missing", "shape", "extra", "list", "text"])
def test_checkpoints_that_are_none(checkpoint, tmp_path, kind):
    own = dict(checkpoint[1])
    if kind == "missing":
        own.pop("netfcaud.0.weight")
    elif kind == "shape":
        own["netfcaud.0.weight"] = torch.zeros(3, 3)
    elif kind == "extra":
        own["more"] = torch.zeros(1)
    target = tmp_path / "bad.model"
    if kind == "text":
        target.write_text("no checkpoint")
    else:
        torch.save([1, 2] if kind == "list" else own, target)
    with pytest.raises(InputError, match=r"bad\.model"):
        load_syncnet(target)


def test_a_film_is_measured_from_the_command_line(checkpoint, tmp_path, capsys):
    """With chance weights: the numbers say nothing, but they come, and so does the film with a late sound."""
    random = np.random.default_rng(2)
    film, sound = tmp_path / "film.mp4", tmp_path / "sound.wav"
    images = random.integers(0, 255, (25, 48, 64, 3)).astype(np.uint8)
    write_film(film, [images], (48, 64), 25.0, None)
    soundfile.write(sound, random.normal(0, 0.1, 16_000), 16_000)
    command = ["measure", "film", str(film), "--syncnet", str(checkpoint[0])]
    assert main([*command, "--sound", str(sound), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["frames"] == 25
    assert set(told["scores"]) == {"film", "sound half a film late"}
    assert all(np.isfinite(row["distance"]) for row in told["scores"].values())
    soundfile.write(sound, random.normal(0, 0.1, 48_000), 16_000)
    assert main([*command, "--sound", str(sound)]) == 0
    assert "The sound is 3.0 s long, the film 1.0 s" in "".join(capsys.readouterr())
    write_film(film, [images[:4]], (48, 64), 25.0, None)
    assert main([*command, "--sound", str(sound)]) != 0
    assert "cannot be measured" in capsys.readouterr().err


def test_crops_are_middle_squares_at_25_frames():
    images = np.zeros((12, 40, 60, 3), np.uint8)
    images[:, :, 10:50] = np.arange(12, dtype=np.uint8)[:, None, None, None] * 20
    crops = face_crops(Film(images, 12.5))
    assert crops.shape == (24, SIDE, SIDE, 3)
    assert [int(crop.min()) for crop in crops] == [int(crop.max()) for crop in crops]
    assert [int(crop[0, 0, 0]) for crop in crops[::2]] == [20 * n for n in range(12)]
