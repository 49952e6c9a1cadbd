from __future__ import annotations

from dataclasses import replace

import pytest

from elocute.evaluation.against_phones.motion_report import measure_motion
from elocute.evaluation.against_phones.spoken_scores import score_spoken
from elocute.evaluation.of_motion.motion_statistics import Performance
from tests.backend.evaluation.lines import parted, perform, performance, speech


def test_one_clip_scores_as_its_report():
    one = performance()
    scores, report = score_spoken([one]), measure_motion(one.clip, one.phones)
    for name in ("bilabials_closed", "bilabials", "labiodentals", "rounding", "open_vowels"):
        assert getattr(scores, name) == pytest.approx(getattr(report, name))
    assert scores.lag_frames == pytest.approx(report.lag_seconds * 25)
    assert scores.mean_jerk == pytest.approx(report.opening_mean_jerk)
    assert (scores.bilabials, scores.labiodentals, scores.rounded, scores.open_vowel_count) == (4, 2, 3, 3)
    assert scores.clips == 1


def test_shares_are_weighted_by_how_many_phones_they_are_shares_of():
    long, heard = performance(), speech(1, ["SIL", "AA", "M", "AA", "SIL"])
    short = Performance(parted(perform(heard)[0]), heard.phones or ())
    both = score_spoken([long, short])
    assert score_spoken([long]).bilabials_closed == 1.0
    assert score_spoken([short]).bilabials_closed == 0.0
    assert (both.bilabials_closed, both.bilabials) == (pytest.approx(4 / 5), 5)
    assert both.seconds == pytest.approx(long.clip.seconds + short.clip.seconds)


def test_what_no_clip_has_stays_unknown():
    one = performance()
    vowels = replace(one, phones=[p for p in one.phones if p.label in ("AA", "AE")])
    scores = score_spoken([vowels])
    assert scores.bilabials_closed is scores.rounding is scores.silence_closed is None
    assert scores.open_vowels > 0
    with pytest.raises(ValueError, match="no clips"):
        score_spoken([])
