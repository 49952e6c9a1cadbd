"""Errors of runs over the updates that all have."""

from __future__ import annotations

import pytest

from scripts.bench.training_errors import main


def run_of(folder, errors):
    folder.mkdir()
    rows = [f"{update},train,0.1,9,{error}" for update, error in errors.items()]
    (folder / "losses.csv").write_text(
        "\n".join(["iteration,phase,learning_rate,total,simple", *rows, "20,val,,1,1"])
    )
    return str(folder)


def test_runs_are_compared_over_the_last_updates_that_all_have(tmp_path, capsys):
    whole = run_of(tmp_path / "whole", {20: 9.0, 120: 1.0, 140: 3.0, 160: 50.0})
    part = run_of(tmp_path / "part", {20: 9.0, 120: 2.0, 140: 3.0})
    assert main(["--column", "simple", "--last", "100", whole, part]) == 0
    told = capsys.readouterr().out
    assert "up to update 140" in told
    assert f"| {whole} | 2 | +0 % |" in told
    assert f"| {part} | 2.5 | +25 % |" in told


@pytest.mark.parametrize("column", ["simple", "none"])
def test_what_cannot_be_compared_is_a_sentence(tmp_path, capsys, column):
    one, other = run_of(tmp_path / "a", {20: 1.0}), run_of(tmp_path / "b", {30: 1.0})
    assert main(["--column", column, one, other]) == 3
    assert ("no update in common" if column == "simple" else "no losses.csv with a column none") in (
        capsys.readouterr().err
    )
