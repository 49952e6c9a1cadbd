"""How the first take begins is given out before the rest of a recording is heard."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from elocute.bench.long_line import long_line
from elocute.errors import Cancelled, InputError
from elocute.generator import GenerationSettings
from elocute.installation import standard_pipeline
from elocute.opening_motion import has_opening
from elocute.performance import PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from scripts.bench.data import SOUNDS
from tests.backend.service.fakes import FakeGenerator, FakeModels, analyse, tone


def openings(settings=None, generator=None, **request):
    """What is given out of how a tone begins."""
    windows = []
    pipeline = Pipeline(analyse, FakeModels(generator or FakeGenerator(steps=0)))
    asked = PerformanceRequest(settings=settings or GenerationSettings(), **request)
    made = pipeline.perform(tone(3.0), asked, Progress(), None, windows.append)
    assert made.clips[0].frames == 75
    return [(window.first, [clip.frames for clip in window.clips]) for window in windows]


def test_how_the_first_take_begins_is_given_out():
    assert openings() == [(0, [25])]
    assert openings(GenerationSettings(takes=3)) == [(0, [25])]


def test_a_beginning_that_cannot_be_made_is_left_out():
    class Picky(FakeGenerator):
        def stream(self, speech, settings, progress, sink):
            if speech.seconds < 2.0:
                raise InputError("Too short.")
            super().stream(speech, settings, progress, sink)

    assert openings(generator=Picky(steps=0)) == []


def test_phones_that_are_told_need_no_beginning():
    assert openings(given_phones=b"start,end,label\n0,3,AA\n") == []


def test_a_clip_that_is_changed_and_recorded_noise_have_no_beginning():
    assert has_opening(GenerationSettings())
    assert not has_opening(GenerationSettings(base=b"clip"))
    assert not has_opening(GenerationSettings(noise=b"noise"))


def test_cancelling_while_the_beginning_is_made_stops_everything():
    progress = Progress()

    class Cancelling(FakeGenerator):
        def stream(self, speech, settings, own, sink):
            progress.cancel()
            super().stream(speech, settings, own, sink)

    pipeline = Pipeline(analyse, FakeModels(Cancelling(steps=1)))
    with pytest.raises(Cancelled):
        pipeline.perform(tone(3.0), PerformanceRequest(), progress, None, lambda _: None)


def test_clips_are_the_same_with_a_beginning_and_it_is_made_once(monkeypatch, tmp_path):
    samples, text = long_line(SOUNDS, 13.0)
    soundfile.write(tmp_path / "line.wav", samples, 16000)
    clips, windows = [], []
    for number, opening in enumerate((None, windows.append)):
        monkeypatch.setenv("ELOCUTE_CACHE", str(tmp_path / f"cache {number}"))
        pipeline, stages = standard_pipeline(), []
        for _ in range(2):
            progress = Progress(lambda stage, *_, stages=stages: stages.append(stage))
            request = PerformanceRequest("rules", text)
            clips += pipeline.perform(tmp_path / "line.wav", request, progress, None, opening).clips
        assert stages.count("opening") == (opening is not None), "what is known already needs no beginning"
    (window,) = windows
    assert (window.first, window.clips[0].frames) == (0, pytest.approx(133, abs=10))
    for name in ("expression", "jaw", "head", "eyes"):
        first, *others = [getattr(clip, name) for clip in clips]
        assert all(np.array_equal(first, other) for other in others), name
    begin, whole = window.clips[0].jaw[:, 0], clips[0].jaw[: window.clips[0].frames, 0]
    assert np.corrcoef(begin, whole)[0, 1] > 0.95, "it is the same sentence"
