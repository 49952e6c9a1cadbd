import numpy as np
import pytest

from elocute.speech_encoders.phonetic_input import LABELS
from elocute.training.elocute_lite.phone_noise import (
    ALIGNED,
    HEARD,
    PhoneErrors,
    disturb_phones,
)

LABEL_ROW = np.arange(1, 31)
ENDS = np.cumsum(np.full(30, 0.09))


@pytest.mark.parametrize("errors", [ALIGNED, HEARD, PhoneErrors(1.0, 0.9, 0.3)])
def test_phones_stay_in_order_and_end_where_they_did(errors):
    for seed in range(20):
        labels, ends = disturb_phones(LABEL_ROW, ENDS, errors, np.random.default_rng(seed))
        assert len(labels) == len(ends) >= 1
        assert (np.diff(ends) >= 0).all()
        assert ends[-1] == ENDS[-1]
        assert (ends > 0).all()
        assert ((labels >= 0) & (labels < len(LABELS))).all()


def test_errors_are_as_many_as_asked_for():
    rng = np.random.default_rng(1)
    wrong, kept, moved = [], [], []
    for _ in range(300):
        labels, ends = disturb_phones(LABEL_ROW, ENDS, PhoneErrors(0.3, 0.0, 0.02), rng)
        wrong.append(np.mean(labels != LABEL_ROW))
        moved.append(np.std(ends[:-1] - ENDS[:-1]))
        kept.append(len(disturb_phones(LABEL_ROW, ENDS, PhoneErrors(0.0, 0.1, 0.0), rng)[0]) / 30)
    assert np.mean(wrong) == pytest.approx(0.3, abs=0.03)
    assert np.mean(moved) == pytest.approx(0.02, abs=0.003)
    assert np.mean(kept) == pytest.approx(0.9, abs=0.02)


def test_no_errors_change_nothing():
    labels, ends = disturb_phones(LABEL_ROW, ENDS, PhoneErrors(0, 0, 0), np.random.default_rng(1))
    assert np.array_equal(labels, LABEL_ROW)
    assert np.array_equal(ends, ENDS)
