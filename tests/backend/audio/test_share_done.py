"""The share of requests that is done, before the first reply too."""

from __future__ import annotations

import pytest

from elocute.audio.phones.share_done import ShareDone


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_it_grows_while_no_request_has_been_answered(clock: Clock) -> None:
    done = ShareDone([10.0, 10.0], pace=1.0, clock=clock)
    assert done.share() == 0.0
    done.begin(0)
    done.begin(1)
    seen = []
    for _ in range(100):
        clock.time += 1.0
        seen.append(done.share())
    assert seen == sorted(seen)
    assert seen[0] > 0.05
    assert 0.5 < seen[9] < 0.75
    assert seen[-1] < 1.0


def test_it_is_one_when_all_are_answered_and_counts_by_length(clock: Clock) -> None:
    done = ShareDone([30.0, 10.0], clock=clock)
    done.begin(0)
    clock.time += 3.0
    done.end(0)
    assert done.share() == pytest.approx(0.75)
    assert done.pace == pytest.approx(0.1)
    done.begin(1)
    clock.time += 1.0
    assert 0.75 < done.share() < 1.0
    done.end(1)
    assert done.share() == 1.0


def test_it_does_not_shrink_when_the_rest_is_slower_or_begins_again(clock: Clock) -> None:
    done = ShareDone([10.0, 10.0], pace=0.1, clock=clock)
    done.begin(0)
    done.begin(1)
    clock.time += 5.0
    high = done.share()
    done.end(0)
    clock.time += 0.1
    assert done.share() >= high
    done.begin(1)  # by another process
    assert done.share() >= high


def test_nothing_asked_is_all_done(clock: Clock) -> None:
    assert ShareDone([], clock=clock).share() == 1.0
