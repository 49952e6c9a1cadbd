"""Texts in another language than the one that was said, and texts of something else."""

from __future__ import annotations

import pytest

from elocute.audio.phones import told_language
from elocute.audio.phones.finder import PhoneSettings, find_phones
from elocute.audio.phones.told_language import ToldText, follow_text
from elocute.audio.phones.word_alignment import WordAlignment
from elocute.audio.text.spoken_word import SpokenText
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


class Fitting:
    """Every text fits in every language, at a price; in that which was given at a higher one."""

    def __init__(self, given: str, cost: float = 1.2) -> None:
        self.given, self.cost = given, cost
        self.tried: list[str] = []

    def __call__(self, hearing, text: str, language: str) -> ToldText:
        self.tried.append(language)
        placed = WordAlignment((), (), (), self.cost if language == self.given else 0.7, 1.0)
        return ToldText(SpokenText((), language, ()), placed, ())


@pytest.fixture
def fitting(monkeypatch):
    def install(given: str, cost: float = 1.2) -> Fitting:
        reader = Fitting(given, cost)
        monkeypatch.setattr(told_language, "_read", reader)
        monkeypatch.setattr(WordAlignment, "fits", property(lambda placed: placed.cost < 1.95))
        return reader

    return install


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Watashi no haha wa maiasa pan o tabemasu.", "ja"),
        ("Haruki, Sakura, Makoto, Yamanaka, Mononoke", "ja"),
        ("T\u014dky\u014d e ikimash\u014d!", "ja"),
        ("\u79c1\u306f\u5b66\u751f\u3067\u3059", "ja"),
        ("Wo jintian xiawu qu chaoshi mai dongxi.", "zh"),
        ("W\u01d2 q\u00f9 ch\u0101osh\u00ec.", "zh"),
        ("Wo3 qu4 chao1shi4.", "zh"),
        ("La mia amica porta una torta alla nonna.", "it"),
        ("Meine beste Freundin backt am Wochenende.", "de-AT"),
    ],
)
def test_the_language_given_is_kept_where_the_text_can_be_in_it(fitting, text, language):
    code = language.split("-")[0]
    reader = fitting(code)
    told = follow_text(None, text, language)
    assert told.script.language == code
    assert told.notes == ()
    assert reader.tried == [code]


@pytest.mark.parametrize("language", ["ja", "zh", "de", "it"])
def test_a_language_given_is_overruled_where_the_text_is_in_another(fitting, language):
    fitting(language)
    told = follow_text(None, "We never know what the weather brings through the night.", language)
    assert told.script.language == "en"
    assert any("so it was read in English" in note for note in told.notes)


def test_a_language_in_which_the_text_does_not_fit_is_overruled(fitting):
    fitting("ja", cost=2.5)
    told = follow_text(None, "Sakura, Makoto", "ja")
    assert told.script.language != "ja"
