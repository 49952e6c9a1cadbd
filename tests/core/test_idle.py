"""Silence to be performed, and where there is room for idle motion."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import pytest

from addon.core.backend.messages import JobSettings, ModelMessage
from addon.core.errors import UserError
from addon.core.idle import MODEL, Span, gaps, silence
from addon.core.options import SceneOptions
from addon.core.request import EarlierMotion, idle_request_of


@pytest.mark.parametrize("seconds", [0.04, 1.0, 12.34, 600.0])
def test_silence_is_a_wav_of_that_length(seconds):
    with wave.open(io.BytesIO(silence(seconds))) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(seconds, abs=1e-4)
        assert not any(sound.readframes(sound.getnframes()))


def test_no_length_is_an_error():
    with pytest.raises(ValueError, match="no length"):
        silence(0.0)


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ([], [(1, 100)]),
        ([(20.0, 40.0)], [(1, 19), (41, 100)]),
        ([(60.0, 80.0), (20.0, 40.0)], [(1, 19), (41, 59), (81, 100)]),
        ([(20.5, 40.5)], [(1, 20), (41, 100)]),
        ([(10.0, 50.0), (20.0, 30.0)], [(1, 9), (51, 100)]),
        ([(-50.0, 10.0), (90.0, 400.0)], [(11, 89)]),
        ([(-50.0, -10.0), (101.0, 400.0)], [(1, 100)]),
        ([(4.0, 97.0)], []),
        ([(0.0, 200.0)], []),
    ],
)
def test_lines_are_left_out(taken, free):
    assert [(span.first, span.last) for span in gaps(Span(1, 100), taken)] == free


def test_what_is_asked_for_may_be_short():
    assert gaps(Span(5, 6), []) == (Span(5, 6),)


def test_the_request_says_nothing():
    options = SceneOptions(audio=Path("nowhere.wav"), transcript="Hello", words="auto", style="calm", seed=4)
    request = idle_request_of(options)
    settings = request.settings
    assert (settings.transcript, settings.words, settings.language) == (None, "none", "auto")
    assert (settings.model, settings.style, settings.seed) == (MODEL, "calm", 4)
    assert idle_request_of(SceneOptions(model="elocute-lite")).settings.model == "elocute-lite"


def test_a_missing_style_file_is_a_sentence():
    with pytest.raises(UserError):
        idle_request_of(SceneOptions(style="nowhere.npz"))


def test_motion_is_gone_on_from_in_its_own_basis_only():
    earlier = EarlierMotion("elocute-head-1", b"clip")
    models = [model_of("first", "elocute-head-1"), model_of("flame", "flame2020")]
    assert earlier.attached_for(JobSettings(), models) == {"before": b"clip"}
    assert earlier.attached_for(JobSettings(model="first"), models) == {"before": b"clip"}
    assert earlier.attached_for(JobSettings(model="flame"), models) == {}
    assert earlier.attached_for(JobSettings(model="unknown"), models) == {}
    assert earlier.attached_for(JobSettings(), ()) == {}


def model_of(name, basis):
    return ModelMessage(name, "family", "title", basis, 25.0, (), {}, {}, True, False, False, 0, "", "")
