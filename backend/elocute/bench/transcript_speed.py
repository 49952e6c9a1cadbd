"""How long transcripts take to read, language by language: the first one, and further ones."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from elocute.audio.text.reading import read_transcript

LINES: Final = {
    "en": "My father bought five big maps for $5.50 before breakfast on March 3, 2024. ",
    "de": "Meine beste Freundin backt am Wochenende 25 frische Brote und probiert ein paar Äpfel. ",
    "fr": "Ma meilleure amie prépare 25 petits pains frais pour la famille et une belle pomme verte. ",
    "es": "Mi mejor amiga siempre prepara 25 panes frescos para la familia y una manzana verde. ",
    "ru": "Моя подруга печёт 25 хлебов для семьи каждое утро. ",
    "ko": "제 친구는 매일 아침 가족을 위해 빵 25개를 굽습니다. ",
    "ja": "私の友達は毎朝家族のためにパンを25個焼きます。",
    "zh": "我的朋友每天早上为家人烤二十五个新鲜面包。",
}
_REPEATED: Final = 60


@dataclass(frozen=True)
class ReadingTime:
    """Seconds of processor time.

    Attributes:
        language: code.
        first: for one line, with everything that is loaded once.
        words: of the long text.
        long: for the long text.
    """

    language: str
    first: float
    words: int
    long: float


def reading_times() -> tuple[ReadingTime, ...]:
    """One line of each language, then sixty times that line."""
    times: list[ReadingTime] = []
    for language, line in LINES.items():
        began = time.process_time()
        read_transcript(line, language)
        first = time.process_time() - began
        began = time.process_time()
        words = len(read_transcript(line * _REPEATED, language).words)
        times.append(ReadingTime(language, first, words, time.process_time() - began))
    return tuple(times)
