"""Speech faster or slower at the same pitch: WSOLA (Verhelst and Roelands 1993)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.sound_parts import padded_part

Samples = NDArray[np.float32]

_WINDOW: Final = 640
_HOP: Final = _WINDOW // 2
_SEARCH: Final = 200


def stretched(samples: Samples, factor: float) -> Samples:
    """``samples`` at 16 kHz lasting ``factor`` times as long.

    Pieces of 40 ms are overlapped by half; each is taken from within 12.5 ms of its place, where it
    continues the one before it best.
    """
    count = round(len(samples) * factor)
    if len(samples) < 2 * _WINDOW or count < 2 * _WINDOW:
        places = np.linspace(0.0, len(samples) - 1.0, max(count, 1))
        return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)
    length = len(samples) + 2 * (_WINDOW + _SEARCH)
    window = np.hanning(_WINDOW + 1)[:_WINDOW]
    pieces = -(-count // _HOP) + 1
    out = np.zeros(pieces * _HOP + _WINDOW, np.float32)
    before = np.zeros(_HOP)  # second half of the piece before
    place = _SEARCH

    def part(first: int, last: int) -> NDArray[np.float64]:
        return padded_part(samples, first - _SEARCH, min(last, length) - first).astype(np.float64)

    for piece in range(pieces):
        shaped = window * part(place, place + _WINDOW)
        out[piece * _HOP : (piece + 1) * _HOP] = before + shaped[:_HOP]
        before = shaped[_HOP:]
        out[(piece + 1) * _HOP : (piece + 2) * _HOP] = before
        natural = part(place + _HOP, place + _HOP + _WINDOW)
        wanted = round((piece + 1) * _HOP / factor) + _SEARCH
        wanted = min(wanted, len(samples) + _SEARCH)
        first = wanted - _SEARCH
        reach = part(first, wanted + _SEARCH + _WINDOW)
        if len(natural) < _WINDOW:
            break
        likeness = np.correlate(reach, natural, "valid")
        energy = np.concatenate(([0.0], np.cumsum(reach * reach)))
        power = energy[_WINDOW : _WINDOW + len(likeness)] - energy[: len(likeness)]
        place = first + int(np.argmax(likeness / np.sqrt(power + 1e-9)))
    return out[:count]
