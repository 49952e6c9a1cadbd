"""Which frames a style sheet shows, and where on it."""

from __future__ import annotations

from PIL import Image

from scripts.style_sheet import HEADER, LABEL, _sheet, chosen_frames


def test_moments_are_the_middles_of_equal_shares():
    assert chosen_frames(0.0, 4.0, 4, None) == [12, 37, 62, 87]
    assert chosen_frames(1.0, 3.0, 2, None) == [37, 62]


def test_every_so_many_frames():
    assert chosen_frames(1.2, 1.6, 8, 3) == [30, 33, 36, 39]


def test_columns_that_do_not_fit_go_below_with_all_their_rows():
    shades = [Image.new("RGB", (50, 40), (40 * number + 15, 0, 0)) for number in range(6)]
    sheet = _sheet(["calm 1", "sad 1"], ["0.00 s", "0.08 s", "0.16 s"], shades, 2, 20)
    assert sheet.size == (LABEL + 40, 2 * (HEADER + 40))
    for number, (column, block, row) in enumerate(
        [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1)]
    ):
        place = (LABEL + 20 * column + 10, block * (HEADER + 40) + HEADER + 20 * row + 10)
        assert sheet.getpixel(place) == (40 * number + 15, 0, 0)
