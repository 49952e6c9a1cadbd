"""The argument ``--map``: a kind of rig, or a file with a map."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from ..retarget.presets import presets
from ..retarget.rig_map import RigMap
from ..retarget.rig_map_file import read_map


def kind_or_map(wanted: str) -> str | RigMap:
    """The kind that ``wanted`` names, or the map that it is the file of.

    Raises:
        UserError: it is neither a kind nor a file, or the file holds no map.
    """
    kinds = sorted(one.kind for one in presets())
    if wanted in kinds:
        return wanted
    path = Path(wanted).expanduser()
    if not path.is_file():
        raise UserError(
            f"{wanted} is neither a kind of rig nor a file.",
            f"Correct --map; kinds are {', '.join(kinds)}.",
        )
    return read_map(path)
