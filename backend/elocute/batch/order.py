"""Which rows of a batch come before others, because these are made of their outputs."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

from elocute.batch.row import RefusedRow, Row

_MADE_OF: Final = ("phones", "base")
"""Columns that name files which another row of the same batch may make."""
CIRCULAR: Final = "It is made of rows that are made of each other. Correct the column base or phones."


def made_of(row: Row) -> dict[str, Path]:
    """The files that a row is made of besides its recording, and that other rows may make, by column."""
    return {name: path for name in _MADE_OF if (path := getattr(row, name)) is not None}


def needs_of(
    entries: Sequence[Row | RefusedRow], out: Path, outputs: Callable[[Row], Iterable[str]]
) -> list[set[int]]:
    """Of each row the indexes of those whose outputs it is made of.

    Args:
        entries: the rows.
        out: folder of the outputs.
        outputs: names of everything that may be written for a row.
    """
    rows = [(index, entry) for index, entry in enumerate(entries) if isinstance(entry, Row)]
    needs: list[set[int]] = [set() for _ in entries]
    if not any(made_of(row) for _, row in rows):
        return needs
    # Not Path.resolve, which raises RuntimeError where links lead in a circle.
    folder, owners = Path(os.path.realpath(out)), dict[Path, int]()
    for index, row in rows:
        for name in outputs(row):
            owners.setdefault(folder / name, index)
    for index, row in rows:
        made = (owners.get(Path(os.path.realpath(path))) for path in made_of(row).values())
        needs[index] = {owner for owner in made if owner is not None and owner != index}
    return needs


def waves(needs: Sequence[Collection[int]]) -> tuple[list[list[int]], list[int]]:
    """Rows in groups of which each needs nothing but rows of groups before it.

    Args:
        needs: of each row, the indexes of the rows that it needs.

    Returns:
        The groups, the indexes in each rising, and the rows that need themselves by way of others, or rows
        that do.
    """
    placed: set[int] = set()
    groups: list[list[int]] = []
    left = list(range(len(needs)))
    while left:
        group = [index for index in left if placed.issuperset(needs[index])]
        if not group:
            return groups, left
        groups.append(group)
        placed.update(group)
        left = [index for index in left if index not in placed]
    return groups, []
