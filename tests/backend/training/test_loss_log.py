"""Losses of a run are kept as a table, and for TensorBoard where that is installed."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from elocute.training.core.run_folder import LossLog, read_losses


@pytest.fixture
def without_tensorboard(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tensorboard" else find(name)
    )
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)


def test_without_tensorboard_a_run_keeps_its_table(without_tensorboard, tmp_path):
    with LossLog(tmp_path, 0) as log:
        log.add(1, "train", 0.1, {"total": 2.0})
    with LossLog(tmp_path, 1) as log:
        log.add(2, "train", 0.1, {"total": 1.0})
    assert [row["total"] for row in read_losses(tmp_path)] == ["2.0", "1.0"]
    assert not (tmp_path / "log").exists()


def test_with_tensorboard_it_is_told_too(tmp_path):
    with LossLog(tmp_path, 0) as log:
        log.add(1, "train", 0.1, {"total": 2.0})
    assert list((tmp_path / "log").iterdir())
