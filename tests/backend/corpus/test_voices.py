"""What the engines say, where they are installed: phones that fit the sound."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.phone import SILENCE
from elocute.audio.prosody import pitch_and_voicing
from elocute.corpus.espeak import Espeak
from elocute.corpus.festival import Festival
from elocute.corpus.flite import Flite
from elocute.corpus.spoken import Manner, Voice
from elocute.corpus.utterance import at_corpus_rate
from elocute.errors import UserError
from elocute.progress import Progress
from tests.backend.audio.lines import assert_contiguous
from tests.backend.corpus.engines import engine_or_skip

TEXT = "Bob's big puppy ate my waffles. Why?"
VOICES = (
    Voice("flite", "kal16"),
    Voice("flite", "slt"),
    Voice("festival", "ked_diphone"),
    Voice("festival", "cmu_us_slt_arctic_hts"),
    Voice("espeak", "en-us+f2"),
)


def level_db(samples, rate, phones):
    chosen = [samples[round(phone.start * rate) : round(phone.end * rate)] for phone in phones]
    return 10 * np.log10(np.square(np.concatenate(chosen)).mean() + 1e-10)


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.label)
def test_phones_fit_the_sound_and_the_pace_is_obeyed(voice):
    engine = engine_or_skip(voice.engine)
    try:
        spoken = engine.say(TEXT, voice, Manner())
        slow = engine.say(TEXT, voice, Manner(stretch=1.3))
    finally:
        engine.close()
    assert spoken.samples.dtype == np.float32
    assert_contiguous(spoken.phones, spoken.seconds)
    labels = [phone.label for phone in spoken.phones]
    assert " ".join(labels).count("B AA B Z B IH G P AH P IY") == 1
    silent = [phone for phone in spoken.phones if phone.label == SILENCE and phone.duration > 0.1]
    vowels = [phone for phone in spoken.phones if phone.label in {"AA", "AE", "AY", "EY"}]
    assert level_db(spoken.samples, spoken.rate, vowels) > level_db(spoken.samples, spoken.rate, silent) + 20
    assert 1.15 < slow.seconds / spoken.seconds < 1.45


@pytest.mark.parametrize("voice", [Voice("flite", "slt"), Voice("espeak", "en-us")], ids=lambda v: v.label)
def test_pitch_is_obeyed(voice):
    engine = engine_or_skip(voice.engine)
    medians = []
    for pitch in (90.0, 180.0):
        utterance = at_corpus_rate(engine.say(TEXT, voice, Manner(pitch_hz=pitch)))
        track, _ = pitch_and_voicing(utterance.samples, int(utterance.seconds * 25), Progress())
        medians.append(np.median(track[track > 0]))
    engine.close()
    assert medians[1] > 1.3 * medians[0]


def test_festival_says_one_thing_after_the_other_and_recovers():
    festival = engine_or_skip("festival")
    voice = Voice("festival", "kal_diphone")
    first = festival.say(TEXT, voice, Manner())
    with pytest.raises(UserError, match=r"^festival could not synthesize"):
        festival.say(TEXT, Voice("festival", "nobody"), Manner())
    again = festival.say(TEXT, voice, Manner())
    festival.close()
    assert np.array_equal(first.samples, again.samples)
    assert first.phones == again.phones


def test_espeak_refuses_a_voice_it_lacks():
    espeak = engine_or_skip("espeak")
    with pytest.raises(UserError, match="no voice 'klingonese'"):
        espeak.say(TEXT, Voice("espeak", "klingonese"), Manner())
    espeak.close()


@pytest.mark.parametrize(("engine", "package"), [(Flite, "flite"), (Festival, "festival")])
def test_a_missing_engine_is_one_sentence_that_names_the_package(engine, package, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=f"apt-get install {package}") as caught:
        engine()
    assert caught.value.code == "missing_engine"


def test_a_missing_espeak_is_one_sentence_that_names_the_package(monkeypatch):
    def refuse(name):
        raise OSError(name)

    monkeypatch.setattr("elocute.corpus.espeak.ctypes.CDLL", refuse)
    with pytest.raises(UserError, match="apt-get install espeak-ng") as caught:
        Espeak()
    assert caught.value.code == "missing_engine"
