"""When somebody who is turned away should come again: measured, and each at a moment of their own."""

from __future__ import annotations

import pytest

from elocute.service.service_rate import FIRST_GUESS_SECONDS, LONGEST_PAUSE_SECONDS, ServiceRate


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_before_a_job_was_done_it_is_a_guess(clock: Clock) -> None:
    assert ServiceRate(1, clock).next_place() == FIRST_GUESS_SECONDS


def test_it_follows_the_jobs_that_were_done(clock: Clock) -> None:
    rate = ServiceRate(1, clock)
    for _ in range(50):
        rate.job_took(30.0)
    assert rate.interval == pytest.approx(30.0)
    for _ in range(50):
        rate.job_took(2.0)
    assert rate.interval == pytest.approx(2.0, abs=0.01)
    assert ServiceRate(4, clock).interval == FIRST_GUESS_SECONDS / 4


def test_those_who_are_refused_together_come_back_one_after_the_other(clock: Clock) -> None:
    rate = ServiceRate(2, clock)
    rate.job_took(20.0)
    assert [rate.next_place() for _ in range(4)] == [10, 20, 30, 40]
    clock.now += 35.0  # places came free meanwhile
    assert rate.next_place() == 15
    clock.now += 1000.0
    assert rate.next_place() == 10


def test_nobody_is_sent_away_for_ever_or_for_no_time(clock: Clock) -> None:
    rate = ServiceRate(1, clock)
    rate.job_took(0.001)
    assert rate.next_place() == 1
    assert rate.seconds_for(0) == 1
    rate.job_took(1e9)
    assert rate.next_place() == LONGEST_PAUSE_SECONDS
    assert rate.seconds_for(5) == LONGEST_PAUSE_SECONDS
