"""Sync scores by hand, and a made-up SyncNet checkpoint through the loading code."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elocute.errors import InputError
from elocute.evaluation.of_images.lip_sync import (
    CEPSTRA,
    FEATURES,
    SIDE,
    SyncNet,
    load_syncnet,
    scores_of,
    sync_scores,
)


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
