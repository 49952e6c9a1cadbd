"""A package that is not installed costs a sentence or is done without; never a failure."""

# ruff: noqa: RUF001 - IPA letters look like others on purpose

from __future__ import annotations

import sys

import pytest

from elocute.audio.phones.engines import choose_recogniser
from elocute.audio.phones.finder import PhoneSettings, find_phones
from elocute.audio.phones.hama_recogniser import hama_recogniser
from elocute.audio.text import graphemes_to_phonemes
from elocute.audio.text.other import japanese, verbalise
from elocute.audio.text.reading import read_transcript
from elocute.audio.words.choice import choose_words
from elocute.audio.words.moonshine import moonshine
from elocute.audio.words.whisper import whisper
from tests.backend.audio.tiny_whisper import write_tiny_whisper

CACHES = (
    hama_recogniser,
    moonshine,
    whisper,
    graphemes_to_phonemes._translator,
    graphemes_to_phonemes._alone,
    japanese._kakasi,
    verbalise._said,
)


@pytest.fixture
def hide(monkeypatch):
    """Hides a package from ``import`` and from ``find_spec``; what was loaded of it is loaded anew."""

    def hidden(package: str) -> None:
        monkeypatch.setitem(sys.modules, package, None)
        for cache in CACHES:
            cache.cache_clear()

    yield hidden
    monkeypatch.undo()
    for cache in CACHES:
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
def test_without_the_packages_of_whisper_the_sounds_are_heard(hide, tmp_path, package):
    write_tiny_whisper(tmp_path)
    hide(package)
    chosen = choose_words(str(tmp_path), "en")
    assert chosen.engine is None
    assert chosen.note == (
        "Whisper needs the packages torch and transformers, so the sounds alone were heard."
    )


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
