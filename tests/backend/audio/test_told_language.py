"""Texts in another language than the one that was said, and texts of something else."""

from __future__ import annotations

import pytest

from elocute.audio.phones.finder import PhoneSettings, find_phones
from tests.backend.audio.lines import SpokenLine, closures_missed

TRANSLATIONS = {
    "waffles": (
        "Bernd und Monika essen zum Mittag fünf warme Pfannkuchen.",
        "Robert et Marie mangent cinq gaufres chaudes avant le petit déjeuner.",
        "Roberto y María tienen cinco gofres calientes antes del desayuno.",
        "Roberto e Maria mangiano cinque cialde calde prima di colazione.",
    ),
    "movie": (
        "Wir haben noch nie einen Film über Frauen in der Politik gesehen.",
        "Einen Kinofilm, der von Frauen im Bundestag handelt, sahen wir nie.",
        "Nous n'avons jamais vu de film sur les femmes en politique.",
        "Nunca hemos visto una película sobre mujeres en la vida pública.",
    ),
}


def find(line: SpokenLine, text: str, language: str = "auto"):
    return find_phones(line.audio, PhoneSettings(transcript=text, language=language))


def test_a_translation_of_what_is_said_is_not_used_and_that_is_told(all_lines):
    lines = {"waffles": all_lines[0], "movie": all_lines[2]}
    for name, texts in TRANSLATIONS.items():
        for text in texts:
            for language in ("auto", "en"):
                found = find(lines[name], text, language)
                assert not found.source.startswith("transcript"), (text, language)
                assert any("does not match the recording" in note for note in found.notes)
                assert found.transcript != text


@pytest.mark.parametrize("language", ["de", "it", "auto", "en"])
def test_an_english_text_is_followed_whatever_language_was_said(all_lines, language):
    for line in all_lines[:3]:
        found = find(line, line.transcript, language)
        assert found.source == "transcript"
        assert closures_missed(line.phones, found.phones) == []
        read_otherwise = any("so it was read in English" in note for note in found.notes)
        assert read_otherwise or language not in ("de",)
        assert not (read_otherwise and language in ("auto", "en"))


def test_an_english_text_that_looks_foreign_is_read_in_english(waffles, monkeypatch):
    monkeypatch.setattr("elocute.audio.phones.told_language.languages_of", lambda text: ("de", "fi"))
    found = find(waffles, waffles.transcript)
    assert found.source == "transcript"
    assert closures_missed(waffles.phones, found.phones) == []
    assert {phone.ipa for phone in found.phones if phone.label == "W"} == {"w"}
    assert not any("so it was read in" in note for note in found.notes)


def test_few_words_in_common_are_not_a_text_of_the_recording(all_lines):
    texts = [line.transcript for line in all_lines]
    for line, other in zip(all_lines, texts[1:] + texts[:1], strict=True):
        assert find(line, other).source != "transcript"
