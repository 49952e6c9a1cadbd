"""Shots whose film will be silent say so in the batch's table and report."""

from __future__ import annotations

import csv

import pytest

from elocute.batch.result import RowResult, write_table
from elocute.batch.shots import with_silent_shots_told


@pytest.mark.parametrize(
    ("segment", "formats", "told"),
    [
        ("", ["film"], False),
        ("1-2", ["film"], False),
        ("0-@2", ["film"], False),
        ("0-/2", ["film"], True),
        ("1-2/3@1", ["gltf", "film"], True),
        ("0-/2", ["gltf"], False),
    ],
)
def test_a_shot_of_another_track_tells_that_it_is_silent(tmp_path, segment, formats, told):
    row = RowResult("a", "done", segment=segment, notes=("Before.",))
    (after,) = results = with_silent_shots_told([row], formats)
    assert after.notes[0] == "Before."
    assert any("is silent" in note for note in after.notes) == told
    with write_table(tmp_path, results).open(newline="") as file:
        assert ("is silent" in next(csv.DictReader(file))["notes"]) == told


def test_a_row_that_failed_has_no_shot():
    row = RowResult("a", "failed", segment="/nonsense", error="No.")
    assert with_silent_shots_told([row]) == (row,)
