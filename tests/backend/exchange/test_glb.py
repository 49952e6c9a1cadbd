"""Curves of glTF between their keys."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.exchange.glb import Curve

TIMES = np.array([0.0, 1.0, 3.0])
BETWEEN = np.linspace(0, 3, 31)


def test_a_cubic_spline_is_the_polynomial_that_it_was_made_of():
    def cubic(t):
        return np.column_stack([t**3 - 2 * t, 0.5 * t**2, 1 - t])

    def slope(t):
        return np.column_stack([3 * t**2 - 2, t, -np.ones(len(t))])

    values = np.stack([slope(TIMES), cubic(TIMES), slope(TIMES)], axis=1)
    curve = Curve(TIMES, values, "CUBICSPLINE")
    assert np.abs(curve.at(BETWEEN) - cubic(BETWEEN)).max() < 1e-12
    # The tangents into and out of a key are two.
    values[1, 2] += 5
    changed = curve.at(BETWEEN) - cubic(BETWEEN)
    assert np.abs(changed[BETWEEN <= 1]).max() < 1e-12
    assert np.abs(changed[BETWEEN > 1.5]).max() > 0.1
    values[1, 0] += 5
    assert np.abs((curve.at(BETWEEN) - cubic(BETWEEN))[BETWEEN < 0.9]).max() > 0.1


@pytest.mark.parametrize("interpolation", ["LINEAR", "STEP"])
def test_before_and_after_the_keys_the_outermost_hold(interpolation):
    values = np.array([[0.0, 1, 2], [3, 4, 5], [6, 7, 8]])
    curve = Curve(TIMES, values, interpolation)
    assert curve.at(np.array([-1.0, 5.0])).tolist() == [values[0].tolist(), values[2].tolist()]
    middle = values[0] if interpolation == "STEP" else values[:2].mean(axis=0)
    assert curve.at(np.array([0.5]))[0] == pytest.approx(middle)


def test_one_key_holds_for_ever():
    values = np.array([[0.0, 0, 0, 1]])
    assert Curve(TIMES[:1], values, "LINEAR").at(BETWEEN).tolist() == [[0, 0, 0, 1]] * len(BETWEEN)
