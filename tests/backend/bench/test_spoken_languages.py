"""The ten languages that the phone front end is measured in."""

from __future__ import annotations

import shutil

import pytest

from elocute.audio.phone import ARPABET, SILENCE
from elocute.audio.text.reading import languages_of, read_transcript
from elocute.bench.spoken_languages import LANGUAGES, label_of, spoken_lines


def test_ten_languages_can_be_read_and_are_guessed_or_close():
    assert len({language.code for language in LANGUAGES}) == 10
    for language in LANGUAGES:
        assert not language.phones or len(language.phones) == len(language.texts)
        for text in language.texts:
            text.encode(language.encoding)
            assert read_transcript(text, language.code).words
            assert language.code in languages_of(text) or language.code in ("mr", "ca", "fi")
        # Marathi is written as Hindi is; short sentences of the others look like their neighbours'
        guessed = {code for text in language.texts for code in languages_of(text)}
        assert language.code in guessed or (language.code, guessed) == ("mr", {"hi"})


def test_names_of_phones_become_lips():
    names = {"a1": "AA", "a:": "AA", "pp": "P", "m:": "M", "b": "B", "bh": "B", "s~": "SH", "#": SILENCE}
    assert {name: label_of(name) for name in names} == names
    assert label_of("never heard of") == "AH"
    for language in LANGUAGES:
        for line in language.phones:
            assert {label_of(name) for name in line.split()} <= {*ARPABET, SILENCE}


@pytest.mark.skipif(shutil.which("festival") is None, reason="festival is not installed")
def test_a_language_is_spoken_with_its_phones():
    english = next(language for language in LANGUAGES if language.code == "en")
    line = next(iter(spoken_lines(english)))
    assert line.phones[-1].end == pytest.approx(len(line.samples) / 16000)
    assert [phone.label for phone in line.phones if phone.label in "PBM"] == list("MBBBMPPBP")
