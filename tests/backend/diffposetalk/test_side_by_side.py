"""Several recordings through the network as one batch: the same clips as one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elocute.errors import Cancelled, InputError
from elocute.generator import GenerationSettings, Spoken, joined
from elocute.models.diffposetalk.denoiser import Denoiser
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.progress import Progress
from tests.backend.diffposetalk.phonetic_model import WINDOW, phonetic_model
from tests.backend.diffposetalk.spoken import spoken_line
from tests.backend.diffposetalk.test_generator import speech as sound
from tests.backend.diffposetalk.tiny_model import tiny_model

TOLERANCE = 1e-5
"""Radians and shares of an expression; what is meant by the same clip."""


@pytest.fixture(scope="module")
def phonetic():
    """With scales other than 1, so that every branch of the guidance is computed."""
    return DiffPoseTalkGenerator(phonetic_model(audio_scale=1.3, style_scale=1.2))


def together(generator, asked, progress=None):
    windows = [[] for _ in asked]
    spoken = [Spoken(*one, windows[place].append) for place, one in enumerate(asked)]
    failures = generator.stream_together(spoken, progress or Progress())
    return [joined(own) if own else None for own in windows], failures


def alone(generator, speech, settings):
    windows = []
    generator.stream(speech, settings, Progress(), windows.append)
    return joined(windows)


def assert_same(clips, expected, tolerance):
    assert len(clips) == len(expected)
    for clip, wanted in zip(clips, expected, strict=True):
        assert clip.frames == wanted.frames
        for part in ("expression", "jaw", "head"):
            np.testing.assert_allclose(getattr(clip, part), getattr(wanted, part), rtol=0, atol=tolerance)
        assert clip.meta == wanted.meta


def mixed_requests():
    """Lines of other lengths, seeds, takes, steps and guidance: what one batch may hold."""
    settings = [
        GenerationSettings(seed=3),
        GenerationSettings(seed=3, takes=3),
        GenerationSettings(seed=9, options={"steps": 7}),
        GenerationSettings(seed=4, options={"audio_scale": 1.7, "style_scale": 0.0}),
        GenerationSettings(seed=5, choices={"sampler": "ddpm"}, head_motion=False),
    ]
    lines = [spoken_line(), spoken_line(), spoken_line(), spoken_line(), spoken_line()]
    return list(zip(lines, settings, strict=True))


def test_clips_are_those_made_one_by_one(phonetic):
    asked = mixed_requests()
    clips, failures = together(phonetic, asked)
    assert failures == (None,) * len(asked)
    for made, one in zip(clips, asked, strict=True):
        assert_same(made, alone(phonetic, *one), TOLERANCE)


def test_one_in_a_batch_is_the_same_to_the_last_bit(phonetic):
    for one in mixed_requests():
        (clips,), _ = together(phonetic, [one])
        assert_same(clips, alone(phonetic, *one), 0.0)


def test_lines_of_other_lengths_with_a_speech_encoder_of_sound():
    generator = DiffPoseTalkGenerator(tiny_model())
    asked = [(sound(samples), GenerationSettings(seed=samples)) for samples in (30000, 200000, 90000)]
    clips, _ = together(generator, asked)
    assert [made[0].frames for made in clips] == [46, 312, 140]
    for made, one in zip(clips, asked, strict=True):
        assert_same(made, alone(generator, *one), TOLERANCE)


def test_the_network_sees_a_batch(phonetic, monkeypatch):
    seen = []
    denoise = Denoiser.denoise

    def watched(self, motion, *more, **named):
        seen.append(len(motion))
        return denoise(self, motion, *more, **named)

    monkeypatch.setattr(Denoiser, "denoise", watched)
    lines = [(spoken_line(), GenerationSettings(seed=seed, options={"steps": 4})) for seed in range(5)]
    together(phonetic, lines)
    windows = -(-spoken_line().frames // WINDOW)
    assert seen == [5] * (4 * windows)


def test_one_that_fails_harms_no_other(phonetic, monkeypatch):
    asked = mixed_requests()

    def refuse(speech, **named):
        if speech is bad:
            raise InputError("This cannot be heard.")
        return real(speech, **named)

    from elocute.models.diffposetalk import generator as module

    real, bad = module.phonetic_input, spoken_line()
    monkeypatch.setattr(module, "phonetic_input", refuse)
    clips, failures = together(phonetic, [asked[0], (bad, asked[1][1]), asked[2]])
    assert clips[1] is None
    assert [str(failure) for failure in failures] == ["None", "This cannot be heard.", "None"]
    assert_same(clips[0], alone(phonetic, *asked[0]), TOLERANCE)
    assert_same(clips[2], alone(phonetic, *asked[2]), TOLERANCE)


def test_cancelling_ends_all(phonetic):
    progress = Progress()
    told = []

    def listen(stage, fraction, message):
        told.append(fraction)
        if stage == "motion" and fraction > 0.3:
            progress.cancel()

    progress.listener = listen
    with pytest.raises(Cancelled):
        together(phonetic, mixed_requests(), progress)
    assert max(told) < 0.9


def test_the_bundled_model():
    folder = Path(__file__).parents[3] / "backend" / "elocute" / "bundled" / "elocute-lite"
    generator = DiffPoseTalkGenerator.from_folder(folder)
    asked = [(spoken_line(), GenerationSettings(seed=seed)) for seed in range(4)]
    clips, _ = together(generator, asked)
    for made, one in zip(clips, asked, strict=True):
        assert_same(made, alone(generator, *one), TOLERANCE)
