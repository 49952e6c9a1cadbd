"""How long recordings fall into pieces, with the boundaries written out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elocute.speech_encoders.chunks import independent_pieces


@pytest.mark.parametrize(
    ("samples", "pieces"),
    [
        (399, []),
        (400, [(0, 400)]),
        (319_999, [(0, 319_999)]),
        (320_000, [(0, 320_000)]),
        (320_399, [(0, 320_080)]),
        (320_400, [(0, 320_080), (320_000, 320_400)]),
        (700_000, [(0, 320_080), (320_000, 640_080), (640_000, 700_000)]),
    ],
)
def test_pieces_of_a_recording(samples, pieces):
    assert independent_pieces(samples, 320, 400) == pieces


def test_a_whole_piece_gives_a_thousand_features():
    (first, last), *_ = independent_pieces(10**6, 320, 400)
    assert (last - first - 400) // 320 + 1 == 1000


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.integers(0, 10**7), st.integers(1, 30).map(lambda i: 320_000 * i)), st.integers(-500, 500)
)
def test_pieces_give_the_features_of_one_go(around, more):
    samples = max(around + more, 0)
    features = sum((last - first - 400) // 320 + 1 for first, last in independent_pieces(samples, 320, 400))
    assert features == max((samples - 80) // 320, 0)
