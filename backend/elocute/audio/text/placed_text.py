"""Text that is rewritten step by step while every character keeps its place in the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Replacement = Callable[[re.Match[str]], str | None]
"""Gives the new text for a match, or None to leave it as it is."""

# A mark, a Hangul vowel or final, a half-width kana's voicing: parts of the character before them.
_CONTINUES = re.compile(r"[\u0300-\u036f\u1160-\u11ff\u3099\u309a\uff9e\uff9f]")

_LONGEST_CLUSTER = 16
"""Characters that are composed at once: putting marks in order costs their number squared."""


@dataclass(frozen=True)
class PlacedText:
    """A text, and for each of its characters the stretch of the original that it stands for.

    Attributes:
        text: as it is now.
        starts: for each character the first character of its stretch.
        ends: for each character the one behind its stretch.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str) -> PlacedText:
        """The original itself."""
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that the characters from ``start`` to ``end`` stand for."""
        return self.starts[start], self.ends[end - 1]

    def part(self, start: int, end: int) -> PlacedText:
        """The characters from ``start`` to ``end``."""
        return PlacedText(self.text[start:end], self.starts[start:end], self.ends[start:end])

    @classmethod
    def joined(cls, parts: Iterable[PlacedText]) -> PlacedText:
        """The parts one behind another, in whatever order their originals are."""
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for each in parts:
            texts.append(each.text)
            starts += each.starts
            ends += each.ends
        return cls("".join(texts), starts, ends)

    def sub(self, pattern: re.Pattern[str], replacement: Replacement | str, group: int = 0) -> PlacedText:
        """Replace every match, or one group of it; each new character stands for all that is replaced."""
        new = replacement if callable(replacement) else lambda _: replacement
        pieces: list[tuple[int, int, str]] = []
        for match in pattern.finditer(self.text):
            text = new(match)
            if text is not None and text != match[group]:
                pieces.append((*match.span(group), text))
        return self.with_pieces(pieces)

    def with_pieces(self, pieces: Sequence[tuple[int, int, str]]) -> PlacedText:
        """Replace the stretches (start, end, text), which rise and do not overlap."""
        if not pieces:
            return self
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, text in pieces:
            texts += (self.text[done:start], text)
            starts += self.starts[done:start]
            ends += self.ends[done:start]
            if text:
                first, last = self.place(start, end) if end > start else self._gap(start)
                starts += [first] * len(text)
                ends += [last] * len(text)
            done = end
        texts.append(self.text[done:])
        starts += self.starts[done:]
        ends += self.ends[done:]
        return PlacedText("".join(texts), starts, ends)

    def translate(self, table: Mapping[int, str]) -> PlacedText:
        """Replace single characters, each by any number of them."""
        return self.with_pieces(
            [
                (index, index + 1, table[ord(character)])
                for index, character in enumerate(self.text)
                if ord(character) in table
            ]
        )

    def normalized(self, form: str) -> PlacedText:
        """Unicode's normal form ``NFC``, ``NFKC``, ``NFD`` or ``NFKD``, character by character."""
        if self.text.isascii():
            return self
        pieces: list[tuple[int, int, str]] = []
        start = 0
        while start < len(self.text):
            end = start + 1
            while end < min(len(self.text), start + _LONGEST_CLUSTER) and _CONTINUES.match(self.text[end]):
                end += 1
            old = self.text[start:end]
            new = old if old.isascii() else unicodedata.normalize(form, old)  # type: ignore[arg-type]
            if new != old:
                pieces.append((start, end, new))
            start = end
        return self.with_pieces(pieces)

    def _gap(self, position: int) -> tuple[int, int]:
        """The empty stretch between two characters."""
        at = self.ends[position - 1] if position else 0
        return at, at
