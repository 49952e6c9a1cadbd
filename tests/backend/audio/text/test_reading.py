from __future__ import annotations

from elocute.audio.text.reading import read_transcript
from elocute.audio.text.spoken_word import SpokenWord, as_typed


def spoken(transcript: str, language: str = "en") -> str:
    return " ".join(word.text for word in read_transcript(transcript, language).words)


def test_every_word_keeps_its_place_in_the_text_given():
    transcript = "\u201cNa\u00efve\u201d Bob paid $5.50, at 7:05."
    places = {word.text: transcript[word.start : word.end] for word in read_transcript(transcript).words}
    assert places["naive"] == "Na\u00efve"
    assert places["bob"] == "Bob"
    assert places["five"] == "7:05"
    assert places["dollars"] == "$5.50"
    assert places["at"] == "at"


def test_words_come_with_all_their_pronunciations_in_arpabet_and_ipa():
    (word,) = read_transcript("Either").words
    heard = [" ".join(phone.arpabet for phone in each) for each in word.pronunciations]
    assert heard == ["IY DH ER", "AY DH ER"]
    assert "".join(phone.ipa for phone in word.pronunciations[0]) == "iðɝ"


def test_sentences_are_counted():
    words = read_transcript("One two. Three\nfour 3.14 five?! Six").words
    assert [word.sentence for word in words] == [0, 0, 1, 2, 2, 2, 2, 2, 2, 3]


def test_notes_name_words_as_they_are_typed():
    """Those of a number are one thing in the transcript, and are named as they are said."""
    text = "Fünf zum Frühstück, 2 zzgroks."
    spoken = read_transcript(text, "en")
    assert any("Fünf, zum, Frühstück, zzgroks." in note for note in spoken.notes)
    assert "funf" in [word.text for word in spoken.words]
    several = [SpokenWord(name, 0, 2, ()) for name in ("twenty", "one")] + [SpokenWord("ab", 3, 5, ())]
    assert as_typed(several, "21 Äb") == ("twenty", "one", "Äb")
