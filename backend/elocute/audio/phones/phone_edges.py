"""When phones start and end, from the moments in which a CTC recogniser emits them.

A recogniser trained by CTC emits a symbol as a short spike once it is sure, some time after the sound
has begun. How long after depends on the sound. The table holds the medians, and how far they scatter,
over 110 synthesized English sentences of four voices whose phone times are exact; on other recordings
edges found so are 15 to 18 ms from the true ones in the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# label: spike behind the start, spike behind the end (negative: before it), scatter of the two; milliseconds
_SPIKES: Final = MappingProxyType(
    {
        "AA": (84, -18, 22, 27), "AE": (85, -14, 15, 21), "AH": (71, 18, 14, 19), "AO": (84, -13, 22, 32),
        "AW": (90, -96, 16, 52), "AY": (91, -69, 14, 30), "B": (103, 34, 20, 12), "CH": (98, -20, 24, 30),
        "D": (46, -2, 16, 17), "DH": (83, 37, 19, 12), "EH": (75, -21, 15, 24), "ER": (74, -44, 12, 44),
        "EY": (82, -78, 13, 41), "F": (119, 6, 30, 12), "G": (94, 17, 14, 18), "HH": (99, 25, 17, 12),
        "IH": (74, 10, 14, 16), "IY": (73, -48, 17, 31), "JH": (103, -10, 26, 18), "K": (89, -1, 31, 18),
        "L": (86, -8, 18, 20), "M": (78, 12, 31, 28), "N": (53, -9, 14, 19), "NG": (68, -52, 16, 36),
        "OW": (77, -71, 15, 35), "OY": (68, -162, 43, 38), "P": (111, 5, 32, 14), "R": (62, -12, 17, 26),
        "S": (93, -6, 20, 18), "SH": (122, -18, 36, 14), "T": (64, -1, 19, 16), "TH": (99, -8, 35, 30),
        "UH": (66, -8, 17, 23), "UW": (47, -45, 27, 32), "V": (57, -3, 17, 20), "W": (104, 18, 27, 13),
        "Y": (74, -13, 16, 24), "Z": (68, -16, 15, 15), "ZH": (84, -14, 21, 18),
    }
)  # fmt: skip
_SHORTEST: Final = 0.02
_STEP: Final = 0.01
_GAP: Final = 0.10
"""Seconds between the expected end of a phone and start of the next from which a pause is looked for."""
_SURE_GAP: Final = 0.35
"""Seconds from which on there is a pause even where noise hides it."""
_SHORTEST_PAUSE: Final = 0.06
_LEAST_DROP_DB: Final = 8.0
_QUIET_SHARE: Final = 0.4
_SLACK: Final = 0.04
_CLOSURES: Final = MappingProxyType(
    {"P": 0.06, "B": 0.05, "T": 0.05, "D": 0.04, "K": 0.05, "G": 0.04, "CH": 0.05, "JH": 0.04}
)
"""Seconds by which the silent closure of a stop precedes the sound."""

BRIEF: Final = frozenset({*_CLOSURES, "HH"})
"""Sounds that nobody holds: what is heard long before or behind one is a breath or noise in a pause."""
_BREATH_GAP: Final = 0.2
"""Seconds between two of these from which there is a pause however loud it is."""


@dataclass(frozen=True)
class Spike:
    """A phone as the recogniser emitted it.

    Attributes:
        label: ARPAbet.
        time: seconds of the middle of its spike.
    """

    label: str
    time: float


def segments(spikes: Sequence[Spike], level_db: FloatArray, seconds: float) -> list[tuple[int, float, float]]:
    """Contiguous segments from 0 to ``seconds``: index of the spike, or -1 for silence; start and end.

    Args:
        spikes: in order of time; at least one.
        level_db: level every 10 ms.
        seconds: length of the sound.
    """
    expected = [expected_span(spike) for spike in spikes]
    found: list[tuple[int, float, float]] = []
    begin = _speech_start(spikes[0], expected[0][0], level_db)
    if begin > 0.0:
        found.append((-1, 0.0, begin))
    for index, spike in enumerate(spikes):
        end = expected[index][1]
        if index + 1 == len(spikes):
            end, begin_next = _speech_end(spike, end, seconds, level_db), seconds
        else:
            end, begin_next = _between(spikes, expected, index, level_db)
        room = len(spikes) - index - 1
        end = min(max(end, begin + _SHORTEST), max(seconds - room * _SHORTEST / 4, begin))
        begin_next = min(max(begin_next, end), seconds)
        found.append((index, begin, end))
        if begin_next - end >= (_SHORTEST_PAUSE if index + 1 < len(spikes) else _STEP):
            found.append((-1, end, begin_next))
            begin = begin_next
        else:
            found[-1] = (index, begin, begin_next if index + 1 == len(spikes) else end)
            begin = end
    return [each for each in found if each[2] > each[1]]


def expected_span(spike: Spike) -> tuple[float, float]:
    """Seconds in which the phone of a spike probably starts and ends."""
    behind_start, behind_end, _, _ = _SPIKES[spike.label]
    start = spike.time - behind_start / 1000.0
    return start, max(spike.time - behind_end / 1000.0, start + _SHORTEST)


def _between(
    spikes: Sequence[Spike], expected: Sequence[tuple[float, float]], index: int, level_db: FloatArray
) -> tuple[float, float]:
    """End of a phone and start of the next; what lies between, if anything, is a pause."""
    end, start = expected[index][1], expected[index + 1][0]
    if start - end >= _GAP:
        pause = _pause(end, start, spikes[index], spikes[index + 1], level_db)
        if pause is not None:
            return pause
    # both are guesses of the same edge: the mean, weighted by how far each scatters
    own = 1.0 / _SPIKES[spikes[index].label][3] ** 2
    other = 1.0 / _SPIKES[spikes[index + 1].label][2] ** 2
    edge = (own * end + other * start) / (own + other)
    return edge, edge


def _pause(
    end: float, start: float, before: Spike, after: Spike, level_db: FloatArray
) -> tuple[float, float] | None:
    """The pause between two phones that are expected to end and to start there; None if there is none."""
    loud = min(_loudness(before, level_db), _loudness(after, level_db))
    first, last = _steps(end - _SLACK, start + _SLACK, level_db)
    inside = level_db[first:last]
    floor = _floor(level_db)
    least = _BREATH_GAP if before.label in BRIEF and after.label in BRIEF else _SURE_GAP
    by_spikes = (end + _SLACK, start - _SLACK) if start - end >= least else None
    if loud - floor < _LEAST_DROP_DB:
        return by_spikes
    run = _longest_run(inside < floor + _QUIET_SHARE * (loud - floor))
    if (run[1] - run[0]) * _STEP < _SHORTEST_PAUSE:
        loud_throughout = float(np.median(inside)) > loud - _LEAST_DROP_DB
        drawn_out = loud - floor >= 2 * _LEAST_DROP_DB and loud_throughout and least == _SURE_GAP
        return None if drawn_out else by_spikes
    begin, finish = (first + run[0]) * _STEP, (first + run[1]) * _STEP
    return begin, max(finish - _CLOSURES.get(after.label, 0.0), begin)


def _speech_start(spike: Spike, start: float, level_db: FloatArray) -> float:
    """Where the first phone begins: at its expected start, or sooner where the sound has no dip."""
    start = max(start, 0.0)
    if start < _SLACK:
        return 0.0 if start < _STEP else start
    first, last = _steps(0.0, start + _SLACK, level_db)
    inside = level_db[first:last]
    loud, floor = _loudness(spike, level_db), _floor(level_db)
    if loud - floor < _LEAST_DROP_DB:
        return start
    quiet = np.flatnonzero(inside < floor + _QUIET_SHARE * (loud - floor))
    if not len(quiet):
        return start
    begin = float(quiet[-1] + 1) * _STEP - _CLOSURES.get(spike.label, 0.0)
    return min(max(begin, start - 0.15, 0.0), start + _SLACK)


def _speech_end(spike: Spike, end: float, seconds: float, level_db: FloatArray) -> float:
    """Where the last phone ends."""
    end = min(end, seconds)
    first, last = _steps(end - _SLACK, seconds, level_db)
    inside = level_db[first:last]
    if len(inside) < 2:
        return seconds
    loud, floor = _loudness(spike, level_db), _floor(level_db)
    if loud - floor < _LEAST_DROP_DB:
        return min(end + _SLACK, seconds)
    quiet = np.flatnonzero(inside < floor + _QUIET_SHARE * (loud - floor))
    stop = (first + int(quiet[0])) * _STEP if len(quiet) else end + _SLACK
    return min(max(stop, end - _SLACK), end + 0.4, seconds)


def _floor(level_db: FloatArray) -> float:
    """Level of the background."""
    return float(np.percentile(level_db, 5))


def _loudness(spike: Spike, level_db: FloatArray) -> float:
    """Level of the speech around a spike: the loudest within 150 ms."""
    first, last = _steps(spike.time - 0.15, spike.time + 0.15, level_db)
    return float(level_db[first:last].max())


def _steps(start: float, end: float, level_db: FloatArray) -> tuple[int, int]:
    first = min(max(int(start / _STEP), 0), len(level_db) - 1)
    return first, min(max(int(np.ceil(end / _STEP)), first + 1), len(level_db))


def _longest_run(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """First index of the longest run of true, and the index after it."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    if not len(edges):
        return 0, 0
    begins, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - begins))
    return int(begins[longest]), int(ends[longest])
