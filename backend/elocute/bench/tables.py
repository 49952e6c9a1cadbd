"""Scores as Markdown tables: a row for each subject, a column for each measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One measure of a table.

    Attributes:
        key: its name among the scores.
        title: with its unit, above the column.
        scale: what values are multiplied by for that unit.
        digits: after the point.
    """

    key: str
    title: str
    scale: float = 1.0
    digits: int = 2


def markdown_table(
    first: str, columns: Sequence[Column], rows: Mapping[str, Mapping[str, float | None]]
) -> str:
    """The table as text; a dash stands where there was nothing to measure.

    Args:
        first: title of the column that names the rows.
        columns: what to show, in order.
        rows: name -> scores.
    """
    lines = [
        "| " + " | ".join([first, *(column.title for column in columns)]) + " |",
        "|---" + "|---:" * len(columns) + "|",
    ]
    for name, scores in rows.items():
        cells = [_cell(scores.get(column.key), column) for column in columns]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines)


def _cell(value: float | None, column: Column) -> str:
    return "-" if value is None else f"{value * column.scale:.{column.digits}f}"
