"""Phones and words that somebody gives with their times: as JSON, Praat TextGrid or a table.

``elocute phones`` and the add-on write the JSON; aligners such as the Montreal Forced Aligner write TextGrids
and tables; Audacity's labels are a table without a head. Phones are ARPAbet with or without stress, or the
International Phonetic Alphabet. A word without phones of its own is pronounced, and its time shared among its
sounds.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeVar

from elocute.audio.given_fit import notes_on_fit, notes_on_overlaps, tell_other_words
from elocute.audio.languages import AUTO
from elocute.audio.phone import ARPABET, SILENCE, Phone, Word
from elocute.audio.phone_classes import DIPHTHONGS, VOWELS
from elocute.audio.phone_json import parse_phone_json
from elocute.audio.speech_features import SpeechFeatures
from elocute.audio.text.ipa_lips import spoken_phones
from elocute.audio.text.plain import MAX_CHARACTERS
from elocute.errors import InputError
from elocute.number_text import read_number
from elocute.storage.guard import guarded

LARGEST: Final = 8 * 2**20
"""Bytes of such a file."""
GIVEN: Final = "given"
"""What ``SpeechFeatures.phone_source`` says of them."""
_CODE: Final = "bad_phone_file"
_ADVICE: Final = "Give a TextGrid, the .json of elocute phones, or a table with start, end and label."
_SHORTEST: Final = 1e-3
_MOST: Final = 200_000
_MOST_WORDS: Final = 20_000
"""Two hours of quick speech: each without phones of its own is pronounced by itself."""
_LATEST: Final = 1e6
_ROUNDING: Final = 0.05
"""Seconds by which the last label of a table may end after the sound that it was made of."""
_SILENT: Final = frozenset(
    {"", "sil", "sp", "spn", "nsn", "pau", "silence", "<eps>", "<p:>", "<sil>", "#", "h#", "_", "-"}
)
_TOKEN: Final = re.compile(r'"(?:[^"]|"")*"|(?<![\w\[.<])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w\]])')
_STARTS: Final = ("start", "begin", "xmin", "from", "tmin")
_ENDS: Final = ("end", "xmax", "to", "tmax", "stop")
_LABELS: Final = ("label", "phone", "text", "word", "name")
_TIERS: Final = ("type", "tier", "kind")

Interval = tuple[float, float, str]
_Timed = TypeVar("_Timed", Phone, Word)


@dataclass(frozen=True)
class GivenSpeech:
    """What is said and when, as it was given.

    Attributes:
        phones: in order of time; there may be gaps, which are silence.
        words: likewise.
        transcript: what is said, None where the words tell.
        seconds: length of the sound that it was made of, None where the file does not say it.
        notes: sentences for the user.
    """

    phones: tuple[Phone, ...]
    words: tuple[Word, ...]
    transcript: str | None = None
    seconds: float | None = None
    notes: tuple[str, ...] = ()

    def of_part(self, start: float, seconds: float) -> GivenSpeech:
        """What of it is said in a part of the recording, with times that count from the part's beginning.

        A file is one of the part, as ``elocute phones`` makes it of a segment, and stays as it is, or one of
        the whole recording, whose times count from the recording's beginning. Its length tells: it is of
        that whose length is nearer, where the recording lasts at least until the part's end. A file that
        does not tell its length is one of the whole recording where something lies after the part's length.
        Where it makes a difference, a note says which was taken.

        Args:
            start: the part's beginning, seconds.
            seconds: its length.
        """
        ends = [*(phone.end for phone in self.phones), *(word.end for word in self.words)]
        if self.seconds is None:
            of_part = max(ends, default=0.0) <= seconds + _ROUNDING
        else:
            of_part = self.seconds <= seconds + max(start / 2, _ROUNDING)
        if of_part:
            return self if start <= 0 else replace(self, notes=(*self.notes, self._taken_as_of_part()))
        moved = self.notes
        if start > 0:
            moved += (
                "The file of phones is longer than the segment, so its times count from the recording's "
                "beginning.",
            )

        def inside(each: _Timed) -> _Timed:
            return replace(each, start=max(each.start - start, 0.0), end=min(each.end - start, seconds))

        def kept(all_of_it: Sequence[_Timed]) -> tuple[_Timed, ...]:
            return tuple(
                inside(each) for each in all_of_it if each.end > start and each.start < start + seconds
            )

        return replace(
            self, phones=kept(self.phones), words=kept(self.words), seconds=None, transcript=None, notes=moved
        )

    def _taken_as_of_part(self) -> str:
        if self.seconds is not None:
            return (
                "The file of phones is as long as the segment, so its times count from the segment's "
                "beginning."
            )
        return (
            "The file of phones does not tell its length, and nothing in it lies after that of the segment, "
            "so its times are taken to count from the segment's beginning. If they are the recording's, give "
            "a TextGrid or the .json of elocute phones."
        )

    def told_to(self, speech: SpeechFeatures, language: str = AUTO) -> SpeechFeatures:
        """The features of a recording with these phones in place of its own.

        Args:
            speech: of the recording.
            language: code of the language that words without phones are read in; ``auto`` for that which
                all that is said is in most likely.

        Raises:
            InputError: all of it lies behind the end of the recording.
        """
        words = tuple(word for word in self.words if word.start < speech.seconds)
        # Silence would keep out the sounds of a word that is put into it; gaps become silence again.
        phones = [phone for phone in self.phones if phone.label != SILENCE]
        heard, notes = sorted((phone.start + phone.end) / 2 for phone in phones), dict[str, None]()
        said = self.transcript or " ".join(word.text for word in words)
        silent = [w for w in words if w.end - w.start >= _SHORTEST and not _any_within(heard, w)]
        if silent and language.lower() == AUTO:
            from elocute.audio.text.reading import language_of  # a tenth of a second, for words alone

            language = language_of(said[:MAX_CHARACTERS])  # a word alone tells little of its language
        for word in silent:
            told, own = _pronounced(word, language)
            phones += told
            notes |= dict.fromkeys(own)
        filled = contiguous(phones, speech.seconds)
        sounds = [(word.start, word.end) for word in self.words]
        sounds += [(phone.start, phone.end) for phone in self.phones if phone.label != SILENCE]
        notes |= dict.fromkeys((*self.notes, *notes_on_overlaps(phones)))
        notes |= dict.fromkeys(notes_on_fit(sounds, filled, self.seconds, speech, timed=not silent))
        if said and speech.transcript and tell_other_words(said, speech.transcript):
            notes["The transcript was not used: the file of phones tells other words."] = None
        return replace(
            speech,
            phones=filled,
            words=words,
            phone_source=GIVEN,
            transcript=said or speech.transcript,
            notes=(*speech.sound_notes, *notes),
        )


@lru_cache(maxsize=4)
def read_given_phones(content: bytes) -> GivenSpeech:
    """Read a file of phones by its content.

    Raises:
        InputError: it is none, too large, or holds a phone that nobody knows.
    """
    if len(content) > LARGEST:
        raise InputError(
            f"The file of phones is larger than {LARGEST // 2**20} MB.", "Give that of one line.", code=_CODE
        )
    with guarded(
        lambda reason: InputError(f"The file of phones cannot be read: {reason}.", _ADVICE, code=_CODE)
    ):
        told = _told(_decoded(content))
        said = max(sum(len(word.text) for word in told.words), len(told.transcript or ""))
        if said <= MAX_CHARACTERS and len(told.words) <= _MOST_WORDS:
            return told
        raise InputError(
            "The words of the file of phones are more than one recording has.",
            f"Give at most {_MOST_WORDS} words of {MAX_CHARACTERS} characters in all.",
            code=_CODE,
        )
    raise AssertionError  # guarded ends in a value or an error


def _told(text: str) -> GivenSpeech:
    if text.lstrip().startswith("{"):
        file = parse_phone_json(text, "The file of phones")
        return GivenSpeech(_ordered(file.phones), file.words, file.transcript, file.seconds)
    if "IntervalTier" not in text:
        return _of_tiers(_tiers_of_table(text))
    tiers = dict(_tiers_of_textgrid(text))  # which fill the whole of their recording
    ends = [end for tier in tiers.values() for _, end, _ in tier]
    return replace(_of_tiers(tiers), seconds=max(ends, default=None))


def contiguous(phones: Sequence[Phone], seconds: float) -> tuple[Phone, ...]:
    """Phones from 0 to ``seconds`` without gap or overlap: gaps are silence, a later phone gives way."""
    filled: list[Phone] = []
    now = 0.0
    for phone in sorted(phones, key=lambda one: (one.start, one.end)):
        start, end = max(phone.start, now), min(phone.end, seconds)
        if end - start < _SHORTEST:
            continue
        if start - now >= _SHORTEST:
            filled.append(Phone(SILENCE, now, start))
        else:
            start = now
        filled.append(replace(phone, start=start, end=end))
        now = end
    if seconds - now >= _SHORTEST or not filled:
        filled.append(Phone(SILENCE, now, seconds))
    else:
        filled[-1] = replace(filled[-1], end=seconds)
    return tuple(filled)


def _any_within(times: Sequence[float], word: Word) -> bool:
    """Whether one of rising times lies in a word."""
    place = bisect_left(times, word.start)
    return place < len(times) and times[place] <= word.end


def _pronounced(word: Word, language: str) -> tuple[list[Phone], tuple[str, ...]]:
    """The phones of a word, each with its share of the word's time, and sentences for the user."""
    from elocute.audio.text.reading import read_transcript

    read = read_transcript(word.text, language)
    sounds = [sound for said in read.words if said.pronunciations for sound in said.pronunciations[0]]
    if not sounds:
        return [], (f"The word {word.text} cannot be pronounced, so the mouth rests in it.",)
    shares = [_share(sound.arpabet) for sound in sounds]
    length, at, phones = word.end - word.start, 0.0, list[Phone]()
    for sound, share in zip(sounds, shares, strict=True):
        start = word.start + length * at / sum(shares)
        at += share
        end = word.start + length * at / sum(shares)
        phones.append(Phone(sound.arpabet, start, end, ipa=sound.ipa))
    return phones, read.notes


def _share(label: str) -> float:
    """How long a phone is beside others."""
    if label in DIPHTHONGS:
        return 2.0
    return 1.6 if label in VOWELS else 1.0


def _ordered(phones: Sequence[Phone]) -> tuple[Phone, ...]:
    return tuple(sorted(phones, key=lambda phone: (phone.start, phone.end)))


def _decoded(content: bytes) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("it is not text in UTF-8 or UTF-16") from error


def _tiers_of_textgrid(text: str) -> Iterator[tuple[str, list[Interval]]]:
    """Name and intervals of each tier, of the long and of the short form alike, as Praat reads them."""
    tokens: Iterator[str] = iter(_TOKEN.findall(text.split("<exists>", 1)[-1]))

    def number() -> float:
        token = next(tokens)
        if token.startswith('"'):
            raise ValueError(f"a number is missing before {token[:40]}")
        return float(token)

    def label() -> str:
        token = next(tokens)
        if not token.startswith('"'):
            raise ValueError(f"a text is missing before {token}")
        return token[1:-1].replace('""', '"')

    try:
        for _ in range(_count(number())):
            kind, name = label(), label()
            number(), number()
            count = _count(number())
            if kind == "IntervalTier":
                yield name, [(number(), number(), label()) for _ in range(count)]
            else:
                for _ in range(count):
                    number(), label()
    except (StopIteration, RuntimeError) as error:
        raise ValueError("it ends too early") from error


def _count(value: float) -> int:
    if not 0 <= value <= _MOST:
        raise ValueError("it has too many parts")
    return int(value)


def _tiers_of_table(text: str) -> dict[str, list[Interval]]:
    """Intervals by the name of their tier, from a table with a head, or with start, end and label."""
    sample = text.strip().partition("\n")[0]
    delimiter = max(("\t", ";", ","), key=sample.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = [(reader.line_num, row) for row in reader if any(row)]
    if not rows or len(rows) > _MOST or len(rows[0][1]) < 3:
        raise ValueError("it is neither JSON nor a TextGrid nor a table with start, end and label")
    head = [cell.strip().lower() for cell in rows[0][1]]
    start, end = _column(head, _STARTS), _column(head, _ENDS)
    label, tier = _column(head, _LABELS), _column(head, _TIERS)
    if start is None or end is None:
        start, end, label, tier = 0, 1, 2, None
    else:
        rows = rows[1:]
    named = head[label] if label is not None else ""
    if label is None:
        raise ValueError("the table has no column label")
    tiers: dict[str, list[Interval]] = {}
    for line, row in rows:
        cells = [*row, *[""] * (max(start, end, label, tier or 0) + 1 - len(row))]
        name = cells[tier] if tier is not None else named
        try:
            times = _seconds(cells[start]), _seconds(cells[end])
        except ValueError as error:
            raise ValueError(f"in line {line}, {error}") from error
        tiers.setdefault(name, []).append((*times, cells[label]))
    return tiers


def _column(head: Sequence[str], names: Sequence[str]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _seconds(text: str) -> float:
    try:
        return read_number(text.strip().replace(",", "."))
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no time in seconds") from error


def _of_tiers(tiers: dict[str, list[Interval]]) -> GivenSpeech:
    names = {name.lower(): name for name in tiers}
    phones = next((names[name] for name in names if "phon" in name or "segment" in name), None)
    words = next((names[name] for name in names if "word" in name), None)
    if phones is None and words is None and len(tiers) == 1:
        (only,) = tiers
        phones, words = (only, None) if _all_phones(tiers[only]) else (None, only)
    if phones is None and words is None:
        raise ValueError("it has no tier named phones or words")
    told = [] if phones is None else tiers[phones]
    foreign = any(not text.isascii() for *_, text in told)
    return GivenSpeech(
        _ordered([_phone(start, end, text, foreign) for start, end, text in map(_checked, told)]),
        tuple(
            Word(text.strip(), start, end)
            for start, end, text in map(_checked, [] if words is None else tiers[words])
            if text.strip().lower() not in _SILENT
        ),
    )


def _all_phones(intervals: Sequence[Interval]) -> bool:
    labels = [text.strip() for *_, text in intervals]
    return all(text.lower() in _SILENT or _arpabet(text) for text in labels)


def _checked(interval: Interval) -> Interval:
    start, end, _ = interval
    if not (0 <= start <= end <= _LATEST):
        raise ValueError(f"{start:g} to {end:g} s is no time")
    return interval


def _phone(start: float, end: float, text: str, foreign: bool) -> Phone:
    label = text.strip()
    if label.lower() in _SILENT:
        return Phone(SILENCE, start, end)
    if (known := _arpabet(label)) and not (foreign and label.islower()):
        return Phone(known, start, end)
    sounds = spoken_phones(label)
    if not sounds:
        raise ValueError(f"the phone {label[:20]!r} at {start:.2f} s is neither ARPAbet nor IPA")
    return Phone(sounds[0].arpabet, start, end, ipa=label)


def _arpabet(text: str) -> str:
    plain: str = text.rstrip("012").upper()
    return plain if plain in ARPABET else ""
