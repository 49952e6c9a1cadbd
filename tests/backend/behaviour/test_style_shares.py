"""How much of each style there is in every frame."""

import numpy as np
import pytest

from elocute.behaviour.style_shares import style_shares


def test_styles_are_reached_at_their_times_on_a_smooth_way():
    shares = style_shares([1.0, 3.0, 3.4], 100, 25.0)
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert (shares[:25, 0] == 1.0).all()
    assert (shares[85:, 2] == 1.0).all()
    x = ((37 + 0.5) / 25.0 - 1.0) / 2.0
    assert shares[37] == pytest.approx([1.0 - x * x * (3.0 - 2.0 * x), x * x * (3.0 - 2.0 * x), 0.0])
    assert np.abs(np.diff(shares, 2, axis=0))[20:70].max() < 0.01  # no kink
    assert (style_shares([2.0], 10, 25.0) == 1.0).all()


@pytest.mark.parametrize("seconds", [[], [1.0, 1.0], [2.0, 1.0]])
def test_times_have_to_rise(seconds):
    with pytest.raises(ValueError, match="rising"):
        style_shares(seconds, 10, 25.0)
