"""The kinds of rigs that Elocute knows: one JSON map each."""

from __future__ import annotations

import functools
from pathlib import Path

from ..rig_map import RigMap
from ..rig_map_file import read_map


@functools.cache
def presets() -> tuple[RigMap, ...]:
    """Every map of this folder, by kind."""
    return tuple(read_map(path) for path in sorted(Path(__file__).parent.glob("*.json")))


def preset(kind: str) -> RigMap:
    """The map of a kind; KeyError where there is none."""
    return {one.kind: one for one in presets()}[kind]
