"""The row of a rig map that is chosen in the editor, as a text: a channel's address, or a bone that turns."""

from __future__ import annotations

import json
from typing import Any, Final, Protocol

import bpy

from ...core.retarget.map_editing import channel_at
from ...core.retarget.rig_map import PLACES, Address, MapChannel, MapTurn
from ...core.retarget.turn_editing import turn_at
from ..session.edited_map import edited_map

_TURN: Final = "turn"


class Chosen(Protocol):
    """What knows the chosen row."""

    row: str


def row_text(address: Address) -> str:
    """A channel's address as the text of its row."""
    return json.dumps(list(address), ensure_ascii=False)


def turn_text(bone: str) -> str:
    """A bone that turns as the text of its row."""
    return json.dumps([_TURN, bone], ensure_ascii=False)


def row_address(text: str) -> Address | None:
    """The channel's address that a row's text says, or None."""
    match _parsed(text):
        case [str(place), str(name), int(axis)] if place in PLACES:
            return place, name, axis
    return None


def row_bone(text: str) -> str:
    """The bone that turns by a row's text, or an empty string."""
    match _parsed(text):
        case ["turn", str(bone)]:
            return bone
    return ""


def chosen_channel(context: bpy.types.Context, settings: Chosen) -> MapChannel | None:
    """The channel of the row that is chosen, or None."""
    address, rig_map = row_address(settings.row), edited_map(context)
    return channel_at(rig_map, address) if address is not None and rig_map is not None else None


def chosen_turn(context: bpy.types.Context, settings: Chosen) -> MapTurn | None:
    """The bone that turns in the row that is chosen, or None."""
    bone = row_bone(settings.row)
    rig_map = edited_map(context) if bone else None
    return turn_at(rig_map, bone) if rig_map is not None else None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
