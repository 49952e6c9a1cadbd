"""Whose takes the panel shows: the active line's, or without a list those of the line at this frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from .context import scene_of
from .keys.line_takes import LineTake, line_at, playing, takes_of
from .targets.find import active_target, target_of, targets_in
from .targets.target import Target
from .ui.properties import active_line


@dataclass(frozen=True)
class ShownTakes:
    """The takes of a line. It holds data-blocks, so it must not be kept beyond an undo or a file load.

    Attributes:
        target: whose line it is, as far as that can be told without a search; None where there is nobody.
        key: of the line; empty where there is none.
        takes: its takes.
        playing: key of the one that plays on the target, or empty.
    """

    target: Target | None
    key: str
    takes: tuple[LineTake, ...]
    playing: str

    def take(self, key: str) -> LineTake | None:
        """The take of that key, or None."""
        return next((take for take in self.takes if take.key == key), None)


def shown_takes(context: bpy.types.Context) -> ShownTakes:
    """The takes that the panel shows now; quick, for it is asked at every redraw."""
    scene = scene_of(context)
    line, target = active_line(scene), active_target(context)
    if line is not None:
        if line.character is not None:
            target = target_of(line.character)
        key = line.key
    else:
        key = line_at(target, scene.frame_current) if target is not None else ""
    return ShownTakes(target, key, tuple(takes_of(key)), playing(target, key) if target is not None else "")


def target_that_plays(context: bpy.types.Context, shown: ShownTakes) -> Target | None:
    """The target on which strips of the shown line play: the shown one, or another of the scene."""
    candidates: list[Any] = [shown.target, *targets_in(scene_of(context))]
    return next((target for target in candidates if target is not None and playing(target, shown.key)), None)
