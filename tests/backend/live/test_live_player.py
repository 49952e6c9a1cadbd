"""Frames are sent when they are due, counted rather than timed."""

from __future__ import annotations

import threading
from fractions import Fraction

import numpy as np
import pytest

from elocute.live.curves import Curves
from elocute.live.player import exact_rate, play
from tests.backend.live.receivers import TestClock


class Rows:
    """A protocol whose packets are the frame and the first number."""

    name, port = "rows", 1

    def curves(self, track):
        return track

    def packets(self, row, moment):
        return [(moment.frame, moment.seconds, float(row[0]))]


def ramp(frames=100, fps=25.0):
    curves = Curves(fps)
    curves.add(np.arange(frames, dtype=float)[:, None])
    curves.end()
    return curves


def test_every_frame_is_sent_once_and_is_due_at_its_number_over_the_rate():
    sent, clock = [], TestClock()
    times = []
    played = play(
        ramp(),
        Rows(),
        lambda packet: (sent.append(packet), times.append(clock.time)),
        Fraction(60),
        clock=clock,
    )
    last = 99 / 25
    assert played.frames == len(sent) == int(last * 60) + 1
    assert played.skipped == 0
    assert played.waited == 0
    frames, seconds, values = zip(*sent, strict=True)
    assert frames == tuple(range(len(sent)))
    assert np.allclose(values, 25 * np.array(seconds)), "between frames of the clip, on a straight line"
    assert np.allclose(times, 1000 + np.array(seconds), atol=1e-9), "no drift"


def test_what_costs_time_delays_nothing_that_follows():
    """Every send takes 10 ms of the 16.7: the next is due at its own time all the same."""
    clock, times = TestClock(), []

    def slow(packet):
        times.append((packet[1], clock.time))
        clock.time += 0.010

    play(ramp(), Rows(), slow, Fraction(60), clock=clock)
    assert max(abs(at - 1000 - seconds) for seconds, at in times) < 1e-6


def test_frames_whose_time_is_over_are_left_out():
    clock, sent = TestClock(), []

    def held_up(packet):
        sent.append(packet[0])
        if packet[0] == 10:
            clock.time += 0.5

    played = play(ramp(), Rows(), held_up, Fraction(60), clock=clock)
    assert sent[10:12] == [10, 40] or sent[10:12] == [10, 41] or sent[10:12] == [10, 39]
    assert played.skipped == sent[11] - 11
    assert played.frames + played.skipped == int(99 / 25 * 60) + 1


@pytest.mark.parametrize("grows", [False, True])
def test_the_last_frame_is_sent_however_late_it_is(grows):
    clock, sent = TestClock(), []
    curves = Curves(25.0)
    curves.add(np.arange(100, dtype=float)[:, None])
    if not grows:
        curves.end()

    def held_up(packet):
        sent.append((packet[0], packet[2]))
        if packet[0] == 10:
            curves.end()
            clock.time += 60.0

    played = play(curves, Rows(), held_up, Fraction(60), clock=clock)
    assert [frame for frame, _ in sent] == [*range(11), 237]
    assert sent[-1][1] == pytest.approx(98.75)
    assert (played.frames, played.skipped) == (12, 226)


def test_a_loop_begins_anew_until_it_is_stopped():
    clock, sent, stop = TestClock(), [], threading.Event()

    def send(packet):
        sent.append(packet)
        if len(sent) == 250:
            stop.set()

    play(ramp(50), Rows(), send, Fraction(25), loop=True, stop=stop, clock=clock)
    assert [round(value, 6) for _, _, value in sent] == [n % 50 for n in range(250)]
    assert [frame for frame, _, _ in sent] == list(range(250))


def test_motion_that_grows_is_waited_for_and_loses_nothing():
    curves, sent, clock = Curves(25.0), [], TestClock()
    late = threading.Event()

    def grow():
        late.wait(10)
        clock.time += 7.0
        curves.add(np.arange(10, 20, dtype=float)[:, None])
        curves.end()

    def send(packet):
        sent.append((packet[0], packet[2], clock.time))
        if len(sent) == 10:
            late.set()

    curves.add(np.arange(10, dtype=float)[:, None])
    thread = threading.Thread(target=grow)
    thread.start()
    played = play(curves, Rows(), send, Fraction(25), clock=clock)
    thread.join()
    assert [(frame, round(value, 6)) for frame, value, _ in sent] == [(n, float(n)) for n in range(20)]
    assert played.waited == pytest.approx(7.0 - 1 / 25, abs=0.05)
    assert played.skipped == 0
    gaps = np.diff([at for _, _, at in sent])
    assert gaps[10:].max() == pytest.approx(1 / 25)


def test_motion_that_never_comes_ends():
    curves = Curves(25.0)
    curves.end()
    assert play(curves, Rows(), lambda packet: None, Fraction(60), loop=True).frames == 0


@pytest.mark.parametrize(
    ("rate", "exact"),
    [(60, (60, 1)), (29.97, (30000, 1001)), (23.976, (24000, 1001)), (59.94, (60000, 1001)), (12.5, (25, 2))],
)
def test_rates_are_told_exactly(rate, exact):
    assert (exact_rate(rate).numerator, exact_rate(rate).denominator) == exact
