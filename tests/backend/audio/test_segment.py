"""Parts of recordings."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.decode import Audio
from elocute.audio.segment import Segment, cut
from elocute.errors import InputError, SettingsError
from elocute.performance import PerformanceRequest
from elocute.request_key import request_facts


def _audio(seconds: float = 3.0) -> Audio:
    return Audio(np.arange(round(seconds * 16000), dtype=np.float32), seconds, 16000, 1, "ab")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("1-2", 1, 2), ("0.5-", 0.5, None), (" 1:02.5 - 1:07 ", 62.5, 67), ("1:00:00-1:00:01", 3600, 3601)],
)
def test_times_as_people_write_them(text, start, end):
    assert Segment.parse(text) == Segment(start, end)


def test_a_channel_behind_the_times_or_by_itself():
    assert Segment.parse("1-2@2") == Segment(1, 2, 2)
    assert Segment.parse(" @1 ") == Segment(channel=1)
    assert Segment.parse("0.5- @ 3") == Segment(0.5, None, 3)


@pytest.mark.parametrize(
    "text",
    [
        *("", "3", "2-1", "1-1", "a-b", "nan-1", "0-inf", "-1-2", "1:2:3:4-5", "1-2-3"),
        *("@", "@0", "@-1", "@a", "1@2", "@1@2", "1-2@1.5", "@99999999999", "@\u0663"),
    ],
)
def test_what_are_no_times(text):
    with pytest.raises(SettingsError):
        Segment.parse(text)


def test_the_text_of_a_segment_reads_as_itself():
    for segment in (Segment(1.25, 2.5), Segment(3.0), Segment(1.25, 2.5, 2), Segment(channel=1)):
        assert Segment.parse(str(segment)) == segment


def test_the_sound_of_the_segment_alone():
    part = cut(_audio(), Segment(1.0, 2.5))
    assert part.seconds == pytest.approx(1.5)
    assert part.samples[0] == 16000
    assert len(part.samples) == 24000
    assert cut(_audio(), Segment(1.0)).samples[-1] == 47999


def test_lines_of_one_recording_are_different_sounds():
    parts = [
        cut(_audio(), segment).sha256
        for segment in (Segment(0.0, 1.0), Segment(1.0, 2.0), Segment(0.0), Segment(channel=1))
    ]
    assert len({*parts, _audio().sha256}) == 5
    assert cut(_audio(), Segment(0.0, 1.0)).sha256 == parts[0]


def test_a_segment_may_end_a_little_late_and_not_more():
    assert cut(_audio(), Segment(1.0, 3.05)).seconds == pytest.approx(2.0)
    for segment in (Segment(3.0), Segment(9.0, 10.0)):
        with pytest.raises(InputError, match="outside the recording"):
            cut(_audio(), segment)
    with pytest.raises(InputError, match="ends behind the end of the recording"):
        cut(_audio(), Segment(1.0, 3.5))


@pytest.mark.parametrize("text", ["0-0.1", "0.5-0.5001", "2.9-"])
def test_a_segment_is_as_long_as_a_recording_has_to_be(text):
    with pytest.raises(InputError, match="too short"):
        cut(_audio(), Segment.parse(text))


def test_the_channel_counts_among_what_a_performance_follows_from():
    facts = [
        request_facts(PerformanceRequest(segment=segment))["segment"]
        for segment in (None, Segment(), Segment(channel=1), Segment(channel=2), Segment(0.0, 0.0001))
    ]
    assert all(facts.count(one) == 1 for one in facts)
