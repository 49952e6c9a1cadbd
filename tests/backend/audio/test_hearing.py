"""What is heard where the recording, the voice or the text is not as one would wish."""

# ruff: noqa: RUF001 - IPA letters look like others on purpose

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elocute.audio.phone_json import read_phone_json, write_phone_json
from elocute.audio.phones import finder, refinement
from elocute.audio.phones.engines import ChosenRecogniser, RecogniserKind, choose_recogniser
from elocute.audio.phones.finder import PhoneSettings, find_phones
from elocute.audio.phones.heard_symbols import LEAST_CLOSED_IN_NOISE, Hearing
from elocute.audio.phones.other_voices import Level, without_other_voices
from elocute.audio.phones.phone_edges import Spike, segments
from elocute.audio.phones.posteriors import Posteriors
from elocute.audio.phones.symbols import plain, price, prices_of
from elocute.audio.phones.word_alignment import PlacedWord, WordAlignment
from elocute.audio.text.spoken_word import SpokenPhone
from elocute.audio.time_stretch import stretched
from elocute.errors import InputError
from tests.backend.audio.lines import as_audio, assert_contiguous, closures_missed

RATE = 16000
CLOSED = {"P", "B", "M"}


def find(samples, **settings):
    audio = as_audio(samples)
    found = find_phones(audio, PhoneSettings(**settings))
    assert_contiguous(found.phones, audio.seconds)
    return found


def noisy(samples, ratio_db: float, seed: int = 0):
    noise = np.random.default_rng(seed).standard_normal(len(samples)) * np.sqrt(np.mean(samples**2))
    return (samples + noise * 10.0 ** (-ratio_db / 20.0)).astype(np.float32)


def with_tones(samples, ratio_db: float):
    time = np.arange(len(samples)) / RATE
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (147.0, 220.0, 294.0, 370.0))
    level = np.sqrt(np.mean(samples**2) / np.mean(chord**2)) * 10.0 ** (-ratio_db / 20.0)
    return (samples + level * chord).astype(np.float32)


def resampled(samples, speed: float):
    places = np.arange(0.0, len(samples) - 1, speed)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


def timed(phones, factor: float):
    return tuple(replace(phone, start=phone.start * factor, end=phone.end * factor) for phone in phones)


@pytest.mark.parametrize(
    ("spoil", "factor"),
    [
        (lambda sound: noisy(sound, 8.0), 1.0),
        (lambda sound: with_tones(sound, 5.0), 1.0),
        (lambda sound: resampled(sound, 1.3), 1 / 1.3),  # a child
        (lambda sound: resampled(sound, 0.8), 1 / 0.8),
        (lambda sound: stretched(sound, 3.0), 3.0),
        (lambda sound: stretched(sound, 0.5), 0.5),
    ],
)
def test_an_exact_transcript_is_followed_however_it_sounds(all_lines, spoil, factor):
    for line in all_lines:
        found = find(spoil(line.audio.samples), transcript=line.transcript)
        assert found.source == "transcript"
        assert not any("match" in note or "Left out" in note for note in found.notes)
        truth = timed(line.phones, factor)
        assert len(closures_missed(truth, found.phones)) <= 1
        closed = [phone.label for phone in found.phones if phone.label in CLOSED]
        assert closed == [phone.label for phone in truth if phone.label in CLOSED]


def test_one_line_of_a_scene_is_found(all_lines):
    scene = "\n".join(
        ["I never liked the weather in the north.", *(line.transcript for line in all_lines), "Who are you?"]
    )
    for line in all_lines:
        found = find(line.audio.samples, transcript=scene)
        assert found.source == "transcript"
        assert closures_missed(line.phones, found.phones) == []
        assert len(found.words) == len(line.transcript.split())
        assert any("words are said in the recording" in note for note in found.notes)


def test_words_that_the_text_lacks_are_heard_and_told(all_lines):
    for line in all_lines:
        words = line.transcript.split()
        found = find(line.audio.samples, transcript=" ".join(words[: len(words) * 2 // 3]))
        assert any("more is said than the transcript holds" in note for note in found.notes)
        late = [phone for phone in found.phones if phone.start > found.words[-1].end + 0.1]
        assert len([phone for phone in late if phone.label != "SIL"]) >= 4


def with_another_voice(line, other, below_db: float):
    """A line twice, and in the pause between another line that many dB below."""
    pause = np.zeros(len(other.audio.samples) + RATE // 2, np.float32)
    level = np.sqrt(np.mean(line.audio.samples**2) / np.mean(other.audio.samples**2))
    start = RATE // 4
    pause[start : start + len(other.audio.samples)] = other.audio.samples * level * 10.0 ** (-below_db / 20.0)
    return np.concatenate([line.audio.samples, pause, line.audio.samples]), len(line.audio.samples) / RATE


def test_a_voice_in_the_background_moves_no_lips(all_lines):
    line, other = all_lines[0], all_lines[1]
    for below_db, moves in ((18.0, False), (0.0, True)):
        samples, begin = with_another_voice(line, other, below_db)
        found = find(samples, transcript=f"{line.transcript} {line.transcript}")
        end = len(samples) / RATE - begin
        between = [p for p in found.phones if begin < 0.5 * (p.start + p.end) < end and p.label != "SIL"]
        assert (len(between) > 8) == moves
        told = [note for note in found.notes if "another voice and moves no lips" in note]
        assert bool(told) != moves
        assert len(found.words) == 2 * len(line.transcript.split())


def test_a_voice_in_the_background_is_told_by_the_level_of_its_own_frames():
    level = np.full(300, -20.0)
    level[100:200] = -35.0
    a = SpokenPhone("AA", "a")
    words = tuple(
        PlacedWord(number, (a,), np.array([first]), np.array([first + 10]), 0.0)
        for number, first in enumerate((10, 120))
    )
    placed = WordAlignment(words, (), ((55, 95), (105, 115)), 0.1, 0.9)
    kept, others = without_other_voices(placed, Level(level, 0.02))
    assert (kept.untold, others) == (((105, 115),), ((55, 95),))
    nobody = WordAlignment((), (), ((55, 95),), 0.1, 0.9)
    assert without_other_voices(nobody, Level(level, 0.02)) == (nobody, ())


def test_every_phone_says_how_sure_it_is(waffles):
    sure = find(waffles.audio.samples, transcript=waffles.transcript)
    unsure = find(noisy(waffles.audio.samples, 8.0), mode="allphone")
    spoken = [phone.confidence for phone in sure.phones if phone.label != "SIL"]
    doubtful = [phone.confidence for phone in unsure.phones if phone.label != "SIL"]
    assert min(spoken) > 0.7
    assert all(0.0 <= value <= 1.0 for value in doubtful)
    assert np.mean(doubtful) < np.mean(spoken)
    assert next(phone for phone in sure.phones if phone.label == "B").ipa == "b"


def test_a_recogniser_that_is_not_there_costs_a_sentence(waffles, monkeypatch):
    def missing():
        raise ModuleNotFoundError("no", name="hama")

    def broken():
        raise OSError("no library for this system")

    chosen = choose_recogniser((RecogniserKind("hama", missing), RecogniserKind("other", broken)))
    assert chosen.recogniser is None
    assert "hama, other (no library for this system) cannot be used here" in chosen.note
    assert chosen.makeshift
    assert not choose_recogniser((RecogniserKind("hama", missing),)).makeshift
    monkeypatch.setattr(finder, "choose_recogniser", lambda: ChosenRecogniser(None, chosen.note))
    found = find(waffles.audio.samples, transcript=waffles.transcript)
    assert found.source == "transcript"
    assert found.notes == (chosen.note,)
    assert not found.makeshift
    monkeypatch.setattr(finder, "choose_recogniser", lambda: chosen)
    assert find(waffles.audio.samples, transcript=waffles.transcript).makeshift
    assert closures_missed(waffles.phones, found.phones) == []


def test_pocketsphinx_alone_keeps_an_exact_text_of_an_unusual_voice(all_lines, monkeypatch):
    monkeypatch.setattr(finder, "choose_recogniser", lambda: ChosenRecogniser(None, ""))
    for line in all_lines:
        found = find(with_tones(line.audio.samples, 5.0), transcript=line.transcript)
        assert found.source.startswith("transcript")
        assert len(closures_missed(timed(line.phones, 1.0), found.phones)) <= 1


def test_like_sounds_are_cheaper_than_unlike_ones():
    assert price("p", "b") < price("p", "f") < price("p", "s")
    assert price("ə", "ʌ") < price("ə", "i")
    assert price("y", "ʏ") < price("y", "u") < price("y", "ɑ")
    assert price("a", "p") > 5.0
    assert plain("tʰː") == "t"
    assert plain("t͡ʃ") == "tʃ"
    assert plain("ɛ̃") == "ɛ"
    symbols = ("", "p", "b", "pʰ", "s")
    assert [column for column, _ in prices_of("p", symbols)] == [1, 3, 2]


@pytest.mark.parametrize("factor", [0.4, 1.7])
def test_stretching_keeps_the_pitch(factor):
    tone = np.sin(2 * np.pi * 200.0 * np.arange(RATE) / RATE).astype(np.float32)
    other = stretched(tone, factor)
    assert len(other) == round(factor * RATE)
    middle = other[2000:-2000]
    crossings = np.count_nonzero(np.diff(np.signbit(middle))) / 2 / (len(middle) / RATE)
    assert crossings == pytest.approx(200.0, rel=0.03)


def test_confidence_and_sound_survive_a_phone_file(waffles, tmp_path):
    found = find(waffles.audio.samples, transcript=waffles.transcript)
    path = tmp_path / "line.json"
    write_phone_json(path, found.phones, found.words, waffles.audio.seconds, source=found.source)
    read = read_phone_json(path).phones
    assert [phone.ipa for phone in read] == [phone.ipa for phone in found.phones]
    assert [phone.confidence for phone in read] == pytest.approx([phone.confidence for phone in found.phones])
    path.write_text(path.read_text().replace('"confidence": 0', '"confidence": 7', 1))
    with pytest.raises(InputError):
        read_phone_json(path)


def test_a_breath_before_a_word_is_no_part_of_its_first_sound():
    level = np.full(120, -20.0)
    level[:10] = level[110:] = -60.0
    spikes = [Spike("AE", 0.2), Spike("D", 0.32), Spike("HH", 0.75), Spike("IH", 0.83)]
    placed = segments(spikes, level, 1.2)
    pause = next((start, end) for index, start, end in placed if index < 0 and start > 0.3)
    assert pause[0] < 0.4
    assert pause[1] > 0.55
    held = segments([spikes[0], Spike("S", 0.32), *spikes[2:]], level, 1.2)
    assert not any(index < 0 and 0.3 < start < 0.7 for index, start, _ in held)


def test_the_aligner_may_not_begin_a_brief_sound_long_before_it_is_heard():
    early = refinement._not_too_early((1.0, 1.5), Spike("HH", 1.53))
    assert early == (pytest.approx(1.53 - 0.099 - 0.04), 1.5)
    assert refinement._not_too_early((1.0, 1.5), Spike("S", 1.53)) == (1.0, 1.5)
    assert refinement._not_too_early((1.48, 1.55), Spike("HH", 1.53)) == (1.48, 1.55)


def test_a_doubtful_closure_heard_by_itself_is_some_other_sound():
    symbols = ("", "b", "p", "d", "a")

    def hearing(closed: float, least: float) -> Hearing:
        probabilities = np.full((6, 5), 0.01)
        probabilities[:, 0] = 0.95
        probabilities[3] = [0.1, closed, 0.05, 0.8 - closed, 0.05]
        return Hearing(Posteriors(np.log(probabilities).astype(np.float16), symbols, 0, 0.02), least)

    for closed, least, expected in (
        (0.37, 0.45, "d"),
        (0.37, 0.0, "b"),
        (0.41, 0.45, "b"),
        (0.75, 0.45, "b"),
    ):
        heard = hearing(closed, least).part(0, 6)
        (symbol,) = [each for each in heard.heard() if each.symbol in "bd"]
        sure = heard.surely_closed(replace(symbol, symbol="b", lips=closed + 0.05))
        assert sure.symbol == expected
    other = heard.surely_closed(replace(symbol, symbol="a", lips=0.1))
    assert other.symbol == "a"


def test_closures_are_doubted_in_noise_alone(waffles, monkeypatch):
    asked: list[float] = []
    made = Hearing.__init__
    monkeypatch.setattr(
        Hearing, "__init__", lambda self, heard, least=0.0: (asked.append(least), made(self, heard, least))[1]
    )
    find(waffles.audio.samples, mode="allphone")
    assert set(asked) == {0.0}
    asked.clear()
    find(noisy(waffles.audio.samples, 8.0), mode="allphone")
    assert set(asked) == {LEAST_CLOSED_IN_NOISE}
