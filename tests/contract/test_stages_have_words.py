"""Every stage that the backend reports while it generates has words, a place and a weight in the panel."""

from __future__ import annotations

from pathlib import Path

import pytest

from addon.core.heard_words import HEARD_NOTE
from addon.core.stages import GENERATE_STAGES, OverallProgress
from elocute.installation import standard_pipeline
from elocute.performance import PerformanceRequest
from elocute.progress import Progress
from elocute.stage_clock import StageClock

SPEECH = Path(__file__).resolve().parents[1] / "data" / "speech" / "waffles.flac"
SENT_BY_THE_ADD_ON = {"style", "service", "upload", "queue", "packing", "download", "keys"}


@pytest.mark.parametrize("model", ["elocute-lite", "rules"])
@pytest.mark.parametrize("transcript", [None, SPEECH.with_suffix(".txt").read_text()])
def test_the_stages_of_a_performance_are_known_and_come_in_order(model, transcript):
    reports = []
    clock = StageClock(lambda stage, fraction, _message: reports.append((stage, fraction)))
    performance = standard_pipeline().perform(
        SPEECH, PerformanceRequest(model=model, transcript=transcript), Progress(clock)
    )
    told = [note for note in performance.notes if note.startswith(HEARD_NOTE)]
    assert len(told) == (transcript is None), "the panel knows this note by what it begins with"
    known = {stage.name for stage in GENERATE_STAGES}
    assert {stage for stage, _ in reports} <= known
    order = {stage.name: index for index, stage in enumerate(GENERATE_STAGES)}
    places = [order[stage] for stage, _ in reports]
    assert places == sorted(places), "the bar would stand still"
    overall = OverallProgress(GENERATE_STAGES)
    shares = [overall.at(*report).fraction for report in reports]
    assert shares == sorted(shares)
    assert shares[-1] > 0.9


def test_what_is_reported_around_it_is_known():
    assert {stage.name for stage in GENERATE_STAGES} >= SENT_BY_THE_ADD_ON
