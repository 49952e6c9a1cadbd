"""What of options that change in time comes to nothing, though it can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from elocute.audio.speech_features import FPS
from elocute.errors import listed
from elocute.option_curve import OptionCurve

_SHOWN: Final = 3
_NEARLY: Final = 1.0 / FPS
"""Seconds after the end at which a value is as good as reached: many a curve goes to the end of its line."""


def curve_notes(curves: Mapping[str, OptionCurve], seconds: float) -> tuple[str, ...]:
    """Sentences for the user.

    Args:
        curves: points by the name of the option, checked.
        seconds: length of the sound, or of the part that is meant.
    """
    return tuple(_notes(curves, seconds))


def _notes(curves: Mapping[str, OptionCurve], seconds: float) -> Iterator[str]:
    for name, curve in curves.items():
        late = [f"{value:g} at {at:g} s" for at, value in curve if at > seconds + _NEARLY]
        if not late:
            continue
        told = f"Of the setting {name}, {listed(late, _SHOWN)} is not reached: the sound ends at "
        always = f" So it is {curve[0][1]:g} all the time." if len(late) == len(curve) else ""
        yield f"{told}{seconds:.2f} s.{always}"
