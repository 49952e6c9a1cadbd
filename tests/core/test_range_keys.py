"""Keys of some frames anew, between keys that stay."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.clip.range_keys import Track, changes, turned_alike, values_in_range

FRAMES = np.arange(1.0, 101.0)
OLD = Track(FRAMES, np.sin(FRAMES / 9.0))
LASTING = (1.0, 100.0)


def test_what_is_played_is_keyed_where_nothing_was_done_by_hand():
    new = Track(FRAMES, OLD.values + np.where((FRAMES > 45) & (FRAMES < 55), 0.3, 0.0))
    assert np.array_equal(values_in_range(OLD, new, 40, 60, [], LASTING), new.values[39:60])


def test_keys_beside_that_were_moved_are_met_on_both_sides():
    moved = Track(FRAMES, OLD.values + np.where(FRAMES < 40, 0.5, np.where(FRAMES > 70, -0.4, 0.0)))
    values = values_in_range(moved, OLD, 40, 70, [], LASTING)
    whole = np.concatenate([moved.values[36:39], values, moved.values[70:73]])
    cut = np.concatenate([moved.values[36:39], OLD.values[39:70], moved.values[70:73]])
    for order in (1, 2, 3):
        usual = np.abs(np.diff(OLD.values, order)).max()
        assert np.abs(np.diff(whole, order)).max() < 3.2 * usual + 0.02
        assert np.abs(np.diff(cut, order)).max() > 0.3


@pytest.mark.parametrize("by_hand", [[50.0], [40.0, 60.0], [45.5, 46.0, 52.25], [41.0, 42.0, 43.0]])
def test_keys_set_by_hand_are_gone_through(by_hand):
    keyed = Track(
        np.sort(np.unique(np.concatenate([FRAMES, by_hand]))),
        np.zeros(len(np.unique(np.concatenate([FRAMES, by_hand])))) + 0.7,
    )
    new = Track(FRAMES, OLD.values)
    values = values_in_range(keyed, new, 40, 60, by_hand, LASTING)
    assert np.interp(by_hand, np.arange(40, 61), values) == pytest.approx(0.7, abs=1e-9)


def test_very_many_keys_set_by_hand_are_not_solved_for_together(monkeypatch):
    """Of a minute in which every key was moved, the main thread would wait for that."""
    frames = np.arange(1.0, 1501.0)
    old, new = Track(frames, np.sin(frames / 9.0)), Track(frames, np.sin(frames / 9.0) + 0.2)
    monkeypatch.setattr(np.linalg, "lstsq", None)
    by_hand = np.concatenate([np.arange(60.0, 400.0), [420.5], np.arange(430.0, 700.0, 1.5)])
    values = values_in_range(old, new, 40, 800, by_hand.tolist(), (1.0, 1500.0))
    own = np.arange(40.0, 801.0)
    assert values[20:360] == pytest.approx(old.values[59:399], abs=1e-9)
    assert np.interp(by_hand, own, values) == pytest.approx(old.at(by_hand), abs=0.01)
    joined = np.concatenate([old.values[30:39], values, old.values[800:810]])
    assert np.abs(np.diff(joined)).max() < np.abs(np.diff(old.values)).max() + 0.08
    assert values[720] == pytest.approx(new.values[759], abs=1e-9)
    same = values_in_range(old, old, 40, 800, np.arange(41.0, 800.0).tolist(), (1.0, 1500.0))
    assert same == pytest.approx(old.values[39:800], abs=1e-12)
    level, raised = Track(frames, np.zeros(1500)), Track(frames, ((frames > 40) & (frames < 800)) * 1.0)
    edge = values_in_range(raised, level, 40, 800, np.arange(41.0, 800.0).tolist(), (1.0, 1500.0))
    assert (edge[0], edge[-1]) == (pytest.approx(0.5), pytest.approx(0.5)), "half way from beside the range"


def test_at_the_ends_of_the_line_nothing_is_met():
    new = Track(FRAMES, OLD.values + 1.0)
    values = values_in_range(OLD, new, 1, 100, [], LASTING)
    assert np.array_equal(values, new.values)


def test_whether_a_channel_changes():
    other = Track(FRAMES, OLD.values + np.where(FRAMES == 50, 0.1, 0.0))
    assert changes(OLD, other, 45, 55)
    assert not changes(OLD, other, 51, 60)
    assert not changes(OLD, OLD, 1, 100)


def test_quaternions_of_the_other_sign():
    tracks = [Track(FRAMES, np.full(100, value)) for value in (0.9, 0.1, -0.2, 0.3)]
    turned = [Track(FRAMES, -track.values) for track in tracks]
    assert turned_alike(tracks, tracks, 10, 20)
    assert not turned_alike(tracks, turned, 10, 20)
