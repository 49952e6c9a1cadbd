"""The page that lets a person look through a batch: one file, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.batch.result import RowResult
from elocute.errors import InputError
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.storage.atomic_write import write_atomically

REPORT: Final = "report.html"
SHEET_ENDING: Final = ".sheet.jpg"
"""A row's contact sheet, where one was rendered, is called ``ID.sheet.jpg``."""
MOST_DRAWN: Final = 2000
"""Rows whose curves are drawn; a page with more would be slow."""
_WIDTH, _HEIGHT = 300.0, 66.0
_POINTS: Final = 150
_LEAST_CLOSED: Final = 0.9
_LEAST_FOLLOWING: Final = 0.4
_LARGEST_SHEET: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class _Figure:
    """A measure as shown; ``odd`` marks one that is worth a look."""

    text: str
    odd: bool = False


def write_report(out: Path, results: Sequence[RowResult]) -> Path:
    """Write the page about ``results``, failures first, then odd rows; return its path.

    Args:
        out: the batch's folder, with the clips.
        results: every row.

    Raises:
        InputError: it cannot be written.
    """
    import jinja2

    ordered = sorted(results, key=_urgency)
    rows = [_row(out, result, drawn=number < MOST_DRAWN) for number, result in enumerate(ordered)]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("elocute.batch", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html.j2").render(
        title=f"Batch {out.resolve().name}",
        counts={status: 0 for status in ("failed", "done", "unchanged", "waiting")}
        | Counter(result.status for result in results),
        minutes=sum(result.seconds for result in results) / 60,
        rows=rows,
    )
    path = out / REPORT
    with write_atomically(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _urgency(result: RowResult) -> tuple[int, int]:
    rank = {"failed": 0, "waiting": 1}.get(result.status, 2)
    return rank, 0 if any(figure.odd for figure in _figures(result)) else 1


def _row(out: Path, result: RowResult, *, drawn: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        **result.to_json(),
        "figures": _figures(result),
        "curves": (),
        "sheet": _sheet(out, result),
    }
    if not (drawn and result.good and result.clips):
        return told
    try:
        clip = MotionClip.load(out / result.clips[0])
    except InputError as error:
        told["notes"] = [*told["notes"], f"The clip cannot be shown: {error.message}"]
        return told
    return {**told, "curves": _curves(clip)}


def _figures(result: RowResult) -> tuple[_Figure, ...]:
    closed = result.quality.get("lips_closed_on_pbm")
    teeth = result.quality.get("teeth_on_lip_fv")
    following = result.quality.get("opening_follows_phones")
    return (
        _share(closed, _LEAST_CLOSED),
        _share(teeth, _LEAST_CLOSED),
        _Figure("") if following is None else _Figure(f"{following:.2f}", following < _LEAST_FOLLOWING),
    )


def _share(value: float | None, least: float) -> _Figure:
    return _Figure("") if value is None else _Figure(f"{100 * value:.0f} %", value < least)


def _curves(clip: MotionClip) -> list[dict[str, str]]:
    """Lips (or jaw), brows and head of a clip as points of polylines."""
    basis = basis_of(clip.basis)
    opening = clip.jaw[:, 0].astype(np.float64) / 0.35
    brows = np.zeros(clip.frames)
    if basis.names("mouthClose", "browInnerUp"):
        close, raised = clip.expression[:, basis.columns(("mouthClose", "browInnerUp"))].astype(np.float64).T
        opening, brows = opening - close, raised
    head = np.degrees(clip.head[:, 1].astype(np.float64)) / 20
    curves = (("lips", opening, 0.0, 1.0), ("brow", brows, 0.0, 1.0), ("head", head, -1.0, 1.0))
    return [{"name": name, "points": _points(values, low, high)} for name, values, low, high in curves]


def _points(values: NDArray[np.float64], low: float, high: float) -> str:
    """At most 300 points of a polyline over the picture's width; extremes of each column of it are kept."""
    block = max(1, -(-len(values) // _POINTS))
    columns = [values[first : first + block] for first in range(0, len(values), block)]
    pairs: list[str] = []
    for number, column in enumerate(columns):
        x = _WIDTH * (number + 0.5) / len(columns)
        for value in (column.min(), column.max()) if len(column) > 1 else (column[0],):
            share = (min(max(float(value), low), high) - low) / (high - low)
            pairs.append(f"{x:.1f},{_HEIGHT - 3 - share * (_HEIGHT - 6):.1f}")
    return " ".join(pairs)


def _sheet(out: Path, result: RowResult) -> str:
    """The row's contact sheet as a data address, empty where there is none."""
    path = out / f"{result.id}{SHEET_ENDING}"
    if not path.is_file() or path.stat().st_size > _LARGEST_SHEET:
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
