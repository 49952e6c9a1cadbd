"""How far phones of words are believed."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.phone import Phone
from elocute.audio.phone_classes import contact_strength
from elocute.audio.phones.belief import recognised_confidence, told_confidence
from elocute.audio.phones.steady_noise import with_less_noise
from elocute.audio.words.engine import heard_text
from tests.backend.audio.lines import as_audio

RATE = 16000


def strength(confidence: float) -> float:
    return contact_strength(Phone("P", 0.0, 0.1, confidence))


def test_a_recognised_contact_needs_a_sure_word_or_the_sound():
    assert strength(recognised_confidence(cost=0.2, doubt=0.1, lips=0.9)) == 1.0
    assert strength(recognised_confidence(cost=0.5, doubt=0.1, lips=0.3)) == 1.0
    assert strength(recognised_confidence(cost=1.0, doubt=2.0, lips=0.01)) == 0.0
    assert strength(recognised_confidence(cost=3.3, doubt=1.7, lips=0.002)) == 0.0
    half = strength(recognised_confidence(cost=1.5, doubt=1.0, lips=0.02))
    assert 0.0 < half < 0.7


@pytest.mark.parametrize("better", [{"cost": 0.0}, {"doubt": 0.0}, {"lips": 0.99}])
def test_whatever_speaks_for_a_contact_makes_it_surer(better):
    worse = {"cost": 2.0, "doubt": 1.5, "lips": 0.1}
    assert recognised_confidence(**(worse | better)) > recognised_confidence(**worse)
    assert told_confidence(2.0, 0.9) >= told_confidence(4.0, 0.9) > told_confidence(4.0, 0.1)


def test_a_contact_of_a_text_that_was_given_is_made_even_where_the_sound_hides_it():
    assert strength(told_confidence(cost=3.0, lips=0.0)) == 1.0
    assert strength(told_confidence(cost=4.5, lips=0.0)) > 0.8
    assert strength(told_confidence(cost=7.9, lips=0.0)) == 0.0


def test_the_doubt_of_a_word_is_that_of_its_least_sure_piece():
    heard = heard_text([" Bob", " Bob and", " Bob and Mo", " Bob and Molly"], [-0.1, -0.2, -2.0, -0.3, -0.05])
    assert heard.text == "Bob and Molly"
    assert heard.probability == pytest.approx(np.exp(-2.65 / 4))
    assert [heard.doubt(start, end) for start, end in ((0, 3), (4, 7), (8, 13))] == [0.1, 0.2, 2.0]
    assert heard.doubt(13, 20) == 0.0
    assert heard_text([], []).text == heard_text([" "], [-1.0]).text == ""


def test_a_letter_of_several_pieces_belongs_to_the_one_that_completes_it():
    heard = heard_text(["caf", "caf", "caf\N{LATIN SMALL LETTER E WITH ACUTE} now"], [-0.1, -3.0, -0.2])
    assert heard.doubt(3, 4) == 0.2
    assert heard.doubt(0, 3) == 0.1


def _noisy(samples: np.ndarray, db: float) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(len(samples))
    return samples + noise * np.sqrt(np.mean(samples**2)) * 10.0 ** (-db / 20.0)


def test_steady_noise_is_turned_down_and_speech_stays(waffles):
    speech = waffles.audio.samples
    noisy = as_audio(_noisy(speech, 8.0)).samples
    less = with_less_noise(noisy)
    assert len(less) == len(noisy)
    assert less.dtype == np.float32
    pauses = np.concatenate([noisy[: RATE // 10], noisy[-RATE // 10 :]])
    after = np.concatenate([less[: RATE // 10], less[-RATE // 10 :]])
    assert np.std(after) < 0.55 * np.std(pauses)
    assert np.mean((less - speech) ** 2) < 0.6 * np.mean((noisy - speech) ** 2)


def test_what_has_little_noise_is_left_as_it_is(waffles):
    assert with_less_noise(waffles.audio.samples) is waffles.audio.samples
    time = np.arange(2 * RATE) / RATE
    notes = sum(np.sin(2 * np.pi * hertz * time) for hertz in np.arange(220.0, 3000.0, 220.0))
    sung = as_audio(0.05 * notes + np.random.default_rng(0).normal(0, 0.003, 2 * RATE)).samples
    assert with_less_noise(sung) is sung
    short = as_audio(np.random.default_rng(0).normal(0, 0.1, RATE // 2)).samples
    assert with_less_noise(short) is short
    assert np.all(with_less_noise(np.zeros(2 * RATE, np.float32)) == 0.0)
