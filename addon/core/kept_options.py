"""Options as they are kept with a take, and as they come back from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .option import SCENE_GROUPS
from .options import OPTIONS, SceneOptions

SETTINGS: Final = "options"
"""Under this name the facts of a take hold :func:`kept_values`."""


def kept_values(options: SceneOptions) -> dict[str, Any]:
    """What a take was made with, as JSON: every option of a line that is not its default."""
    kept = {}
    for option in OPTIONS:
        value = getattr(options, option.name)
        if option.group not in SCENE_GROUPS and value != getattr(SceneOptions(), option.name):
            kept[option.name] = str(value) if option.kind == "path" else value
    return kept


def kept_with_keys(kept: Mapping[str, Any], options: SceneOptions) -> dict[str, Any]:
    """What a take tells after it was keyed anew: how keys are written is of ``options``, all else stays."""
    now, groups = kept_values(options), ("finish", "strength", "keys")
    keyed = {option.name for option in OPTIONS if option.group in groups}
    stays = {name: value for name, value in kept.items() if name not in keyed}
    return stays | {name: value for name, value in now.items() if name in keyed}


def options_of_take(kept: Mapping[str, Any], now: SceneOptions) -> SceneOptions:
    """The options of a take: what was kept with it, with everything that only the scene has as it is now."""
    values = {
        option.name: getattr(now, option.name)
        if option.group in SCENE_GROUPS
        else kept.get(option.name, getattr(SceneOptions(), option.name))
        for option in OPTIONS
    }
    for option in OPTIONS:
        if option.kind == "path" and isinstance(values[option.name], str):
            values[option.name] = Path(values[option.name])
    return SceneOptions(**values, animated=now.animated)
