"""Where nothing is said, every model keeps the mouth still, and the user is told why."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from elocute.audio import nothing_said
from elocute.audio.analysis import analyse_speech
from elocute.audio.nothing_said import without_what_is_not_said
from elocute.audio.opening import opening_of
from elocute.audio.phone import SILENCE
from elocute.audio.phones import finder, hearing_finder
from elocute.audio.phones.engines import choose_recogniser
from elocute.audio.phones.request import PhoneSettings
from elocute.audio.segment import Segment, cut
from elocute.audio.speech_presence import speech_presence
from elocute.bench.generated_sounds import MUSIC, NOISES, RATE, at_level, coloured
from elocute.cli.main import main
from elocute.generator import GenerationSettings
from elocute.installation import standard_pipeline
from elocute.models.diffposetalk.folder import save_folder
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import EXPRESSION_INDEX, UPPER_FACE
from elocute.performance import PerformanceRequest
from elocute.progress import Progress
from tests.backend.audio.lines import as_audio
from tests.backend.diffposetalk.tiny_model import tiny_model

SECONDS = 5


def sounds() -> dict[str, tuple[np.ndarray, str]]:
    rng = np.random.default_rng(3)
    count = SECONDS * RATE
    return {
        "silence": (np.zeros(count), "it is silent"),
        "too quiet": (at_level(coloured(rng, count, 0.0), -87.0), "at -8[67] dB"),
        "noise": (NOISES["pink"](rng, count), "only noise"),
        "music": (MUSIC["guitar chords"](rng, count), "only music"),
    }


@pytest.mark.parametrize("kind", sounds())
@pytest.mark.parametrize("transcript", [None, "Good morning."])
def test_features_and_phones_are_those_of_silence(kind, transcript, monkeypatch):
    samples, meaning = sounds()[kind]
    monkeypatch.setattr(finder.PhonePool, "map", lambda *_: pytest.fail("phones were looked for"))
    speech = analyse_speech(as_audio(samples), transcript=transcript)
    assert speech.silent
    assert not speech.pitch_hz.any()
    assert [phone.label for phone in speech.phones or ()] == [SILENCE]
    assert (speech.words, speech.phone_source) == ((), "silence")
    assert speech.samples is not None
    assert not speech.samples.any()
    assert len(speech.notes) == 1
    assert speech.notes == speech.sound_notes
    assert re.search(meaning, speech.notes[0])
    assert ("the transcript was not used" in speech.notes[0]) == (transcript is not None)


def test_speech_is_left_as_it_is(waffles):
    audio = replace(waffles.audio, notes=("a note",))
    heard = without_what_is_not_said(audio, told=False)
    assert heard == replace(audio, spoken=True)
    assert heard.samples is audio.samples
    assert not analyse_speech(audio, phones="off").silent


@pytest.mark.parametrize("transcript", [None, "Five warm waffles."])
def test_whether_anything_is_said_is_looked_for_once(waffles, transcript, monkeypatch):
    looked = []

    def counted(samples, *, told=False):
        looked.append(told)
        return speech_presence(samples, told=told)

    for module in (nothing_said, hearing_finder):
        monkeypatch.setattr(module, "speech_presence", counted)
    analyse_speech(waffles.audio, transcript=transcript)
    assert looked == [transcript is not None]
    hearing_finder.HearingFinder(
        waffles.audio, PhoneSettings(transcript), Progress(), None, choose_recogniser().recogniser
    ).find()
    assert len(looked) == 2, "whoever asks for phones alone looks by itself"


def test_a_part_of_what_was_looked_at_is_looked_at_anew(waffles):
    heard = replace(waffles.audio, spoken=True)
    assert not cut(heard, Segment.parse("0.2-0.9")).spoken
    long = replace(heard, samples=np.tile(heard.samples, 10), seconds=heard.seconds * 10)
    assert not opening_of(long).spoken


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "official"
    save_folder(folder, tiny_model(), "card\n")
    return str(folder)


def performed(path: Path, model: str, style: str | None = None) -> tuple[MotionClip, tuple[str, ...]]:
    request = PerformanceRequest(model, settings=GenerationSettings(style=style, seed=2))
    performance = standard_pipeline().perform(path, request, Progress())
    return performance.clips[0], performance.notes


@pytest.mark.parametrize("kind", sounds())
@pytest.mark.parametrize(("model", "style"), [("rules", "lively"), ("elocute-lite", "over-articulated")])
def test_lips_and_jaw_rest_while_the_eyes_blink_and_the_head_idles(tmp_path, kind, model, style):
    path = tmp_path / "line.wav"
    # Not FLOAT: libsndfile writes the time of day into such files, and chance follows from the content.
    soundfile.write(path, sounds()[kind][0], RATE, subtype="PCM_24")
    clip, notes = performed(path, model, style)
    lower = [column for column in range(clip.expression.shape[1]) if column not in UPPER_FACE]
    if (kind, model) != ("silence", "rules"):  # acts silence: a smile of the style, lips that are pressed
        assert not clip.expression[:, lower].any()
    assert not clip.jaw.any()
    assert clip.expression[:, EXPRESSION_INDEX["eyeBlinkLeft"]].max() > 0.9
    assert np.ptp(clip.head, axis=0).max() > 0.002
    assert len(notes) == 1
    assert clip.meta["notes"] == list(notes)
    assert "The mouth stays at rest" in notes[0]


def test_a_click_amid_silence_says_nothing(tmp_path):
    samples = np.zeros(2 * RATE, np.float32)
    samples[RATE] = 0.98
    soundfile.write(tmp_path / "click.wav", samples, RATE)
    clip, notes = performed(tmp_path / "click.wav", "rules")
    assert not clip.jaw.any()
    assert "No speech was found" in notes[0]


def test_a_published_model_keeps_still_too_and_its_clip_says_why(tmp_path, official):
    path = tmp_path / "line.wav"
    soundfile.write(path, np.zeros(SECONDS * RATE), RATE)
    clip, notes = performed(path, official)
    assert not clip.expression.any()
    assert not clip.jaw.any()
    assert "it is silent" in notes[0]
    assert clip.meta["notes"] == [notes[0]]


def test_the_command_line_tells(tmp_path, capsys):
    path = tmp_path / "line.wav"
    soundfile.write(path, np.zeros(SECONDS * RATE), RATE)
    assert main(["generate", str(path), "--model", "rules", "--out", str(tmp_path / "c.npz")]) == 0
    assert "Note: Nothing is said in this recording: it is silent." in capsys.readouterr().out
    assert main(["phones", str(path), "--out", str(tmp_path / "c.json")]) == 0
    assert "Note: Nothing is said in this recording: it is silent." in capsys.readouterr().out
