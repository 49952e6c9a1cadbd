"""The table of a short line's seconds."""

from __future__ import annotations

from scripts.bench.cold_start import PARTS, Cost, head, inside, row, run, ways_of


def test_a_row_holds_medians_and_what_no_part_took() -> None:
    costs = [Cost(clock, 2.0, {"decode": 0.5, "motion": clock / 4}) for clock in (4.0, 1.0, 2.0)]
    cells = row("a", costs).strip("| ").split(" | ")
    assert cells == ["a", "2.00 (2.00)", "0.50", *["0.00"] * 5, "0.50", "0.00", "1.00"]
    assert {line.count("|") for line in (row("a", costs), *head().splitlines())} == {len(PARTS) + 4}


def test_a_line_is_made_in_a_new_process_and_in_one_at_work(tmp_path, capsys) -> None:
    from scripts.backend_path import ROOT

    ways = ways_of({"now": ROOT}, tmp_path)
    assert [way.name for way in ways][:2] == ["ONNX Runtime, text, now", "ONNX Runtime, no text, now"]
    cost = run(ways[0], tmp_path)
    assert cost.clock > sum(cost.parts.values()) > 0 < cost.processor
    assert set(cost.parts) == set(PARTS)
    inside([f"={word}" for word in ways[0].arguments])
    assert '"processor"' in capsys.readouterr().out
