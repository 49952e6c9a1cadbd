"""Options as they are kept with a take, and as they come back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from .animated import Animated, Points
from .option import SCENE_GROUPS
from .options import OPTIONS, VARYING, SceneOptions

SETTINGS: Final = "options"
"""Under this name the facts of a take hold :func:`kept_values`."""
OVER_TIME: Final = "over_time"
"""Under this name those hold the options that were keyed: seconds of the recording and values."""
_DIGITS: Final = 6


def kept_values(options: SceneOptions) -> dict[str, Any]:
    """What a take was made with, as JSON: every option of a line that is not its default."""
    kept = {}
    for option in OPTIONS:
        value = getattr(options, option.name)
        if option.group not in SCENE_GROUPS and value != getattr(SceneOptions(), option.name):
            kept[option.name] = str(value) if option.kind == "path" else value
    told = options.animated
    if told.curves:
        start, speed = options.start_frame, options.speed
        curves = {name: told.seconds(name, start, speed) for name in told.curves}
        kept[OVER_TIME] = {
            name: [[round(at, _DIGITS), round(value, _DIGITS)] for at, value in points]
            for name, points in curves.items()
        }
    return kept


def kept_curves(kept: Mapping[str, Any], start_frame: float, fps: float) -> Mapping[str, Points]:
    """What the keyed options of a take were, in frames of a scene; what cannot be curves is left out.

    Args:
        kept: what was kept with it.
        start_frame: where the line begins now.
        fps: the scene's rate.
    """
    told, speed = _over_time(kept), kept.get("speed", SceneOptions.speed)
    found: dict[str, Points] = {}
    for name in VARYING:
        try:
            own = [(float(at), float(value)) for at, value in told.get(name, ())]
            points = [(start_frame + at * fps / speed, value) for at, value in own]
        except (TypeError, ValueError, ZeroDivisionError):  # changed by something else than Elocute
            continue
        if points and np.isfinite(points).all() and (np.diff(points, axis=0)[:, 0] > 0).all():
            found[name] = tuple(points)
    return found


def kept_with_keys(kept: Mapping[str, Any], options: SceneOptions, start_frame: int) -> dict[str, Any]:
    """What a take tells after it was keyed anew: how keys are written is of ``options``, all else stays.

    Args:
        kept: what was kept with it.
        options: as they are now.
        start_frame: where it begins now; its strip may have been moved from where its line begins.
    """
    speed = kept.get("speed", SceneOptions.speed)
    if not isinstance(speed, int | float):  # changed by something else than Elocute
        speed = SceneOptions.speed
    now = kept_values(replace(options, start_frame=start_frame, speed=speed))
    groups = ("finish", "strength", "keys")
    keyed = {option.name for option in OPTIONS if option.group in groups}
    stays = {name: value for name, value in kept.items() if name not in keyed}
    curves = {name: own for name, own in _over_time(kept).items() if name not in keyed}
    curves |= {name: own for name, own in _over_time(now).items() if name in keyed}
    told = stays | {name: value for name, value in now.items() if name in keyed}
    return {name: own for name, own in told.items() if name != OVER_TIME} | (
        {OVER_TIME: curves} if curves else {}
    )


def _over_time(kept: Mapping[str, Any]) -> Mapping[str, Any]:
    told = kept.get(OVER_TIME)
    return told if isinstance(told, Mapping) else {}


def options_of_take(kept: Mapping[str, Any], now: SceneOptions, start_frame: int, fps: float) -> SceneOptions:
    """The options of a take: what was kept with it, with everything that only the scene has as it is now.

    Args:
        kept: what was kept with it.
        now: the options as they are now.
        start_frame: where keyed options begin to count: the first frame of its actions.
        fps: the rate of their frames.
    """
    values = {
        option.name: getattr(now, option.name)
        if option.group in SCENE_GROUPS
        else kept.get(option.name, getattr(SceneOptions(), option.name))
        for option in OPTIONS
    }
    for option in OPTIONS:
        if option.kind == "path" and isinstance(values[option.name], str):
            values[option.name] = Path(values[option.name])
    return SceneOptions(**values, animated=Animated(fps, kept_curves(kept, start_frame, fps)))
