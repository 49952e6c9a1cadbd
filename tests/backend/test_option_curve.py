"""Options over time: how they are written, what is refused, and what they are in each frame."""

import math

import numpy as np
import pytest

from elocute.errors import SettingsError
from elocute.generator import GenerationSettings
from elocute.option_curve import MOST_POINTS, check_curve, parse_option_curve, sampled
from elocute.performance import PerformanceRequest
from elocute.request_key import request_facts


def test_a_curve_goes_straight_from_point_to_point_and_stays_outside():
    values = sampled(((0.5, 1.0), (1.5, 3.0), (1.7, 3.0)), 60, 25.0)
    assert values[:12] == pytest.approx(1.0)
    assert values[25] == pytest.approx(1.0 + 2.0 * (25.5 / 25 - 0.5))
    assert values[38:] == pytest.approx(3.0)
    assert np.diff(values).min() >= 0.0


def test_a_curve_is_written_as_values_with_seconds():
    assert parse_option_curve("0.5@0, 1.4 @2.5") == ((0.0, 0.5), (2.5, 1.4))


@pytest.mark.parametrize("text", ["1@0,2", "x@0", "1@x", "1@", "@1", ""])
def test_what_is_no_curve_cannot_be_read(text):
    with pytest.raises(ValueError, match=r"."):
        parse_option_curve(text)


@pytest.mark.parametrize(
    ("curve", "word"),
    [
        ((), "0 points"),
        (tuple((float(n), 1.0) for n in range(MOST_POINTS + 1)), f"1 to {MOST_POINTS}"),
        (((-0.1, 1.0),), "Begin at 0"),
        (((1.0, 1.0), (0.5, 1.0)), "1 s back to 0.5 s"),
        (((0.0, 1.0), (0.0, 2.0)), "two values"),
        (((0.0, math.nan),), "not a number"),
        (((math.inf, 1.0),), "not a number"),
    ],
)
def test_what_is_no_curve_is_refused(curve, word):
    with pytest.raises(SettingsError) as caught:
        check_curve("jaw", curve)
    assert "jaw" in caught.value.message
    assert word in caught.value.message + caught.value.hint


def test_the_longest_curve_is_a_curve():
    check_curve("jaw", tuple((float(n), 1.0) for n in range(MOST_POINTS)))


def test_requests_differ_by_their_curves_and_those_without_are_as_before():
    def facts(**settings):
        return request_facts(PerformanceRequest(settings=GenerationSettings(**settings)))

    one, other = (facts(curves={"jaw": ((0.0, value),)}) for value in (1.0, 2.0))
    assert one != other
    assert one["curves"] == {"jaw": [[0.0, 1.0]]}
    assert "curves" not in facts()
