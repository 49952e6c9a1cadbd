"""A pronouncing dictionary that is looked into where it lies: ten words do not need 135,000 taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

_END_OF_WORD: Final = re.compile(rb"[ (\n]")

_KEPT: Final = 50_000
"""Words, known or not, that are remembered: a service reads the same ones again and again."""


class DictionaryFile(Mapping[str, str]):
    """Word -> phones with spaces between, of a file in the form of CMUdict.

    Args:
        content: a line for each pronunciation: ``word phones``, further ones as ``word(2) phones``; in the
            order of the words' bytes, all pronunciations of a word one after another.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._known = lru_cache(maxsize=_KEPT)(self._look_up)

    def __getitem__(self, word: str) -> str:
        phones = self._known(word)
        if phones is None:
            raise KeyError(word)
        return phones

    def _look_up(self, word: str) -> str | None:
        if " " in word:
            return None
        wanted = word.encode("utf-8", "surrogatepass") + b" "
        spelled = wanted[: self._end_of_word(wanted, 0)]
        place = self._first_line(spelled)
        while place < len(self._content):
            if self._content.startswith(wanted, place):
                return self._content[place + len(wanted) : self._end_of_line(place)].decode().rstrip()
            if self._content[place : self._end_of_word(self._content, place)] != spelled:
                break
            place = self._end_of_line(place) + 1
        return None

    def __iter__(self) -> Iterator[str]:
        for line in self._content.decode().splitlines():
            yield line.partition(" ")[0]

    def __len__(self) -> int:
        return self._content.count(b"\n") + (self._content[-1:] not in (b"", b"\n"))

    def __bool__(self) -> bool:
        return bool(self._content)

    def _first_line(self, spelled: bytes) -> int:
        """Where the first line begins whose word is not before ``spelled``: halving, as in a printed one."""
        low, high = 0, len(self._content)
        while low < high:
            middle = (low + high) // 2
            start = max(low, self._content.rfind(b"\n", low, middle) + 1)
            if self._content[start : self._end_of_word(self._content, start)] < spelled:
                low = self._end_of_line(middle) + 1
            else:
                high = start
        return low

    def _end_of_line(self, place: int) -> int:
        end = self._content.find(b"\n", place)
        return len(self._content) if end < 0 else end

    @staticmethod
    def _end_of_word(text: bytes, place: int) -> int:
        found = _END_OF_WORD.search(text, place)
        return len(text) if found is None else found.start()
