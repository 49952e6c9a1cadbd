import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.evaluation.against_phones.closures import closures

FPS = 25.0
PHONES = (
    Phone("SIL", 0.0, 0.4),
    Phone("AA", 0.4, 0.8),
    Phone("B", 0.8, 1.0),
    Phone("IY", 1.0, 1.6),
    Phone("T", 1.6, 1.8),
    Phone("AH", 1.8, 2.4),
    Phone("P", 2.4, 2.56),
    Phone("OW", 2.56, 3.2),
    Phone("SIL", 3.2, 4.0),
)


def opening(*closed):
    """10 mm everywhere but in stretches (start, end) of seconds, with sides that slope over two frames."""
    times = (np.arange(100) + 0.5) / FPS
    gap = np.full(100, 0.010)
    for start, end in closed:
        away = np.maximum(start - times, times - end)
        gap = np.minimum(gap, 0.0005 + away / 0.08 * 0.0095)
    return gap


def test_closures_that_are_asked_for_are_timed():
    found = closures(opening((0.0, 0.4), (0.8, 1.0), (2.4, 2.5), (3.3, 4.0)), PHONES, FPS)
    assert found.false == 0
    assert found.spoken_seconds == pytest.approx(2.8)
    assert found.onset == pytest.approx([0.0, 0.0], abs=0.011)
    assert found.release == pytest.approx([0.0], abs=0.011)  # of the B; a P's end is its breath


def test_late_and_early_lips():
    late = closures(opening((0.85, 1.06), (2.45, 2.52)), PHONES, FPS)
    assert late.onset == pytest.approx([0.05, 0.05], abs=0.012)
    assert late.release == pytest.approx([0.06], abs=0.012)
    early = closures(opening((0.76, 0.96), (2.36, 2.5)), PHONES, FPS)
    assert early.onset == pytest.approx([-0.04, -0.04], abs=0.012)


def test_closures_that_nobody_asked_for_are_counted():
    assert closures(opening((1.3, 1.4), (2.0, 2.1), (0.8, 1.0)), PHONES, FPS).false == 2
    assert closures(opening((1.62, 1.75)), PHONES, FPS).false == 1  # T
    assert closures(opening((1.0, 1.04)), PHONES, FPS).false == 0  # the B's, a little late
    assert closures(opening((0.42, 0.45), (3.15, 3.3)), PHONES, FPS).false == 0  # beside a silence


def test_a_mouth_that_is_never_shut_has_nothing_to_time():
    found = closures(np.full(100, 0.01), PHONES, FPS)
    assert found.false == len(found.onset) == len(found.release) == 0


def test_a_mouth_that_is_always_shut_begins_nothing_in_time():
    found = closures(np.zeros(100), PHONES, FPS)
    assert len(found.onset) == len(found.release) == 0


def test_sounds_that_follow_each_other_with_closed_lips_are_one_closure():
    phones = (Phone("AA", 0.0, 0.4), Phone("M", 0.4, 0.6), Phone("B", 0.6, 0.8), Phone("AA", 0.8, 1.2))
    found = closures(opening((0.4, 0.8))[:30], phones, FPS)
    assert found.onset == pytest.approx([0.0], abs=0.011)
    assert found.release == pytest.approx([0.0], abs=0.011)
