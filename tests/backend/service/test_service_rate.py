"""When somebody who is turned away should come again: measured, and each at a moment of their own."""

from __future__ import annotations

from elocute.service.service_rate import FIRST_GUESS_SECONDS, LONGEST_PAUSE_SECONDS, ServiceRate


def rate_of(seconds: float, at_once: int = 1) -> ServiceRate:
    """One that has seen many jobs of that length."""
    rate = ServiceRate(at_once)
    for _ in range(20):
        rate.job_took(seconds)
    return rate


def test_before_a_job_was_done_it_is_a_guess() -> None:
    assert ServiceRate(1).next_place() == FIRST_GUESS_SECONDS


def test_it_follows_the_jobs_that_were_done_lately() -> None:
    rate = rate_of(30.0)
    assert rate.interval == 30.0
    for _ in range(10):
        rate.job_took(2.0)
    assert rate.interval == 2.0
    assert rate_of(30.0, at_once=4).interval == 7.5


def test_the_first_job_which_waits_for_the_model_changes_nothing() -> None:
    rate = ServiceRate(1)
    rate.job_took(60.0)
    assert rate.interval == FIRST_GUESS_SECONDS


def test_one_job_that_took_long_changes_nothing() -> None:
    rate = rate_of(1.0)
    rate.job_took(1000.0)
    assert rate.interval == 1.0


def test_those_who_are_refused_together_come_back_one_after_the_other() -> None:
    rate = rate_of(20.0, at_once=2)
    assert [rate.next_place() for _ in range(4)] == [10, 20, 30, 40]
    for _ in range(3):  # there were places for three of them
        rate.job_took(20.0)
    assert rate.next_place() == 20
    for _ in range(100):
        rate.job_took(20.0)
    assert rate.next_place() == 10


def test_what_was_promised_slowly_is_not_kept_when_it_goes_faster() -> None:
    rate = rate_of(100.0)
    assert [rate.next_place() for _ in range(10)][-1] == 600
    for _ in range(9):
        rate.job_took(1.0)
    assert rate.next_place() == 2  # one is left outside, and a place takes a second


def test_nobody_is_sent_away_for_ever_or_for_no_time() -> None:
    rate = rate_of(0.001)
    assert rate.next_place() == 1
    assert rate.seconds_for(0) == 1
    rate = rate_of(1e9)
    assert rate.next_place() == LONGEST_PAUSE_SECONDS
    assert rate.seconds_for(5) == LONGEST_PAUSE_SECONDS
