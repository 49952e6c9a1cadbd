"""Means of expressions over lines and seeds."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.bench.preset_faces import main, over_seeds


def test_frames_count_alike_and_the_spread_is_that_of_the_seeds():
    short, long = np.full((10, 1), 1.0), np.full((30, 1), 0.2)
    mean, spread = over_seeds([[short, short + 0.2], [long, long + 0.2]])
    assert mean == pytest.approx([0.5])
    assert spread == pytest.approx([0.1])


def test_an_unknown_expression_is_a_sentence(capsys):
    assert main(["--styles", "calm", "--expressions", "mouthSmile"]) == 2
    assert "There is no expression mouthSmile." in capsys.readouterr().err
