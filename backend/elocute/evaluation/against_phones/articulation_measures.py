"""Articulation measures: contacts, rounding, opening, silence and timing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE, Phone

FloatArray = NDArray[np.float64]

BILABIALS: Final = frozenset({"P", "B", "M"})
LABIODENTALS: Final = frozenset({"F", "V"})
ROUNDED: Final = frozenset({"UW", "OW", "W"})
OPEN: Final = frozenset({"AA", "AE"})

_LONG_SILENCE_SECONDS: Final = 0.5
_SETTLING_SECONDS: Final = 0.2
_BREATH_SECONDS: Final = 0.55
_LAG_GRID: Final = 200
_LAG_REACH_SECONDS: Final = 0.3

# How open the mouth is expected to be, coarsely, by phonetic class; not the targets of any model.
_EXPECTED_OPENING: Final[dict[str, float]] = (
    dict.fromkeys(("AA", "AE", "AO", "AW", "AY"), 1.0)
    | dict.fromkeys(("AH", "EH", "EY", "OW", "OY"), 0.7)
    | dict.fromkeys(("IH", "IY", "ER", "UH", "HH"), 0.4)
    | dict.fromkeys(("UW", "W", "R", "Y", "L", "K", "G", "NG", "TH", "DH"), 0.25)
    | dict.fromkeys(("T", "D", "N", "S", "Z", "SH", "ZH", "CH", "JH"), 0.2)
    | dict.fromkeys(("F", "V"), 0.1)
    | dict.fromkeys(("P", "B", "M", SILENCE), 0.0)
)


def contact_share(
    distance: FloatArray, phones: Sequence[Phone], labels: Collection[str], fps: float, limit: float
) -> tuple[float | None, int]:
    """Share of the phones with these labels that reach contact, and how many there are.

    A phone counts when the distance is at most ``limit`` in one frame whose centre lies in the phone or
    within one frame of it. The share is None without such phones.

    Args:
        distance: (T,) metres.
        phones: the phones of the clip.
        labels: which phones need contact.
        fps: frames a second.
        limit: largest distance in metres that counts as contact.
    """
    reached = [
        bool((distance[_frames(p, len(distance), fps, margin=1.0 / fps)] <= limit).any())
        for p in phones
        if p.label in labels
    ]
    return (float(np.mean(reached)), len(reached)) if reached else (None, 0)


def excess_over_median(
    signal: FloatArray, phones: Sequence[Phone], labels: Collection[str], fps: float
) -> float | None:
    """Mean over the phones with these labels of the signal's peak, minus the speech frames' median.

    None without such phones.
    """
    peaks = [float(signal[_frames(p, len(signal), fps)].max()) for p in phones if p.label in labels]
    if not peaks:
        return None
    return float(np.mean(peaks)) - float(np.median(signal[speech_frames(phones, len(signal), fps)]))


def peak_mean(
    signal: FloatArray, phones: Sequence[Phone], labels: Collection[str], fps: float
) -> float | None:
    """Mean over the phones with these labels of the signal's peak in the phone; None without any."""
    peaks = [float(signal[_frames(p, len(signal), fps)].max()) for p in phones if p.label in labels]
    return float(np.mean(peaks)) if peaks else None


def closed_in_silence(opening: FloatArray, phones: Sequence[Phone], fps: float, limit: float) -> float | None:
    """Share of the frames well inside long silences in which the lips are at most ``limit`` apart.

    Left out are the first 0.2 s of a silence, in which the mouth settles, and the last 0.55 s before
    speech, in which a breath is drawn. None if nothing remains.
    """
    times = (np.arange(len(opening)) + 0.5) / fps
    quiet = np.zeros(len(opening), bool)
    for n, phone in enumerate(phones):
        if phone.label != SILENCE or phone.duration < _LONG_SILENCE_SECONDS:
            continue
        start = phone.start + (_SETTLING_SECONDS if n else 0.0)
        end = phone.end - (_BREATH_SECONDS if n + 1 < len(phones) else 0.0)
        quiet |= (times >= start) & (times < end)
    return float((opening[quiet] <= limit).mean()) if quiet.any() else None


def closed_in_every_silence(
    opening: FloatArray, phones: Sequence[Phone], fps: float, limit: float
) -> float | None:
    """Share of the frames of all silences of 0.2 s or more, from their first to their last, with lips closed.

    Stricter than :func:`closed_in_silence`: also counts settling and breath. None without such a silence.
    """
    times = (np.arange(len(opening)) + 0.5) / fps
    quiet = np.zeros(len(opening), bool)
    for phone in phones:
        if phone.label == SILENCE and phone.duration >= _SETTLING_SECONDS:
            quiet |= (times >= phone.start) & (times < phone.end)
    return float((opening[quiet] <= limit).mean()) if quiet.any() else None


def opening_lag(opening: FloatArray, phones: Sequence[Phone], fps: float) -> tuple[float, float]:
    """Delay of the lips behind the phones in seconds (negative: early), and the correlation there.

    The phones' expected opening is a step curve of phonetic classes, low-passed with 30 ms; the lag
    is where its correlation with the lips' opening is highest, within 0.3 s. Both are 0 where either curve is
    constant.
    """
    total = int(len(opening) / fps * _LAG_GRID)
    times = (np.arange(total) + 0.5) / _LAG_GRID
    lips = np.interp(times, (np.arange(len(opening)) + 0.5) / fps, opening)
    expected = np.zeros(total)
    for phone in phones:
        part = slice(*np.searchsorted(times, [phone.start, phone.end]))
        expected[part] = _EXPECTED_OPENING.get(phone.label, 0.0)
    kernel = np.exp(-0.5 * (np.arange(-18, 19) / 6.0) ** 2)
    if total > 2 * len(kernel):
        expected = np.convolve(expected, kernel / kernel.sum(), mode="same")
    best, best_lag = 0.0, 0
    reach = min(int(_LAG_REACH_SECONDS * _LAG_GRID), total // 3)
    for lag in range(-reach, reach + 1):
        ahead = lips[max(lag, 0) : total + min(lag, 0)]
        behind = expected[max(-lag, 0) : total - max(lag, 0)]
        value = _correlation(ahead, behind)
        if value > best:
            best, best_lag = value, lag
    return best_lag / _LAG_GRID, best


def speech_frames(phones: Sequence[Phone], frames: int, fps: float) -> NDArray[np.bool_]:
    """(T,) true where a frame's centre lies in a phone other than silence."""
    spoken = np.zeros(frames, bool)
    for phone in phones:
        if phone.label != SILENCE:
            spoken[_frames(phone, frames, fps)] = True
    return spoken


def _frames(phone: Phone, frames: int, fps: float, margin: float = 0.0) -> slice:
    """Frames whose centres lie in the phone, widened by ``margin`` seconds; at least the nearest."""
    first = int(np.ceil((phone.start - margin) * fps - 0.5 - 1e-6))
    last = int(np.floor((phone.end + margin) * fps - 0.5 + 1e-6))
    if last < first:
        first = last = int(np.floor(0.5 * (phone.start + phone.end) * fps))
    first = min(max(first, 0), frames - 1)
    return slice(first, min(max(last, first), frames - 1) + 1)


def _correlation(a: FloatArray, b: FloatArray) -> float:
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 1e-12 else 0.0
