import numpy as np
import pytest

from elocute.articulation.expected import MOUTH, SURE
from elocute.speech_encoders.phonetic_input import LABEL_INDEX, SOURCES
from elocute.training.elocute_lite.tellings import KINDS, SHARES, tell

LABELS = np.array([LABEL_INDEX[label] for label in ("SIL", "M", "AA", "P", "IY", "S", "OW", "SIL")] * 4)
ENDS = np.cumsum(np.full(len(LABELS), 0.12))
WRONG = np.array([LABEL_INDEX[label] for label in ("SIL", "N", "AA", "T", "IY", "S", "OW", "SIL")] * 4)
FRAMES = 96


def tellings(seed=1, **found):
    return tell({"exact": (LABELS, ENDS), **found}, FRAMES, [seed])


def test_shares_are_of_the_kinds():
    assert len(KINDS) == len(SHARES)
    assert sum(SHARES) == pytest.approx(1.0)


def test_what_the_finder_found_is_told_as_it_was_found():
    told = tellings(transcript=(WRONG, ENDS), allphone=(LABELS[::-1].copy(), ENDS))
    assert told.labels.shape == (len(KINDS), FRAMES, 4)
    assert told.mouth.shape == (len(KINDS), FRAMES, len(MOUTH))
    sources = [SOURCES[source] for source in told.sources]
    assert sources == ["transcript"] * 2 + ["allphone"] * 2 + [sources[4]] + ["transcript"] * 3
    centre = told.labels[0, :, 2].reshape(-1, 3)[:, 1]
    assert np.array_equal(centre, WRONG)
    assert np.array_equal(told.labels[2, :, 2].reshape(-1, 3)[:, 1], LABELS[::-1])


def test_without_it_exact_phones_get_errors_of_that_kind():
    told = tellings()
    right = (told.labels == np.repeat(LABELS, 12).reshape(FRAMES, 4)).mean(axis=(1, 2))
    assert right[0] > 0.8  # aligned
    assert right[2:5].max() < right[5:].mean()  # only listened for


def test_wrong_phones_are_told_less_surely():
    sure = MOUTH.index(SURE)
    right, wrong = [], []
    for seed in range(20):
        told = tellings(seed, transcript=(WRONG, ENDS))
        for row in told.mouth[:2, 1::3, sure].astype(float):
            right.append(row[WRONG == LABELS].mean())
            wrong.append(row[WRONG != LABELS].mean())
    assert np.mean(right) > np.mean(wrong) + 0.08
    assert np.mean(right) > 0.95


def test_tellings_depend_on_the_seed_alone():
    assert np.array_equal(tellings(3).mouth, tellings(3).mouth)
    assert not np.array_equal(tellings(3).labels, tellings(4).labels)
