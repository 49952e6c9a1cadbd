"""Which frames a style sheet shows, and where on it."""

from __future__ import annotations

import pytest
from PIL import Image

from scripts.style_sheet import HEADER, LABEL, _sheet, chosen_frames, main


def test_moments_are_the_middles_of_equal_shares():
    assert chosen_frames(0.0, 4.0, 4, None) == [12, 37, 62, 87]
    assert chosen_frames(1.0, 3.0, 2, None) == [37, 62]


def test_every_so_many_frames():
    assert chosen_frames(1.2, 1.6, 8, 3) == [30, 33, 36, 39]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (name, value, "whole number from 1")
        for name in ("columns", "every", "moments", "cell")
        for value in ("0", "-1", "x")
    ]
    + [("between", "1", "START,END"), ("between", "1,2,3", "START,END"), ("between", "a,b", "START,END")]
    + [("between", value, "begin before it ends") for value in ("2,1", "1,1", "-1,2", "nan,2", "0,inf")],
)
def test_numbers_that_cannot_be_are_refused_in_a_sentence(capsys, name, value, told):
    with pytest.raises(SystemExit) as ended:
        main(["--blender-python", "python", f"--{name}={value}"])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_columns_that_do_not_fit_go_below_with_all_their_rows():
    shades = [Image.new("RGB", (50, 40), (40 * number + 15, 0, 0)) for number in range(6)]
    sheet = _sheet(["calm 1", "sad 1"], ["0.00 s", "0.08 s", "0.16 s"], shades, 2, 20)
    assert sheet.size == (LABEL + 40, 2 * (HEADER + 40))
    for number, (column, block, row) in enumerate(
        [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1)]
    ):
        place = (LABEL + 20 * column + 10, block * (HEADER + 40) + HEADER + 20 * row + 10)
        assert sheet.getpixel(place) == (40 * number + 15, 0, 0)
