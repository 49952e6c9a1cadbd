"""The speed of the default model is told from the reports of one performance."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elocute.bench.guidance_sweep import direction
from elocute.bench.long_line import long_line
from elocute.bench.speed import STAGES, Watch
from scripts.bench import bench_default
from scripts.bench.data import SOUNDS


def test_the_line_has_the_length_asked_for_and_words_for_most_of_it():
    samples, text = long_line(SOUNDS, 12.0)
    assert len(samples) == 12 * 16000
    assert 12 < len(text.split()) < 60
    assert len(long_line(SOUNDS, 30.0)[1].split()) > len(text.split())


def test_one_case_names_every_stage(capsys):
    bench_default.main(["--model", "rules", "--case", "2", "transcript"])
    told = json.loads(capsys.readouterr().out)
    parts = sum(told[stage] for stage in STAGES)
    assert told["total"] == pytest.approx(parts, abs=0.05)
    assert 0 < told["first_window"] <= told["total"]
    assert told["megabytes"] > 10


def test_the_first_window_is_there_when_the_second_begins():
    watch = Watch()
    for stage, fraction, message in (
        ("decode", 0.0, ""), ("model", 0.0, "Loading the model"), ("mel", 0.0, ""), ("pitch", 0.0, ""),
        ("phones", 0.0, ""), ("audio", 0.0, ""), ("motion", 0.0, "window 1 of 2, step 1 of 8"),
    ):  # fmt: skip
        watch(stage, fraction, message)
    assert "first" not in watch.marks
    watch("motion", 0.5, "window 2 of 2, step 1 of 8")
    first = watch.marks["first"]
    watch("motion", 1.0, "")
    assert watch.marks["first"] == first < watch.marks["sampled"]
    assert watch.seconds()["sampling"] >= 0


def test_directions_are_judged_towards_the_style_clip():
    scales = (0.0, 1.0, 2.0)
    assert direction([3, 2, 1], scales, -1.0) == (pytest.approx(1.0), True)
    assert direction([1, 3, 2], scales, 1.0) == (pytest.approx(0.5), False)
    assert direction(list(np.ones(3)), scales, 1.0) == (0.0, False)
