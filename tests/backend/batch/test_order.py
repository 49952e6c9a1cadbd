"""Which rows come before others."""

from elocute.batch.order import waves


def test_rows_stand_behind_what_they_need():
    assert waves([{2}, set(), {1}, set(), {0, 3}]) == ([[1, 3], [2], [0], [4]], [])
    assert waves([]) == ([], [])


def test_circles_and_what_needs_them_are_left():
    assert waves([{1}, {0}, {1}, set()]) == ([[3]], [0, 1, 2])
