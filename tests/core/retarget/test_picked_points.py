"""Points that are clicked one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.errors import UserError
from addon.core.retarget.picked_points import COUNT, PickedPoint, PickedPoints, inside, nearest_vertex


def point(vertex, mesh="Face"):
    return PickedPoint(mesh, vertex, (0.0, 0.0, float(vertex)))


def test_four_points_are_whole_and_each_can_be_taken_back():
    picked = PickedPoints()
    for number in range(COUNT):
        assert not picked.whole
        assert f"({number} of 4)" in picked.prompt
        picked = picked.with_point(point(number))
    assert picked.whole
    assert [one.vertex for one in picked.without_last().points] == [0, 1, 2]
    assert PickedPoints().without_last() == PickedPoints()
    with pytest.raises(UserError, match="All 4 points are there"):
        picked.with_point(point(9))


def test_the_same_point_and_another_mesh_are_refused():
    picked = PickedPoints().with_point(point(1))
    with pytest.raises(UserError, match="there already"):
        picked.with_point(point(1))
    with pytest.raises(UserError, match="on one mesh, Face, not on Teeth"):
        picked.with_point(point(2, "Teeth"))


def test_the_nearest_vertex():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    assert nearest_vertex(vertices, np.array([0.9, 0.2, 0.0])) == 1
    assert nearest_vertex(vertices, np.array([0.9, 0.2, 0.0]), np.array([0, 2])) == 0


def test_inside_a_rectangle():
    assert inside(10, 20, 10, 20, 5, 5)
    assert inside(14.9, 24.9, 10, 20, 5, 5)
    assert not inside(15, 20, 10, 20, 5, 5)
    assert not inside(12, 25, 10, 20, 5, 5)
    assert not inside(9, 22, 10, 20, 5, 5)
