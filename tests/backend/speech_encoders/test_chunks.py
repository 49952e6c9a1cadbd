"""How long recordings fall into pieces, with the boundaries written out."""

from __future__ import annotations

import pytest

from elocute.speech_encoders.chunks import expected_features, independent_pieces


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


@pytest.mark.parametrize(
    ("samples", "features"),
    [(0, 0), (399, 0), (400, 1), (719, 1), (720, 2), (320_080, 1000), (320_400, 1001)],
)
def test_features_of_a_recording(samples, features):
    assert expected_features(samples, 320, 400) == features
