"""No text ends in anything but words with places and sounds, or one sentence."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from elocute.audio.phone import ARPABET
from elocute.audio.text.reading import read_transcript
from elocute.errors import UserError

_PIECES = [
    "1", "0", "½", "1/0", "$", "€", "%", "°", "'", '"', "´", "*", "**", "(", ")", "[", "]", "{", "}", "<", ">", "&", ";",
    "&#0;", "&#x110000;", "-->", "00:00:01,000", "[00:01.00]", "\n", ":", ".", ",", "-", "–", "/", "^", "√", "e", "E9", "st",
    "ANNA:", "INT. ", "VIII", "Henry", "St.", "Jan", "am", "km", "m", "No.", "f***", "@", "#", "www.", ".com", "\u0301", "\ud800",
    "\u00ad", "\u200d", "😀", "漢", "か", "ー", "っ", "한", "я", "ا", "ा", "Ⅷ", "²", "①", "٣", "４", "İ", "ﷺ", "ni3", "xi'an", "so", "the ",
]  # fmt: skip
_TEXTS = st.lists(st.sampled_from(_PIECES) | st.text(max_size=4), max_size=14).map("".join)


@settings(max_examples=300, deadline=None)
@given(_TEXTS, st.sampled_from(["en", "auto", "ja", "zh", "ko", "fr"]))
def test_any_text_gives_words_with_places_or_one_sentence(text, language):
    try:
        read = read_transcript(text, language)
    except UserError:
        return
    assert [word.start for word in read.words] == sorted(word.start for word in read.words) or "[0" in text
    assert [word.sentence for word in read.words] == sorted(
        word.sentence for word in read.words
    ) or "[0" in text
    for word in read.words:
        assert 0 <= word.start <= word.end <= len(text)
        assert word.text
        labels = {phone.arpabet for each in word.pronunciations for phone in each}
        assert labels <= set(ARPABET)
        assert word.pronunciations or language != "en"
