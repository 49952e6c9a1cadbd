"""Joining, changing and spoiling the sound keeps phone times exact."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.phone import SILENCE, Phone
from elocute.audio.prosody import pitch_and_voicing
from elocute.corpus.augmentation import augmented, with_gain_curve
from elocute.corpus.noises import BACKGROUNDS, EVENTS, background, event
from elocute.corpus.spoken import Spoken
from elocute.corpus.utterance import Utterance, at_corpus_rate, joined, resampled
from elocute.corpus.voice_change import VoiceChange, changed_voice, draw_voice_change
from elocute.progress import Progress
from tests.backend.audio.lines import SPEECH, assert_contiguous, read_line

RATE = 16000


def bursts(starts, seconds, rate=RATE, length=0.2):
    """Buzzes at the given times, in silence, as if an engine had said ``AA``."""
    time = np.arange(round(seconds * rate)) / rate
    samples = np.zeros(len(time), np.float32)
    phones = []
    for start in starts:
        if start > (phones[-1].end if phones else 0.0):
            phones.append(Phone(SILENCE, phones[-1].end if phones else 0.0, start))
        inside = (time >= start) & (time < start + length)
        buzz = sum(np.sin(2 * np.pi * 130 * order * time) / order for order in range(1, 25))
        samples[inside] = 0.3 * buzz[inside]
        phones.append(Phone("AA", start, start + length))
    phones.append(Phone(SILENCE, phones[-1].end, seconds))
    return Spoken(samples, rate, tuple(phones))


def onsets(samples, threshold=0.2):
    """Where it becomes loud, seconds."""
    level = np.sqrt(np.convolve(np.square(samples), np.ones(80) / 80, "same"))
    loud = level > threshold * level.max()
    return np.flatnonzero(loud[1:] & ~loud[:-1]) / RATE


def starts(utterance):
    return [phone.start for phone in utterance.phones if phone.label == "AA"]


@pytest.fixture(scope="module")
def line():
    found = read_line(SPEECH / "waffles.flac")
    return Utterance(found.audio.samples, found.phones)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 32000])
def test_an_engines_sound_is_resampled_and_its_edges_are_cut(rate):
    utterance = at_corpus_rate(bursts([0.5, 1.1], 2.0, rate))
    assert_contiguous(utterance.phones, utterance.seconds)
    assert utterance.seconds == pytest.approx(0.06 + 0.8 + 0.06, abs=0.001)
    assert onsets(utterance.samples) == pytest.approx(starts(utterance), abs=0.008)


def test_parts_are_joined_with_the_pauses_asked_for():
    parts = [at_corpus_rate(bursts([0.3], 1.0)), at_corpus_rate(bursts([0.2, 0.6], 1.0))]
    whole = joined(parts, [0.5, 0.25, 1.0])
    assert_contiguous(whole.phones, whole.seconds)
    assert [phone.label for phone in whole.phones] == [SILENCE, "AA"] * 3 + [SILENCE]
    assert whole.phones[0].duration == pytest.approx(0.56, abs=1e-3)
    assert whole.phones[2].duration == pytest.approx(0.25 + 0.12, abs=1e-3)
    assert whole.phones[-1].duration == pytest.approx(1.06, abs=1e-3)
    assert onsets(whole.samples) == pytest.approx(starts(whole), abs=0.008)


@pytest.mark.parametrize(
    "change",
    [VoiceChange(speed=0.85), VoiceChange(speed=1.2), VoiceChange(1.1, 1.2, 1.8, 1.3), VoiceChange(1.0, 0.9)],
)
def test_a_changed_voice_keeps_its_phones_where_they_sound(change):
    before = joined([at_corpus_rate(bursts([0.3, 0.9, 1.6], 2.5))], [0.4, 0.3])
    after = changed_voice(before, change)
    assert_contiguous(after.phones, after.seconds)
    assert after.seconds == pytest.approx(before.seconds / change.speed, abs=0.001)
    assert onsets(after.samples) == pytest.approx(starts(after), abs=0.02)


def test_playing_faster_raises_the_pitch_and_the_rest_of_a_change_does_as_told(line):
    def median(utterance):
        pitch, _ = pitch_and_voicing(utterance.samples, int(utterance.seconds * 25), Progress())
        return np.median(pitch[pitch > 0])

    own = median(line)
    assert median(resampled(line, 1.2)) / own == pytest.approx(1.2, rel=0.05)
    assert median(changed_voice(line, VoiceChange(pitch_ratio=1.5))) / own == pytest.approx(1.5, rel=0.1)


def test_drawn_changes_stay_within_what_people_sound_like():
    for seed in range(300):
        change = draw_voice_change(np.random.default_rng(seed), male=seed % 2 == 0)
        assert 0.85 <= change.speed <= 1.2
        assert 0.9 <= change.formants <= 1.25
        assert 0.7 <= change.pitch_ratio <= 2.1


def test_augmentation_keeps_length_scale_and_times(line):
    clean_level = np.square(line.samples[: len(line.samples) // 160 * 160].reshape(-1, 160)).mean(1)
    done_at_all, untouched = set(), 0
    for seed in range(120):
        samples, done = augmented(line, np.random.default_rng(seed), [line.samples])
        assert samples.shape == line.samples.shape
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()
        assert 1e-3 < np.abs(samples).max() <= 1.0
        assert abs(samples.mean()) < 1e-4
        level = np.square(samples[: len(samples) // 160 * 160].reshape(-1, 160)).mean(1)
        a, b = (np.sqrt(x) - np.sqrt(x).mean() for x in (clean_level, level))
        lags = range(-5, 6)
        fit = [np.dot(np.roll(a, lag), b) for lag in lags]
        best = lags[int(np.argmax(fit))]
        # echoes come later than what they are echoes of; nothing else moves anything
        echoes = any(what.startswith("room") for what in done)
        assert -1 <= best <= (3 if echoes else 1), (seed, done)
        done_at_all |= {what.split()[0] for what in done}
        untouched += len(done) == 1 or done[0].startswith("noise floor")
    assert done_at_all >= {"room", "equaliser", "white", "pink", "hum", "babble", "band", "clipped"}
    assert 0.15 < untouched / 120 < 0.4


def test_noises_people_make_stay_in_the_pauses():
    quiet = joined([at_corpus_rate(bursts([0.3], 1.0))], [1.5, 1.5])
    heard = 0
    for seed in range(300):
        samples, done = augmented(quiet, np.random.default_rng(seed))
        if len(done) != 2 or not done[0].startswith("in pauses"):
            continue
        heard += 1
        for phone in quiet.phones:
            inside = slice(round(phone.start * RATE) + 16, round(phone.end * RATE) - 16)
            if phone.label == "AA":
                assert np.corrcoef(samples[inside], quiet.samples[inside])[0, 1] > 0.999
    assert heard


def test_augmentation_is_the_same_for_a_seed(line):
    one, again, other = (augmented(line, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(one[0], again[0])
    assert one[1] == again[1]
    assert not np.array_equal(one[0], other[0])


def test_gain_curves_have_zero_phase():
    pulse = np.zeros(4001)
    pulse[2000] = 1.0
    filtered = with_gain_curve(pulse, lambda frequency: -0.002 * frequency)
    assert np.argmax(np.abs(filtered)) == 2000
    assert filtered[1990:2000] == pytest.approx(filtered[2010:2000:-1], abs=1e-9)


@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_backgrounds_have_unit_power(kind, line):
    noise = background(np.random.default_rng(0), kind, 20001, [line.samples])
    assert noise.shape == (20001,)
    assert np.square(noise).mean() == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("kind", EVENTS)
def test_events_fit_into_the_room_they_are_given(kind):
    for seconds in (0.1, 0.4, 2.0):
        sound = event(np.random.default_rng(0), kind, seconds)
        assert 0 < len(sound) <= round(seconds * RATE)
        assert np.abs(sound).max() == pytest.approx(1.0)
