from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.speech_measures import MEASURES, measure_speech
from elocute.audio.speech_presence import INAUDIBLE_DB, speech_presence
from elocute.bench.generated_sounds import MUSIC, NOISES, RATE, at_level, coloured, in_every_manner


def presence(samples, **options):
    return speech_presence(samples.astype(np.float32), **options)


@pytest.mark.parametrize("seconds", [1.0, 3.0, 40.0])
@pytest.mark.parametrize("kind", NOISES)
def test_noise_is_not_speech(kind, seconds):
    sound = NOISES[kind](np.random.default_rng(1), round(seconds * RATE))
    for told in (False, True) if seconds > 1.0 else (False,):
        found = presence(sound, told=told)
        assert (found.spans_s, found.spoken) == ((), False)
        assert found.reason == "noise" or kind == "sweep"


@pytest.mark.parametrize("seconds", [2.0, 12.0])
@pytest.mark.parametrize("kind", MUSIC)
def test_music_is_not_speech(kind, seconds):
    found = presence(MUSIC[kind](np.random.default_rng(2), round(seconds * RATE)))
    assert (found.reason, found.spans_s) == ("music", ())


def test_silence_and_what_is_too_quiet(all_lines):
    assert presence(np.zeros(RATE)).reason == "silence"
    assert presence(np.zeros(1)).reason == "silence"
    assert presence(at_level(coloured(np.random.default_rng(0), RATE, 0.0), -87.0)).reason == "too quiet"
    whispering = at_level(all_lines[0].audio.samples.astype(float), -90.0)
    found = presence(whispering)
    assert found.reason == "too quiet"
    assert found.level_db < INAUDIBLE_DB


def manners(line, rng):
    """Everything that speech may be."""
    hush = at_level(coloured(rng, 60 * RATE, 1.0), -50.0)
    return in_every_manner(line, rng) | {
        "one second of it": line[RATE // 2 : RATE + RATE // 2],
        "after a minute of noise": np.concatenate([hush, at_level(line)]),
    }


@pytest.mark.parametrize("number", range(4))
def test_speech_in_any_manner_is_speech(all_lines, number):
    line = all_lines[number].audio.samples.astype(np.float64)
    for name, sound in manners(line, np.random.default_rng(number)).items():
        for told in (False, True):
            found = presence(sound, told=told)
            assert found.spoken, name
            assert found.spans_s, name
            assert found.spans_s[-1][1] <= len(sound) / RATE


def test_spans_tell_where_speech_is(waffles):
    line = at_level(waffles.audio.samples.astype(np.float64))
    rng = np.random.default_rng(0)
    hush = at_level(coloured(rng, 20 * RATE, 1.0), -50.0)
    spans = presence(np.concatenate([hush, line, hush, line])).spans_s
    assert len(spans) == 2
    seconds = len(line) / RATE
    for span, begin in zip(spans, (20.0, 40.0 + seconds), strict=True):
        assert span[0] == pytest.approx(begin, abs=1.0)
        assert span[1] == pytest.approx(begin + seconds, abs=1.1)


def test_of_less_than_half_a_second_only_the_level_is_known():
    short = at_level(coloured(np.random.default_rng(0), 7000, 0.0))
    assert presence(short).spans_s == ((0.0, 7000 / RATE),)
    assert presence(short * 1e-4).reason == "too quiet"


@pytest.mark.parametrize("samples", [1, 159, 800, 16000, 16001, 479999, 492000, 492001, 900000])
def test_every_length_is_measured_to_its_end(samples):
    sound = np.random.default_rng(0).standard_normal(samples).astype(np.float32) * 0.1
    measures = measure_speech(sound)
    assert measures.values.shape == (len(measures.start_s), len(MEASURES))
    assert np.isfinite(measures.values).all()
    assert measures.start_s[-1] + 1.25 >= samples / RATE
    assert (np.diff(measures.start_s) == 0.25).all()
