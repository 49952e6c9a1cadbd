"""Phones and words as a Praat TextGrid.

Own code, for a text file of a few lines: parselmouth could write one only through Praat's scripting.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from elocute.audio.phone import Phone, Word
from elocute.errors import one_line
from elocute.storage.atomic_write import write_atomically

_SMALLEST_GAP: Final = 1e-6
_LONGEST_LABEL: Final = 1000


def textgrid_text(phones: Sequence[Phone], words: Sequence[Word], seconds: float) -> str:
    """A long-format TextGrid with the interval tiers ``words`` and ``phones``, both filling 0..seconds.

    Gaps become empty intervals; silence keeps its label ``SIL``. Line ends in a word become spaces, halves of
    characters question marks: Praat reads a label from one line of valid text. The format is described in the
    Praat manual under "TextGrid file formats".
    """
    tiers = [
        ("words", _filled([(word.text, word.start, word.end) for word in words], seconds)),
        ("phones", _filled([(phone.label, phone.start, phone.end) for phone in phones], seconds)),
    ]
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {seconds:.6f}",
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for number, (name, intervals) in enumerate(tiers, 1):
        lines += [
            f"    item [{number}]:",
            '        class = "IntervalTier"',
            f'        name = "{name}"',
            "        xmin = 0",
            f"        xmax = {seconds:.6f}",
            f"        intervals: size = {len(intervals)}",
        ]
        for index, (text, start, end) in enumerate(intervals, 1):
            quoted = one_line(text, _LONGEST_LABEL).replace('"', '""')
            lines += [
                f"        intervals [{index}]:",
                f"            xmin = {start:.6f}",
                f"            xmax = {end:.6f}",
                f'            text = "{quoted}"',
            ]
    return "\n".join(lines) + "\n"


def write_textgrid(path: Path, phones: Sequence[Phone], words: Sequence[Word], seconds: float) -> None:
    """Write :func:`textgrid_text` as UTF-8.

    Raises:
        InputError: ``path`` cannot be written.
    """
    with write_atomically(path) as temporary:
        temporary.write_text(textgrid_text(phones, words, seconds), encoding="utf-8")


def _filled(items: Sequence[tuple[str, float, float]], seconds: float) -> list[tuple[str, float, float]]:
    """Intervals that fill 0..seconds without gap or overlap, at least one."""
    filled: list[tuple[str, float, float]] = []
    now = 0.0
    for text, start, end in items:
        begin, stop = max(start, now), min(end, seconds)
        if stop - begin < _SMALLEST_GAP:
            continue
        if begin - now >= _SMALLEST_GAP:
            filled.append(("", now, begin))
        else:
            begin = now
        filled.append((text, begin, stop))
        now = stop
    if seconds - now >= _SMALLEST_GAP or not filled:
        filled.append(("", now, seconds))
    else:
        filled[-1] = (filled[-1][0], filled[-1][1], seconds)
    return filled
