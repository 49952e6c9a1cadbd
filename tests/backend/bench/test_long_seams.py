"""A long recording: windows as they are handed over, seams against chance, drift."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.bench.long_seams import joined_speech, measure_seams
from elocute.corpus.corpus import read_corpus
from elocute.face.model import FaceModel
from elocute.generator import GenerationSettings, MotionWindow
from elocute.models.catalogue import Catalogue
from elocute.models.family import LoadOptions
from tests.backend.training.spoken_world import make_corpus

FACE = Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz"


@pytest.fixture(scope="module")
def face():
    return FaceModel.load(FACE)


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    corpus = make_corpus(tmp_path_factory.mktemp("seams") / "corpus", lines=2, seconds=5.0)
    lines = [entry.load().speech("exact") for entry in read_corpus(corpus).utterances("train")]
    return joined_speech(lines, 24.0)


@pytest.fixture(scope="module")
def rules():
    catalogue = Catalogue()
    return catalogue.load(catalogue.choose("rules"), LoadOptions())


class Cutting:
    """The rules, in windows of 50 frames, each shifted by its own step."""

    def __init__(self, rules, step):
        self.info, self.finishing, self.check = rules.info, rules.finishing, rules.check
        self._rules, self._step = rules, step

    def stream(self, speech, settings, progress, sink):
        def cut(window):
            (clip,) = window.clips
            for number, first in enumerate(range(0, clip.frames, 50)):
                part = clip.part(first, min(first + 50, clip.frames))
                head = part.head + np.float32(self._step * (-1) ** number)
                sink(MotionWindow(first, (replace(part, head=head),)))

        self._rules.stream(speech, settings, progress, cut)


def test_lines_are_joined_frame_by_frame(speech):
    assert speech.frames == len(speech.log_mel) == len(speech.pitch_hz) == 625
    assert speech.seconds == 25.0
    assert speech.phones[0].start == 0
    assert speech.phones[-1].end == 25.0
    for before, after in zip(speech.phones, speech.phones[1:], strict=False):
        assert before.end == pytest.approx(after.start)


def test_no_lines():
    with pytest.raises(ValueError, match="no lines"):
        joined_speech([], 1.0)


def test_seams_are_where_the_model_has_them(rules, speech, face):
    settings = GenerationSettings(seed=1)
    even = measure_seams(Cutting(rules, 0.0), speech, settings, face)
    assert even.begins == tuple(range(50, 625, 50))
    low, high = even.by_chance["head"]
    assert low < 1 < high
    assert low < even.at_seams.speed["head"] < high
    jumping = measure_seams(Cutting(rules, 0.1), speech, settings, face)
    assert jumping.at_seams.speed["head"] > 5 * high
    assert jumping.at_seams.speed["lips"] == pytest.approx(even.at_seams.speed["lips"], abs=0.05)
    assert even.cut.speed["head"] > 2 * high


def test_a_model_without_windows_has_no_seams(rules, speech, face):
    found = measure_seams(rules, speech, GenerationSettings(seed=1), face)
    assert found.begins == ()
    assert found.at_seams.speed["head"] is None
    assert found.by_chance == {}
    assert 0.5 < found.spread["lips"] < 2
    assert found.drift["lips"] < 1


def test_drift_is_seen(rules, speech, face):
    class Drifting(Cutting):
        def stream(self, speech, settings, progress, sink):
            def bent(window):
                (clip,) = window.clips
                turn = np.linspace(0, 0.5, clip.frames, dtype=np.float32)[:, None]
                sink(MotionWindow(window.first, (replace(clip, head=clip.head + turn),)))

            self._rules.stream(speech, settings, progress, bent)

    drifting = measure_seams(Drifting(rules, 0.0), speech, GenerationSettings(seed=1), face)
    still = measure_seams(rules, speech, GenerationSettings(seed=1), face)
    assert drifting.drift["head"] > 3 * still.drift["head"]
