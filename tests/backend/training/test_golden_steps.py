"""Recorded training steps of the official program; skipped unless ``ELOCUTE_GOLDEN`` names their folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from elocute.dataset.crops import cut_style_views, cut_two_windows
from elocute.dataset.statistics import CoefficientStats
from elocute.dataset.store import RecordingStore, read_split
from elocute.models.diffposetalk.convert import convert_official
from elocute.models.diffposetalk.folder import load_folder
from elocute.training.core.contrastive import nt_xent
from elocute.training.diffposetalk.draws import StepDraws
from elocute.training.diffposetalk.losses import LossWeights
from elocute.training.diffposetalk.objective import Batch, DenoiserObjective, ObjectiveOptions
from elocute.training.diffposetalk.speech_encoder import freeze_speech_encoder

GOLDEN = Path(os.environ.get("ELOCUTE_GOLDEN", "not given")) / "diffposetalk"

pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="no recorded runs of the official program here")

VARIANTS = {
    "plain": ObjectiveOptions(),
    "context": ObjectiveOptions(audio_context="clip"),
    "l1_noconstrain": ObjectiveOptions(
        LossWeights(vertex=200.0, velocity=1000.0, smooth=100.0), "l1", constrain_previous=False
    ),
}


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    out = tmp_path_factory.mktemp("golden") / "model"
    source = GOLDEN / "a_head_hubert_incremental"
    convert_official(
        source / "checkpoint.pt",
        source / "coef_stats.npz",
        str(source / "audio_encoder_config.json"),
        GOLDEN / "d_style_encoder_head" / "checkpoint.pt",
        out,
    )
    return out


def test_contrastive_loss():
    given = np.load(GOLDEN / "g_train_steps" / "input.npz")
    expected = np.load(GOLDEN / "g_train_steps" / "output.npz")
    views = [torch.from_numpy(given[name]) for name in ("ntxent_a", "ntxent_b")]
    for temperature in (0.1, 0.5):
        loss = nt_xent(*views, temperature).item()
        assert loss == pytest.approx(expected[f"ntxent_T{temperature}"][1], rel=1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_three_steps(variant, converted):
    case = json.loads((GOLDEN / "g_train_steps" / "case.json").read_text())
    given = np.load(GOLDEN / "g_train_steps" / "input.npz")
    expected = np.load(GOLDEN / "g_train_steps" / "output.npz")
    objective = recorded_objective(converted, given, VARIANTS[variant])
    network = objective.model
    parameters = dict(network.named_parameters())
    optimizer = torch.optim.Adam([p for p in parameters.values() if p.requires_grad], lr=1e-4)
    names = case[f"{variant}_grad_names"]
    for step in range(3):
        optimizer.zero_grad()
        batch, draws = recorded_step(given, step)
        losses = objective.window_losses(batch, draws)
        total = sum(loss.total(objective.options.weights) for loss in losses)
        total.backward()
        for window in range(2):
            found = torch.stack(list(losses[window].by_name().values())).detach().numpy()
            wanted = expected[f"{variant}_losses"][step, window]
            np.testing.assert_allclose(found, wanted[~np.isnan(wanted)], rtol=1e-4)
        assert total.item() == pytest.approx(expected[f"{variant}_total"][step], rel=1e-4)
        assert sorted(n for n, p in parameters.items() if p.grad is not None) == names
        norms = [parameters[name].grad.norm().item() for name in names]
        np.testing.assert_allclose(norms, expected[f"{variant}_grad_norm"][step], rtol=1e-3)
        optimizer.step()
    prefix = f"{variant}_param/"
    for key in (key for key in expected.files if key.startswith(prefix)):
        found = parameters[key.removeprefix(prefix)].detach().numpy()
        np.testing.assert_allclose(found, expected[key], atol=3e-6)


def recorded_objective(folder, given, options):
    model = load_folder(folder)
    model.network.requires_grad_(True)
    freeze_speech_encoder(model.network.audio_encoder, "hubert")
    rows, columns = (torch.from_numpy(given[f"flame_stub_{k}"].astype(np.float32)) for k in "WB")

    def vertices(shape, expression, jaw):
        count, frames = expression.shape[:2]
        head = torch.zeros(count, frames, 3)
        numbers = torch.cat([shape[:, None].expand(-1, frames, -1), expression, head, jaw], dim=-1)
        return ((numbers @ rows) @ columns).view(count, frames, 5023, 3)

    objective = DenoiserObjective(
        model.network, model.schedule, model.stats, model.style_encoder, vertices, options
    )
    return objective.eval()  # the recorded steps were made without dropout


def recorded_step(given, step):
    def read(name):
        return torch.from_numpy(given[name][step].astype(np.float32))

    motion = torch.cat([read("coef_exp"), read("coef_pose")[..., :4]], dim=-1)
    batch = Batch(read("audio").view(2, 2, -1), motion.view(2, 2, 100, 54), read("coef_shape")[:, 0])
    coins = given["np_rand"][step]
    truncated = (bool(coins[0] < 0.3), bool(coins[1] < 0.4))
    ends = torch.from_numpy(given["end_idx"][step]).clone()
    ends[[not cut for cut in truncated]] = 100
    chances = read("cfg_rand")[..., None].expand(-1, -1, 2)
    steps = torch.from_numpy(given["t"][step])
    return batch, StepDraws(ends, truncated, chances, steps, read("eps"))


def test_dataset_samples():
    folder = GOLDEN / "i_lmdb"
    expected = np.load(folder / "output.npz")
    stats = CoefficientStats.load(folder / "stats_train.npz")
    store = RecordingStore(folder)
    names = read_split(folder, "train")
    frames = json.loads((folder / "case.json").read_text())["frames"]
    assert {name: store.frames(name) for name in store.names()} == frames
    for place in ("begin", "end"):
        for index, name in enumerate(names):
            start = 0 if place == "begin" else store.frames(name) - 200
            sample = cut_two_windows(store, name, start, stats, window=100, pose_columns=(0, 1, 2, 3))
            for window in range(2):
                prefix = f"{place}_{index}"
                np.testing.assert_allclose(
                    sample.audio[window, ::97], expected[f"{prefix}_audio{window}_sel"], atol=2e-6
                )
                np.testing.assert_allclose(
                    sample.motion[window], expected[f"{prefix}_motion{window}"], atol=1e-6
                )
            np.testing.assert_allclose(sample.shape, expected[f"{prefix}_shape0_f0"], atol=1e-6)
        start = 0 if place == "begin" else store.frames(names[2]) - 210
        for without_head, columns in enumerate(((0, 1, 2, 3), (3,))):
            views = cut_style_views(store, names[2], start, stats, window=100, pose_columns=columns)
            prefix = f"{place}_se_nohead{without_head}"
            np.testing.assert_allclose(views.first, expected[f"{prefix}_a"], atol=1e-6)
            np.testing.assert_allclose(views.second, expected[f"{prefix}_b"], atol=1e-6)
