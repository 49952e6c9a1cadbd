"""Words and phones of a take as the user edits them: pure changes of a :class:`PhoneList`.

Every edit gives the list anew and the seconds that it touches, with as much around them as neighbours feel.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from .backend.messages import PhoneList, PhoneMessage, WordMessage
from .errors import UserError

AROUND: Final = 0.24
"""Seconds on both sides in which a sound is felt."""
SHORTEST: Final = 0.03
"""Seconds of a word at least."""
_SILENCE: Final = "SIL"
_TOUCHING: Final = 1e-4
_ROUNDING: Final = 1e-9
_FORMAT: Final = 1
_LABELS: Final = frozenset(
    {
        "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH",
        "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V",
        "W", "Y", "Z", "ZH", "SIL",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Edited:
    """What an edit made of a list, and the seconds that it touches."""

    phones: PhoneList
    touched: tuple[float, float]


def phones_of(told: PhoneList, word: WordMessage) -> list[int]:
    """Indices of the phones of a word: those whose middle lies in it, silence apart."""
    return [
        index
        for index, phone in enumerate(told.phones or ())
        if phone.label != _SILENCE and word.start <= (phone.start + phone.end) / 2 < word.end
    ]


def moved(told: PhoneList, index: int, start: float, end: float) -> Edited:
    """A word at another time; a neighbour that touches it, or that it reaches into, gives way.

    Raises:
        UserError: no room is left for it or for a neighbour.
    """
    word = _word(told, index)
    if not (0 <= start and start + SHORTEST - _ROUNDING <= end <= told.seconds + 1e-6):
        raise UserError(
            f"{word.text} cannot be from {start:.2f} to {end:.2f} s.",
            f"Give it {SHORTEST:.2f} s or more within the line.",
        )
    words, changed = list(told.words), {index: (start, end)}
    if index > 0 and (words[index - 1].end > start or _touch(words[index - 1], word)):
        changed[index - 1] = (words[index - 1].start, start)
    if index + 1 < len(words) and (words[index + 1].start < end or _touch(word, words[index + 1])):
        changed[index + 1] = (end, words[index + 1].end)
    for number, (first, last) in changed.items():
        if last - first < SHORTEST - _ROUNDING:
            raise UserError(
                f"No time is left for {words[number].text}.", "Move its own boundary first, or move less far."
            )
    phones = list(told.phones or ())
    touched = [start, end, word.start, word.end]
    placed: list[PhoneMessage] = []
    gone: set[int] = set()
    for number, (first, last) in changed.items():
        old = words[number]
        own = phones_of(told, old)
        gone |= set(own)
        scale = (last - first) / max(old.end - old.start, 1e-9)
        placed += [
            replace(
                phones[i],
                start=first + (min(max(phones[i].start, old.start), old.end) - old.start) * scale,
                end=first + (min(max(phones[i].end, old.start), old.end) - old.start) * scale,
            )
            for i in own
        ]
        words[number] = replace(old, start=first, end=last)
        touched += [old.start, old.end]  # a neighbour's sounds move too, each by its share
    rest = [phone for i, phone in enumerate(phones) if i not in gone and phone.label != _SILENCE]
    return edited(told, words, [*rest, *placed], touched)


def retyped(told: PhoneList, index: int, text: str) -> Edited:
    """Another word at the same time: its phones are looked up anew when it is generated.

    Raises:
        UserError: the text is empty.
    """
    word = _word(told, index)
    if not text.strip():
        raise UserError("A word needs letters.", "Type it, or insert a silence instead.")
    own = set(phones_of(told, word))
    words = [*told.words[:index], replace(word, text=text.strip()), *told.words[index + 1 :]]
    rest = [phone for i, phone in enumerate(told.phones or ()) if i not in own and phone.label != _SILENCE]
    return edited(told, words, rest, [word.start, word.end])


def rephoned(told: PhoneList, index: int, labels: Sequence[str]) -> Edited:
    """Other phones for a word: as many as before keep their times, others share the word's time.

    Raises:
        UserError: there are none, or one is not ARPAbet.
    """
    word, own = _word(told, index), phones_of(told, _word(told, index))
    plain = [label.upper().rstrip("012") for label in labels]
    if unknown := next((label for label in plain if label not in _LABELS), None):
        raise UserError(f"{unknown} is no ARPAbet phone.", "Write for example B AA M.")
    if not plain:
        raise UserError("A word needs phones.", "Write for example B AA M.")
    phones = list(told.phones or ())
    if len(plain) == len(own):
        placed = [replace(phones[i], label=label) for i, label in zip(own, plain, strict=True)]
    else:
        step = (word.end - word.start) / len(plain)
        placed = [
            PhoneMessage(label, word.start + step * n, word.start + step * (n + 1))
            for n, label in enumerate(plain)
        ]
    rest = [phone for i, phone in enumerate(phones) if i not in set(own) and phone.label != _SILENCE]
    return edited(told, list(told.words), [*rest, *placed], [word.start, word.end])


def paused(told: PhoneList, index: int, seconds: float) -> Edited:
    """A silence behind a word, which ends so much earlier.

    Raises:
        UserError: the word is too short for it.
    """
    word = _word(told, index)
    if not 0 < seconds <= word.end - word.start - SHORTEST:
        raise UserError(
            f"{word.text} is too short for a silence of {seconds:.2f} s behind it.",
            "Give a shorter silence, or move the word first.",
        )
    apart = replace(told, words=(*told.words[: index + 1],))
    edited = moved(apart, index, word.start, word.end - seconds)
    return replace(
        edited, phones=replace(edited.phones, words=(*edited.phones.words, *told.words[index + 1 :]))
    )


def given_file(told: PhoneList) -> bytes:
    """The list as the file of phones that the service takes."""
    return json.dumps(
        {
            "format": _FORMAT,
            "seconds": told.seconds,
            "source": told.phone_source,
            "transcript": None,
            "words": [{"text": word.text, "start": word.start, "end": word.end} for word in told.words],
            "phones": [
                {"phone": phone.label, "start": phone.start, "end": phone.end} for phone in told.phones or ()
            ],
        }
    ).encode()


def _touch(one: WordMessage, other: WordMessage) -> bool:
    return abs(other.start - one.end) < _TOUCHING


def _word(told: PhoneList, index: int) -> WordMessage:
    if not 0 <= index < len(told.words):
        raise UserError("There is no such word any more.", "Choose it again.")
    return told.words[index]


def edited(
    told: PhoneList, words: Sequence[WordMessage], sounds: Sequence[PhoneMessage], touched: Sequence[float]
) -> Edited:
    """A list with other words and sounds.

    Args:
        told: the list before.
        words: all words.
        sounds: all phones; silence is put wherever there is none.
        touched: seconds that were changed: the first and the last, with what is around them, are noted.
    """
    filled: list[PhoneMessage] = []
    now = 0.0
    for phone in sorted(sounds, key=lambda one: (one.start, one.end)):
        if phone.label == _SILENCE:
            continue
        start = max(phone.start, now)
        if phone.end - start <= 1e-6:
            continue
        if start - now > 1e-6:
            filled.append(PhoneMessage(_SILENCE, now, start))
        filled.append(replace(phone, start=start))
        now = phone.end
    if told.seconds - now > 1e-6:
        filled.append(PhoneMessage(_SILENCE, now, told.seconds))
    first, last = max(min(touched) - AROUND, 0.0), min(max(touched) + AROUND, told.seconds)
    return Edited(replace(told, words=tuple(words), phones=tuple(filled)), (first, last))
