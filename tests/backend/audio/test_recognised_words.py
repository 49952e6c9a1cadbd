from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.audio.phone_classes import contact_strength
from elocute.audio.phones import hearing_finder
from elocute.audio.phones.finder import PhoneSettings, find_phones
from elocute.audio.phones.hearing_finder import HearingFinder
from elocute.audio.words.choice import ChosenWords, choose_words
from elocute.audio.words.engine import HeardText, WordsFailed, heard_text
from elocute.audio.words.moonshine import installed_folder, read_pieces
from elocute.progress import Progress
from tests.backend.audio.lines import as_audio, closures_missed

RATE = 16000


class Parrot:
    """Says the same whatever it hears."""

    name = "parrot"
    longest = 20.0
    detects = False

    def __init__(self, text: str, probability: float = 0.9) -> None:
        self._heard = HeardText(text, probability)
        self.asked = 0

    def understands(self, language: str) -> bool:
        return language == "en"

    def transcribe(self, samples, language: str) -> HeardText:
        self.asked += 1
        return self._heard


class Piecewise(Parrot):
    """Says the same, each word as doubtful as the others, and is sure of the whole all the same."""

    def __init__(self, texts: list[str], doubt: float) -> None:
        super().__init__("")
        self._heard = replace(heard_text(texts, [-doubt] * len(texts)), probability=0.9)


def find(samples, monkeypatch, engine, **settings):
    monkeypatch.setattr(hearing_finder, "choose_words", lambda wanted, language: ChosenWords(engine))
    return find_phones(as_audio(samples), PhoneSettings(**settings))


def test_recognised_words_are_followed_and_shown(waffles, monkeypatch):
    found = find(waffles.audio.samples, monkeypatch, Parrot(waffles.transcript))
    assert found.source == "recognition"
    assert found.transcript == waffles.transcript
    assert closures_missed(waffles.phones, found.phones) == []


@pytest.mark.parametrize(
    "parrot", [Parrot("Thank you for watching."), Parrot("You"), Parrot("", 0.0), Parrot("Bob", 0.9)]
)
def test_words_that_the_sounds_contradict_are_not_believed(waffles, monkeypatch, parrot):
    found = find(waffles.audio.samples, monkeypatch, parrot)
    assert found.source == "allphone"
    assert found.words == ()
    assert found.transcript is None
    assert any("No words were recognised with confidence" in note for note in found.notes)


def test_sounds_are_heard_where_a_recognised_word_is_not(waffles, monkeypatch):
    wrong = waffles.transcript.replace("waffles", "zucchini")
    found = find(waffles.audio.samples, monkeypatch, Parrot(wrong))
    assert found.source == "recognition"
    truth = [phone for phone in waffles.phones if phone.label in ("F", "L")]
    fricative = next(phone for phone in truth if phone.label == "F" and phone.start > 1.2)
    near = [p.label for p in found.phones if p.end > fricative.start - 0.1 and p.start < fricative.end + 0.1]
    assert "F" in near
    assert "zucchini" not in [word.text for word in found.words]


def test_a_word_that_its_recogniser_doubts_makes_no_sure_contact(waffles, monkeypatch):
    words = waffles.transcript.split()
    texts = [" ".join(words[: count + 1]) for count in range(len(words))]
    sure = find(waffles.audio.samples, monkeypatch, Piecewise(texts, 0.02))
    unsure = find(waffles.audio.samples, monkeypatch, Piecewise(texts, 4.0))
    assert [phone.label for phone in sure.phones] == [phone.label for phone in unsure.phones]
    pairs = [(one, two) for one, two in zip(sure.phones, unsure.phones, strict=True) if one.label in "PBM"]
    assert all(one.confidence > two.confidence for one, two in pairs)
    assert all(contact_strength(one) == 1.0 for one, _ in pairs)
    assert all(contact_strength(two) < 0.6 for _, two in pairs)


def test_words_of_little_probability_are_not_believed(waffles, monkeypatch):
    assert find(waffles.audio.samples, monkeypatch, Parrot(waffles.transcript, 0.2)).source == "allphone"


@pytest.mark.parametrize("spoken", [0.4, 0.9])
def test_words_made_of_another_language_are_not_believed(waffles, monkeypatch, spoken):
    like = "Robber and merely have wife form of ours before brick first."
    found = find(waffles.audio.samples, monkeypatch, Parrot(like, spoken))
    assert found.source == ("recognition" if spoken > 0.5 else "allphone")
    exact = find(waffles.audio.samples, monkeypatch, Parrot(waffles.transcript, spoken))
    assert exact.source == "recognition"


def test_nobody_is_asked_for_words_in_silence_noise_or_music(monkeypatch):
    time = np.arange(3 * RATE) / RATE
    noise = np.random.default_rng(1).normal(0, 0.05, 3 * RATE)
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220.0, 277.0, 330.0)) * 0.1
    for samples in (np.zeros(3 * RATE), noise, chord):
        parrot = Parrot("Thank you.")
        found = find(samples, monkeypatch, parrot)
        assert parrot.asked == 0
        assert {phone.label for phone in found.phones} == {"SIL"}


class Unsure:
    """Is as sure of P as of B, and surer that nothing new is said, for a tenth of a second in each second."""

    symbols = ("", "p", "b", "m", "a")
    blank = 0
    step = 0.02
    longest = 15.0

    def hear(self, samples):
        frames = -(-len(samples) // round(self.step * RATE))
        probabilities = np.full((frames, len(self.symbols)), 1e-5)
        probabilities[:, 0] = 1.0
        probabilities[[f for f in range(frames) if f % 50 < 5]] = (0.45, 0.27, 0.27, 0.005, 0.005)
        return np.log(probabilities).astype(np.float32)


def test_lips_that_no_single_sound_has_are_heard_without_asking_for_words(waffles, monkeypatch):
    parrot = Parrot("Thank you.")
    monkeypatch.setattr(hearing_finder, "choose_words", lambda wanted, language: ChosenWords(parrot))
    audio = as_audio(waffles.audio.samples)
    found = HearingFinder(audio, PhoneSettings(), Progress(), None, Unsure()).find()
    assert parrot.asked == 0
    assert found.source == "allphone"
    closures = [phone for phone in found.phones if phone.label in ("P", "B")]
    assert len(closures) >= 3, "one in each second"


def test_a_language_the_engine_does_not_understand_is_heard_by_its_sounds(waffles, monkeypatch):
    parrot = Parrot(waffles.transcript)
    assert find(waffles.audio.samples, monkeypatch, parrot, language="de").source == "allphone"
    assert parrot.asked == 0


class Polyglot(Parrot):
    """Understands every language, and finds out which one it is."""

    detects = True

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.languages: list[str] = []

    def understands(self, language: str) -> bool:
        return True

    def transcribe(self, samples, language: str) -> HeardText:
        self.languages.append(language)
        return super().transcribe(samples, language)


def test_an_engine_that_finds_out_the_language_is_left_to(waffles, monkeypatch):
    engine = Polyglot(waffles.transcript)
    assert find(waffles.audio.samples, monkeypatch, engine).source == "recognition"
    assert find(waffles.audio.samples, monkeypatch, engine, language="en").source == "recognition"
    assert set(engine.languages) == {"auto", "en"}
    plain = Parrot(waffles.transcript)
    assert find(waffles.audio.samples, monkeypatch, plain, language="auto").source == "recognition"


def test_what_recognises_words_is_chosen_by_language_and_wish(tmp_path):
    assert choose_words("none", "en") == ChosenWords(None)
    assert choose_words("auto", "de") == ChosenWords(None)
    if installed_folder() is not None:
        assert choose_words("auto", "en").engine.name == "Moonshine"


HINT = "Give the folder of a Whisper checkpoint, its id on the Hugging Face hub, auto or none."


def test_a_checkpoint_that_cannot_be_used_costs_a_sentence_and_moonshine_stands_in(tmp_path, monkeypatch):
    missing = str(tmp_path / "nowhere")
    for language in ("en", "auto"):
        broken, gone = choose_words(str(tmp_path), language), choose_words(missing, language)
        if installed_folder() is not None:
            assert broken.engine is gone.engine is choose_words("auto", "en").engine
            assert broken.note.endswith(f", so Moonshine recognised the words. {HINT}")
        assert broken.note.startswith(f"{tmp_path} cannot be used as a Whisper checkpoint (")
        assert gone.note.startswith(f"There is no folder {missing} with a Whisper checkpoint, so ")
        assert broken.makeshift
        assert gone.makeshift
        assert "\n" not in broken.note
    german = choose_words(missing, "de")
    assert german.engine is None
    assert german.note.endswith(f"with a Whisper checkpoint, so the sounds alone were heard. {HINT}")
    monkeypatch.setattr("elocute.audio.words.moonshine.installed_folder", lambda: None)
    assert choose_words(missing, "en").engine is None
    assert choose_words(missing, "en").note == german.note


@pytest.mark.parametrize("name", ["/nowhere", "./whisper", "~/whisper", "C:\\whisper", "a/b/c"])
def test_what_can_only_be_a_folder_is_not_looked_for_on_the_hub(name, monkeypatch):
    def asked(source):
        raise AssertionError(f"{source} was looked for")

    monkeypatch.setattr("elocute.audio.words.whisper.whisper", asked)
    assert choose_words(name, "de").note.startswith(f"There is no folder {name} with")
    monkeypatch.undo()
    hub = []
    monkeypatch.setattr("elocute.audio.words.whisper.whisper", hub.append)
    choose_words("openai/whisper-tiny", "de")
    choose_words("whisper", "de")
    assert hub == ["openai/whisper-tiny", "whisper"]


def test_a_missing_package_costs_a_sentence(monkeypatch):
    monkeypatch.setattr("elocute.audio.words.moonshine.find_spec", lambda name: None)
    chosen = choose_words("auto", "en")
    assert chosen.engine is None
    assert "No recogniser of words is installed" in chosen.note
    assert not chosen.makeshift


def test_a_recogniser_that_is_installed_and_cannot_be_loaded_may_be_there_the_next_time(waffles, monkeypatch):
    def fails(folder):
        raise ImportError("cannot allocate memory")

    monkeypatch.setattr("elocute.audio.words.moonshine.installed_folder", lambda: Path("somewhere"))
    monkeypatch.setattr("elocute.audio.words.moonshine.moonshine", fails)
    chosen = choose_words("auto", "en")
    assert chosen.makeshift
    assert "cannot allocate memory" in chosen.note
    monkeypatch.setattr(hearing_finder, "choose_words", lambda wanted, language: chosen)
    assert find_phones(as_audio(waffles.audio.samples), PhoneSettings()).makeshift


def test_pieces_of_words_are_read_from_their_file():
    long = b"x" * 200
    assert read_pieces(b"\x02ab\x00\xc8\x01" + long) == [b"ab", b"", long]
    for damaged in (b"\x02a", b"\xc8", b"\xc8\x01x"):
        with pytest.raises(OSError, match="damaged"):
            read_pieces(damaged)


class Broken(Parrot):
    def transcribe(self, samples, language: str) -> HeardText:
        raise WordsFailed("out of order")


def test_a_recogniser_of_words_that_gives_up_costs_a_sentence(waffles, monkeypatch):
    found = find(waffles.audio.samples, monkeypatch, Broken(""))
    assert found.source == "allphone"
    assert any("parrot could not recognise words (out of order)" in note for note in found.notes)
    assert found.makeshift
    assert not find(waffles.audio.samples, monkeypatch, Parrot("")).makeshift


@pytest.mark.skipif(installed_folder() is None, reason="moonshine-voice is not installed")
@pytest.mark.parametrize("seconds", [0.05, 3.0, 14.0, 28.0])
def test_moonshine_hears_pieces_of_every_length(waffles, seconds):
    samples = np.resize(waffles.audio.samples, round(seconds * RATE))
    heard = choose_words("auto", "en").engine.transcribe(samples, "en")
    assert 0.0 <= heard.probability <= 1.0
    assert "waffles" in heard.text.lower() or seconds < 1.0


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("He was a young man,", "He was a young man."),
        ("go forward", "go forward."),
        ("Is it? Yes!", "Is it? Yes!"),
        ("\u597d\u3002", "\u597d\u3002"),
        ("he said \u201cno.\u201d", "he said \u201cno.\u201d"),
    ],
)
def test_the_words_heard_are_a_sentence_of_their_own(said, shown, waffles, monkeypatch):
    monkeypatch.setattr(HearingFinder, "_believed", lambda *_: [])
    found = find(waffles.audio.samples, monkeypatch, Parrot(said))
    assert f"Words heard: {shown} Where they are wrong, give the right ones as transcript." in found.notes
