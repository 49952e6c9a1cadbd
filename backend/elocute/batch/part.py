"""One machine's part of a batch that several work on at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from elocute.errors import SettingsError

T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """Part ``number`` of ``count``: every count-th row, so that long and short rows are spread.

    Attributes:
        number: from 1 to ``count``.
        count: how many parts there are.

    Raises:
        SettingsError: there is no such part.
    """

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count <= 1_000_000:
            raise SettingsError(
                f"There is no part {self.number} of {self.count}.", "Write K/N with K from 1 to N."
            )

    @classmethod
    def parse(cls, text: str) -> Part:
        """Read ``K/N``.

        Raises:
            SettingsError: it is not written like this.
        """
        match = re.fullmatch(r"\s*(\d{1,7})\s*/\s*(\d{1,7})\s*", text, re.ASCII)
        if match is None:
            raise SettingsError(f"The part {text[:20]!r} cannot be read.", "Write K/N, for example 2/8.")
        return cls(int(match[1]), int(match[2]))

    @property
    def whole(self) -> bool:
        """Whether it is all of the batch."""
        return self.count == 1

    @property
    def label(self) -> str:
        """Tells its files from those of other parts; empty for the whole batch."""
        return "" if self.whole else f"-{self.number}-of-{self.count}"

    def of(self, rows: Sequence[T]) -> tuple[T, ...]:
        """The rows that belong to it."""
        return tuple(rows[self.number - 1 :: self.count])
