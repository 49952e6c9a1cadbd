"""One bar for all stages of a work: its words, its share, the time left."""

from __future__ import annotations

import pytest

from addon.core.stages import (
    GENERATE_STAGES,
    REMOVE_STAGES,
    SETUP_STAGES,
    SETUP_WITHOUT_PYTORCH,
    OverallProgress,
    Stage,
    spoken_duration,
)

STAGES = (
    Stage("start", "Starting", 10.0, silent=True, tells=False),
    Stage("wait", "Waiting", 0.0, tells=False),
    Stage("hear", "Listening", 60.0),
    Stage("make", "Making", 30.0),
)


class Clock:
    def __init__(self):
        self.time = 100.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def progress(clock):
    return OverallProgress(STAGES, clock)


def test_every_stage_has_its_share_of_the_bar(progress):
    assert progress.now().fraction == 0.0
    assert progress.at("start", 0.0).fraction == 0.0
    assert progress.at("hear", 0.0).fraction == pytest.approx(0.1)
    assert progress.at("hear", 0.5).fraction == pytest.approx(0.4)
    assert progress.at("make", 0.0).fraction == pytest.approx(0.7)
    assert progress.at("make", 1.0).fraction == pytest.approx(1.0)


def test_the_bar_never_runs_backwards(progress):
    assert progress.at("hear", 0.5).fraction == pytest.approx(0.4)
    for stage, fraction in (("hear", 0.1), ("start", 1.0), ("nobody knows", 0.0), ("hear", -3.0)):
        assert progress.at(stage, fraction).fraction == pytest.approx(0.4), stage
        assert progress.now().words == "Listening"
    assert progress.at("hear", 0.6).fraction > 0.4
    assert progress.at("hear", 7.0).fraction == pytest.approx(0.7)


def test_the_time_left_is_what_the_rest_takes_at_this_speed(progress, clock):
    progress.at("hear", 0.0)
    clock.time += 20.0
    assert progress.at("hear", 0.5).seconds_left == pytest.approx(40.0)


def test_nothing_is_said_of_the_time_before_something_is_known(progress, clock):
    progress.at("start", 0.0)
    clock.time += 10.0
    assert progress.at("start", 0.9).seconds_left is None, "the same for a word and for an hour"
    progress.at("hear", 0.0)
    clock.time += 10.0
    assert progress.at("hear", 0.01).seconds_left is None, "too little is done"
    other = OverallProgress(STAGES, clock)
    other.at("hear", 0.0)
    clock.time += 1.0
    assert other.at("hear", 0.5).seconds_left is None, "too little time has passed"


@pytest.mark.parametrize("stage", ["start", "wait"])
def test_what_takes_as_long_for_a_word_tells_nothing_of_the_speed(progress, clock, stage):
    progress.at(stage, 0.0)
    clock.time += 1000.0
    progress.at("hear", 0.0)
    clock.time += 20.0
    assert progress.at("hear", 0.5).seconds_left == pytest.approx(40.0)


def test_a_silent_stage_moves_by_the_clock_and_does_not_reach_the_next(progress, clock):
    progress.at("start", 0.0)
    seen = []
    for _ in range(30):
        clock.time += 5.0
        seen.append(progress.now().fraction)
    assert seen == sorted(seen)
    assert seen[0] > 0.0
    assert seen[-1] < 0.1
    progress.at("hear", 0.0)
    clock.time += 100.0
    assert progress.now().fraction == pytest.approx(0.1), "a stage that reports is taken at its word"


def test_a_silent_stage_that_takes_longer_than_expected_tells_no_time(clock):
    progress = OverallProgress((Stage("all", "Working", 10.0, silent=True),), clock)
    progress.at("all", 0.0)
    clock.time += 8.0
    assert progress.now().seconds_left is not None
    clock.time += 100.0
    standing = progress.now()
    assert standing.seconds_left is None
    assert standing.fraction < 0.96


@pytest.mark.parametrize("stages", [GENERATE_STAGES, SETUP_STAGES, SETUP_WITHOUT_PYTORCH, REMOVE_STAGES])
def test_words_are_plain(stages):
    assert len({stage.name for stage in stages}) == len(stages)
    for stage in stages:
        assert stage.words[0].isupper()
        assert not stage.words.endswith(".")
        # Most jobs neither wait nor look at a manner, so these have no share of the bar.
        assert stage.seconds > 0.0 or stage.name in ("queue", "style")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "about 1 s"),
        (4.4, "about 4 s"),
        (37.0, "about 35 s"),
        (58.0, "about 1 min"),
        (200.0, "about 3 min"),
    ],
)
def test_durations_are_spoken_roughly(seconds, words):
    assert spoken_duration(seconds) == words
