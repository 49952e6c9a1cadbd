"""Values that a capture lacks here and there, filled from those before and after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import counted, listed
from elocute.exchange.import_format import number_in

Float64Array = NDArray[np.float64]

LACKING: Final = math.nan
"""Stands for a value that is not there."""
_NOTHING: Final = frozenset({"", "null", "none", "n/a", "na", "-"})
"""What programs write for no value, besides NaN and infinity."""
_SHOWN: Final = 5
_LONGEST: Final = 40
"""Characters of a cell or a name that are repeated."""
LARGEST_WEIGHT: Final = 1000.0
"""Of a shape, where 1 is all of it; apps that count to 100 stay below, what a fault writes does not."""
LARGEST_DEGREES: Final = 720.0
"""Two turns: more than any neck does, and than any tracker adds up."""
LARGEST_RADIANS: Final = math.radians(LARGEST_DEGREES)


def value_in(text: str) -> float:
    """A number as a file has it; :data:`LACKING` where a cell is empty or says that there is none.

    Raises:
        ValueError: it is another text.
    """
    if text.strip().lower() in _NOTHING:
        return LACKING
    number = number_in(text)
    return number if math.isfinite(number) else LACKING


def values_in(cells: Sequence[str], names: Sequence[str], line: int) -> list[float]:
    """The numbers of a line of a table.

    Args:
        cells: as the file has them; an empty one is :data:`LACKING`.
        names: of the columns.
        line: where it stands.

    Raises:
        ValueError: a cell holds another text; says where.
    """
    numbers = []
    for cell, name in zip(cells, names, strict=True):
        try:
            numbers.append(value_in(cell))
        except ValueError as error:
            raise ValueError(
                f"line {line} has {cell.strip()[:_LONGEST]!r} as {name[:_LONGEST]}, which is no number"
            ) from error
    return numbers


def check_sizes(
    table: Float64Array, names: Sequence[str], where: Sequence[str], largest: float | Sequence[float]
) -> None:
    """Refuse a table with a value that no face has.

    Args:
        table: (T, N) values; what is not finite is a gap.
        names: of the columns.
        where: of the rows, such as ``line 7``.
        largest: what a value is at most without its sign, of all columns or of each.

    Raises:
        ValueError: a value is larger; says where.
    """
    beyond = np.isfinite(table) & (np.abs(table) > np.asarray(largest))
    if beyond.any():
        row, column = (int(place) for place in np.argwhere(beyond)[0])
        raise ValueError(
            f"{where[row]} has {table[row, column]:.6g} as {names[column]}, more than a face can have"
        )


def filled(
    times: Float64Array, table: Float64Array, names: Sequence[str]
) -> tuple[Float64Array, tuple[str, ...]]:
    """A table without gaps, and sentences about what was filled.

    Each column goes straight over its gaps, in time, and holds its first and last value before and after
    these. One that has no value at all is at rest, 0.

    Args:
        times: (T,) seconds of the rows, in any order.
        table: (T, N) values; what is not finite is a gap.
        names: of the columns.
    """
    there = np.isfinite(table)
    if there.all():
        return table, ()
    whole, count, empty = table.copy(), 0, []
    order = np.argsort(times, kind="stable")
    for column in np.flatnonzero(~there.all(axis=0)).tolist():
        known = there[:, column]
        if not known.any():
            whole[:, column] = 0.0
            empty.append(names[column])
            continue
        rows = order[known[order]]
        whole[~known, column] = np.interp(times[~known], times[rows], table[rows, column])
        count += int((~known).sum())
    notes = []
    if count:
        notes.append(
            f"{counted(count, 'value')} missing or no number, filled from the ones before and after in time."
        )
    if empty:
        notes.append(f"The file has no values of {listed(empty, _SHOWN)}; they stay at rest.")
    return whole, tuple(notes)
