"""Jaw and lips follow the sound on top of the phones: first formant, effort, rate; when contacts begin."""

from dataclasses import replace

import numpy as np
import pytest

from elocute.articulation.contacts import contact_curves
from elocute.audio.mel import mel_centres
from elocute.audio.phone import Phone
from elocute.audio.phone_classes import VOWELS
from elocute.audio.speech_features import FPS
from elocute.models.rules.heard import listen
from elocute.models.rules.spoken import spoken_gestures
from elocute.models.rules.style import PRESETS
from elocute.models.rules.style_track import StyleTrack
from elocute.motion.head1_basis import EXPRESSION_INDEX, JAW_OPEN_RADIANS

LINE = "SIL " + "T AA " * 9 + "SIL"


def vowels_of(speech):
    return [phone for phone in speech.phones if phone.label in VOWELS]


def with_formants(speech, hertz, noise=0.0):
    """Speech whose vowels have a first formant each, and one at 1500 Hz."""
    mel = speech.log_mel.copy()
    centres = mel_centres()
    rng = np.random.default_rng(0)
    for phone, formant in zip(vowels_of(speech), hertz, strict=True):
        part = slice(int(phone.start * FPS), int(np.ceil(phone.end * FPS)))
        peaks = [-0.5 * ((centres - place) / 110.0) ** 2 for place in (formant, 1500.0)]
        spectrum = -4.0 - 5.0 * centres / 4000.0 + 5.0 * np.exp(peaks[0]) + 3.0 * np.exp(peaks[1])
        mel[part] = spectrum + noise * rng.standard_normal(len(centres))
    return replace(speech, log_mel=mel.astype(np.float32))


def jaw_at(clip, phone):
    return clip.jaw[int(0.5 * (phone.start + phone.end) * FPS), 0] / JAW_OPEN_RADIANS


def test_a_vowel_that_sounds_open_is_open(make_speech, perform):
    speech = make_speech(LINE)
    formants = [500.0, 500.0, 700.0, 500.0, 350.0, 500.0, 700.0, 350.0, 500.0]
    clip = perform(with_formants(speech, formants))
    opening = [jaw_at(clip, phone) for phone in vowels_of(speech)]
    assert np.corrcoef(opening, np.log(formants))[0, 1] > 0.95
    lower = clip.expression[:, EXPRESSION_INDEX["mouthLowerDownLeft"]]
    third, fifth = (int(0.5 * (p.start + p.end) * FPS) for p in (vowels_of(speech)[2], vowels_of(speech)[4]))
    assert lower[third] > 1.2 * lower[fifth]


def test_the_size_of_the_speaker_does_not_matter(make_speech, perform):
    speech = make_speech(LINE)
    formants = np.array([500.0, 500.0, 640.0, 500.0, 400.0, 500.0, 640.0, 400.0, 500.0])
    man, child = (perform(with_formants(speech, k * formants)).jaw[:, 0] for k in (0.85, 1.15))
    assert np.abs(man - child).max() < 0.2 * man.max()


def test_a_noisy_line_is_believed_less(make_speech):
    speech = make_speech(LINE)
    clear = [450.0, 550.0, 480.0, 520.0, 500.0, 540.0, 460.0, 500.0, 650.0]
    wild = [300.0, 1000.0] * 4 + [650.0]
    sure, doubtful = (listen(with_formants(speech, f), speech.phones).openness for f in (clear, wild))
    assert max(np.abs(list(sure.values()))) > 0.2
    assert max(np.abs(list(doubtful.values()))) < 0.45  # 0.47 if it were believed


def test_without_a_formant_the_phone_alone_decides(make_speech):
    speech = make_speech(LINE)
    silent = replace(speech, voicing=np.zeros_like(speech.voicing))
    assert listen(silent, speech.phones).openness == {}


def test_louder_speech_opens_more(make_speech, perform):
    speech = make_speech("SIL " + "T AA " * 12 + "SIL")
    level = speech.energy_db.copy()
    half = len(level) // 2
    speaking = level > -40
    level[:half][speaking[:half]] = -30.0
    level[half:][speaking[half:]] = -18.0
    clip = perform(replace(speech, energy_db=level))
    opening = [jaw_at(clip, phone) for phone in vowels_of(speech)]
    assert np.mean(opening[8:11]) > 1.15 * np.mean(opening[1:4])


def test_hurried_gestures_are_quicker_but_not_in_proportion(make_speech):
    def pace(seconds):
        speech = make_speech(LINE, seconds=seconds)
        style = StyleTrack.constant(PRESETS["neutral"], speech.frames)
        return spoken_gestures(speech.phones, {}, listen(speech, speech.phones), style).pace[5]

    assert pace(0.085) == pytest.approx(1.0)
    assert 1.0 < pace(0.055) < 0.085 / 0.055
    assert 0.085 / 0.13 < pace(0.13) < 1.0


def test_the_mouth_opens_before_the_first_word_unless_it_starts_shut(make_speech, perform):
    options = {"breath": 0.0}
    before = slice(int(0.30 * FPS), 10)  # the frame around 0.38 s is the last
    opens = perform(make_speech("SIL AE T SIL"), options=options)
    shut = perform(make_speech("SIL M AE T SIL"), options=options)

    def gap(clip):
        close = clip.expression[before, EXPRESSION_INDEX["mouthClose"]]
        return float((clip.jaw[before, 0] / JAW_OPEN_RADIANS - close).max())

    assert gap(opens) > 0.03
    assert gap(shut) < 0.01


@pytest.mark.parametrize("start", np.linspace(0.60, 0.64, 5))
def test_lips_are_nearly_shut_when_the_closure_begins(start):
    curves = contact_curves([Phone("B", start, start + 0.09)], 30)
    times = (np.arange(30) + 0.5) / FPS
    rise = slice(0, int(curves.seal.argmax()) + 1)
    nearly = float(np.interp(0.95, curves.seal[rise], times[rise]))
    assert abs(nearly - start) < 0.026
