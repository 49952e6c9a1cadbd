"""What becomes of names, brands and abbreviations: where each pronunciation comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from elocute.audio.text.english.letter_to_sound import spell
from elocute.audio.text.english.more_words import MORE_WORDS
from elocute.audio.text.english.reading import lexicon
from elocute.audio.text.reading import read_transcript
from elocute.audio.text.spoken_word import SpokenWord

ODD_WORDS: Final = (
    "NASA", "FBI", "CEO", "GPU", "HTML", "DVDs", "UNESCO", "COVID-19", "AT&T", "WYSIWYG", "IKEA", "BMW",
    "Hyundai", "Xiaomi", "Porsche", "YouTube", "TikTok", "GitHub", "PlayStation", "McDonald's",
    "iPhone 15", "MP3", "Blender", "Elocute", "blendshapes", "Siobhan", "Saoirse", "Nguyen",
    "Tchaikovsky", "Joaquin", "Beyonc\u00e9", "Worcestershire", "quinoa", "Pfizer", "Kubernetes",
    "Reykjavik", "Ljubljana", "Daenerys", "zorgblatt", "supercalifragilisticexpialidocious",
)  # fmt: skip


def odd_words_table(words: Sequence[str] = ODD_WORDS) -> str:
    """A Markdown table: each word, what is said, where its pronunciation comes from, and its phones."""
    lines = ["| written | said | from | phones |", "| --- | --- | --- | --- |"]
    for word in words:
        spoken = read_transcript(f"the {word} is").words[1:-1]
        said = " ".join(each.text for each in spoken)
        origins = ", ".join(dict.fromkeys(_origin(each) for each in spoken))
        phones = " ".join(phone.arpabet for each in spoken for phone in each.pronunciations[0])
        lines.append(f"| {word} | {said} | {origins} | {phones} |")
    return "\n".join(lines)


def _origin(word: SpokenWord) -> str:
    phones = tuple(phone.arpabet for phone in word.pronunciations[0])
    if word.guessed:
        return "spelling rules"
    if lexicon().in_dictionary(word.text):
        return "dictionary"
    if word.text in MORE_WORDS:
        return "own table"
    stem = word.text.removesuffix("'s").removesuffix("s")
    return "letters" if phones[: len(spell(stem))] == spell(stem) else "its parts"
