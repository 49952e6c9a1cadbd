from __future__ import annotations

import numpy as np
import pytest

from elocute.bench.tables import Column, markdown_table
from elocute.evaluation.of_motion.separability import effect_size, nearest_centroid_accuracy
from elocute.evaluation.of_motion.style_statistics import style_statistics
from tests.backend.evaluation.lines import performance


def clips(style):
    return [performance(number, style, seed) for number in range(2) for seed in range(2)]


def test_presets_show_in_the_statistics_that_they_are_made_for():
    neutral, cheerful, tired = (style_statistics(clips(s)) for s in ("neutral", "cheerful", "tired"))
    mumbled, loud = (style_statistics(clips(s)) for s in ("mumbled", "over-articulated"))
    assert cheerful.smile > neutral.smile > tired.smile
    assert tired.lid_droop > neutral.lid_droop + 0.1
    assert mumbled.opening_95 < neutral.opening_95 < loud.opening_95
    assert mumbled.jaw_deviation < neutral.jaw_deviation < loud.jaw_deviation
    assert mumbled.jaw_speed < loud.jaw_speed
    assert cheerful.head_speed > tired.head_speed


def test_groups_apart_are_told_apart_and_equal_ones_are_not():
    rng = np.random.default_rng(0)
    far = {name: 10.0 * n + rng.standard_normal((6, 3)) for n, name in enumerate("abc")}
    assert nearest_centroid_accuracy(far, standardise=True) == 1.0
    same = {name: rng.standard_normal((40, 3)) for name in "abcd"}
    assert nearest_centroid_accuracy(same, standardise=False) < 0.5
    with pytest.raises(ValueError, match="two or more"):
        nearest_centroid_accuracy({"a": np.zeros((3, 2))}, standardise=False)


def test_a_number_of_large_scale_does_not_drown_the_others():
    rng = np.random.default_rng(1)
    named = {
        str(n): np.stack([n + 0.1 * rng.standard_normal(8), 1e3 * rng.standard_normal(8)], axis=1)
        for n in range(2)
    }
    assert nearest_centroid_accuracy(named, standardise=True) > 0.9


def test_effect_sizes_are_in_standard_deviations():
    assert effect_size(np.array([2.0, 4.0]), np.array([0.0, 2.0])) == pytest.approx(2 / np.sqrt(2))
    assert effect_size(np.ones(3), np.ones(3)) == 0.0


def test_a_table_scales_its_columns_and_shows_what_is_missing():
    rows = {"one": {"a": 0.001234, "b": None}, "two": {"a": -0.5}}
    table = markdown_table("what", [Column("a", "a (mm)", 1e3, 1), Column("b", "b")], rows)
    assert table.splitlines() == [
        "| what | a (mm) | b |",
        "|---|---:|---:|",
        "| one | 1.2 | - |",
        "| two | -500.0 | - |",
    ]
