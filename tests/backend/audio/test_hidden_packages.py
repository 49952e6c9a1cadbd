"""A package that is not installed costs a sentence or is done without; never a failure."""

# ruff: noqa: RUF001 - IPA letters look like others on purpose

from __future__ import annotations

import sys
from functools import lru_cache

import pytest

from elocute.audio.phone_classes import BILABIALS
from elocute.audio.phones import processes
from elocute.audio.phones.engines import choose_recogniser
from elocute.audio.phones.finder import PhoneSettings, find_phones, start_hearing
from elocute.audio.phones.hama_recogniser import hama_recogniser
from elocute.audio.text import graphemes_to_phonemes
from elocute.audio.text.english import reading as english
from elocute.audio.text.other import japanese, verbalise
from elocute.audio.text.reading import language_of, read_transcript
from elocute.audio.words.choice import choose_words
from elocute.audio.words.moonshine import moonshine
from elocute.audio.words.whisper import whisper
from tests.backend.audio.tiny_whisper import write_tiny_whisper

CACHES = (
    hama_recogniser,
    moonshine,
    whisper,
    graphemes_to_phonemes._alone,
    japanese._kakasi,
    verbalise._said,
    english.lexicon,
)


@pytest.fixture
def hide(monkeypatch):
    """Hides a package from ``import`` and from ``find_spec``; what was loaded of it is loaded anew."""

    def hidden(package: str) -> None:
        monkeypatch.setitem(sys.modules, package, None)
        for cache in caches:
            cache.cache_clear()

    rules = lru_cache(graphemes_to_phonemes._translator.__wrapped__)
    monkeypatch.setattr(graphemes_to_phonemes, "_translator", rules)
    caches = (*CACHES, rules)
    yield hidden
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def said_in(text: str, language: str) -> tuple[list[str], tuple[str, ...]]:
    read = read_transcript(text, language)
    sounds = ["".join(phone.ipa for phone in word.pronunciations[0]) for word in read.words]
    return sounds, read.notes


def test_without_hama_pocketsphinx_hears(hide, waffles):
    hide("hama")
    assert choose_recogniser().recogniser is None
    found = find_phones(waffles.audio, PhoneSettings(transcript=waffles.transcript))
    assert found.source == "transcript"
    (note,) = found.notes
    assert "The phone recogniser hama cannot be used here, so pocketsphinx hears the phones" in note


SPELLED = (
    "pocketsphinx is not installed, so English words are pronounced by rules of spelling and edges of phones "
    "are less exact."
)


def closures(phones) -> list[float]:
    return [round(phone.start, 1) for phone in phones if phone.label in BILABIALS]


@pytest.fixture
def no_process(monkeypatch):
    """No phone process may be started: without pocketsphinx it ends at once, three times a request."""

    def start(*_arguments):
        raise AssertionError("a phone process was started")

    monkeypatch.setattr(processes, "start_child", start)


def test_without_pocketsphinx_hama_hears_alone(hide, waffles, no_process):
    hide("pocketsphinx")
    start_hearing()
    found = find_phones(waffles.audio, PhoneSettings(transcript=waffles.transcript))
    assert found.source == "transcript"
    assert found.notes == (SPELLED,)
    true = closures(waffles.phones)
    heard = closures(found.phones)
    alone = find_phones(waffles.audio, PhoneSettings(words="none"))
    assert alone.source == "allphone"
    assert alone.notes == ("pocketsphinx is not installed, so edges of phones are less exact.",)
    assert len(heard) == len(true)
    assert max(abs(one - other) for one, other in zip(true, heard, strict=True)) < 0.11


def test_without_pocketsphinx_words_are_sounded_out_with_one_sentence(hide):
    known = said_in("My father bought five big maps", "en")[0]
    hide("pocketsphinx")
    sounds, notes = said_in("My father bought five big maps", "en")
    assert notes == (SPELLED,)
    lips = "mfbvp"
    assert [[sound for sound in word if sound in lips] for word in sounds] == [
        [sound for sound in word if sound in lips] for word in known
    ]
    assert language_of("My father bought five big maps of the moon") == "en"
    assert language_of("Guten Morgen, mein Freund, wie geht es dir?") == "de"


def test_without_any_recogniser_there_are_no_phones_and_a_sentence(hide, waffles, no_process):
    hide("pocketsphinx")
    hide("hama")
    start_hearing()
    found = find_phones(waffles.audio, PhoneSettings(transcript=waffles.transcript))
    assert found.phones is None
    assert found.source == "none"
    (note,) = found.notes
    assert note.startswith("Neither the phone recogniser hama nor pocketsphinx can be used here")


@pytest.mark.parametrize(
    ("package", "sentence"),
    [
        ("moonshine_voice", "No recogniser of words is installed (moonshine-voice)"),
        ("onnxruntime", "onnxruntime is not installed"),
    ],
)
def test_without_a_recogniser_of_words_the_sounds_are_heard(hide, waffles, package, sentence):
    hide(package)
    found = find_phones(waffles.audio, PhoneSettings())
    assert found.source == "allphone"
    assert found.notes == (f"{sentence}, so the sounds alone were heard.",)


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_without_the_packages_of_whisper_another_stands_in_or_the_sounds_are_heard(hide, tmp_path, package):
    write_tiny_whisper(tmp_path)
    hide(package)
    needs = "Whisper needs the packages torch and transformers"
    chosen = choose_words(str(tmp_path), "en")
    assert chosen.engine is not None
    assert chosen.note.startswith(f"{needs}, so {chosen.engine.name} recognised the words.")
    hide("moonshine_voice")
    chosen = choose_words(str(tmp_path), "en")
    assert chosen.engine is None
    assert chosen.note.startswith(f"{needs}, so the sounds alone were heard.")


@pytest.mark.parametrize(
    ("package", "language", "text"),
    [
        ("espyak", "de", "Guten Morgen, Bernd."),
        ("pypinyin", "zh", "\u6211\u4eec\u53bb\u516c\u56ed"),
        ("pykakasi", "ja", "\u79c1\u306f\u5b66\u751f\u3067\u3059"),
    ],
)
def test_a_language_whose_package_is_missing_is_told(hide, waffles, package, language, text):
    read, notes = said_in(text, language)
    assert read
    assert notes == ()
    hide(package)
    found = find_phones(waffles.audio, PhoneSettings(transcript=text, language=language))
    assert not found.source.startswith("transcript")
    assert len([note for note in found.notes if f"needs the package {package}" in note]) == 1


def test_kana_and_romaji_need_no_package(hide):
    for package in ("pykakasi", "espyak", "num2words"):
        hide(package)
    assert said_in("\u3053\u3093\u306b\u3061\u306f", "ja")[1] == ()
    assert said_in("Konnichiwa", "ja")[0] == said_in("\u3053\u3093\u306b\u3061\u306f", "ja")[0]


def test_english_numbers_need_no_package(hide):
    hide("num2words")
    with_numbers, notes = said_in("On 12/25/2024 we paid $1.5M for 23 farms, the 42nd in 1998.", "en")
    assert notes == ()
    assert len(with_numbers) == 25


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [("de", "Ich habe 23 Hunde", "tsvantsɪç"), ("fr", "J'ai 23 chiens", "tʁwa"), ("es", "Tengo 23", "tɾes")],
)
def test_numbers_of_other_languages_are_read_by_simpler_rules(hide, language, text, spoken):
    hide("num2words")
    sounds, notes = said_in(text, language)
    assert any(spoken in word for word in sounds)
    assert notes == ("num2words is not installed, so numbers are read by simpler rules.",)
    assert said_in(text.replace("23", ""), language)[1] == ()
