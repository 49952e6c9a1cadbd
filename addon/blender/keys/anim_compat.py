"""The only code that knows about actions, slots, layers and channelbags.

Blender 4.2 and 4.3 keep F-curves directly in an action, which fits one data-block type. From 4.4 on
an action holds slots, one for each animated data-block, and the curves of a slot live in a
channelbag.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import UserError


def one_action_fits_all() -> bool:
    """Whether one action can animate data-blocks of different types (slots exist)."""
    return "slots" in bpy.types.Action.bl_rna.properties


def new_action(name: str) -> Any:
    """A new, empty action. Blender makes the name unique."""
    return bpy.data.actions.new(name)


def current_action(id_block: Any) -> Any | None:
    """The action that animates ``id_block``, or None."""
    anim = id_block.animation_data
    return anim.action if anim is not None else None


def require_writable(id_block: Any) -> None:
    """Raise UserError where Blender would refuse to change the data-block's action."""
    if id_block.library is not None and id_block.override_library is None:
        raise UserError(
            f"{id_block.name} is linked from another file and cannot be animated.",
            "Make a library override of the head, or append it instead of linking it.",
        )
    anim = id_block.animation_data
    if anim is not None and anim.use_tweak_mode:
        raise UserError(
            f"{id_block.name} is in the tweak mode of the NLA editor.",
            "Leave tweak mode (Tab) and try again.",
        )


def assign(action: Any, id_block: Any) -> Any:
    """Let ``action`` animate ``id_block``; the action it had is kept with a fake user.

    Returns:
        What owns the F-curves: has ``fcurves`` and ``groups``. It is an error to call this twice for
        the same pair where slots do not exist and the data-blocks have different types.
    """
    anim = id_block.animation_data or id_block.animation_data_create()
    if anim.action is not None and anim.action != action:
        anim.action.use_fake_user = True
    anim.action = action
    if not one_action_fits_all():
        if anim.action != action:
            raise ValueError(f"{action.name} already animates another type than {id_block.id_type}")
        return action
    slot = action.slots.new(id_block.id_type, id_block.name)
    anim.action_slot = slot
    return _keyframe_strip(action).channelbag(slot, ensure=True)


def curve_owner(id_block: Any) -> Any:
    """What owns the F-curves of the action that ``id_block`` has, or of a new one."""
    action = current_action(id_block)
    if action is None:
        return assign(new_action(id_block.name), id_block)
    if not one_action_fits_all():
        return action
    slot = id_block.animation_data.action_slot
    if slot is None:
        return assign(action, id_block)
    return _keyframe_strip(action).channelbag(slot, ensure=True)


def curves_of(id_block: Any) -> list[Any]:
    """The F-curves that animate ``id_block`` now."""
    action = current_action(id_block)
    if action is None:
        return []
    if not one_action_fits_all():
        return list(action.fcurves)
    slot = id_block.animation_data.action_slot
    if slot is None or not action.layers:
        return []
    bag = _keyframe_strip(action).channelbag(slot)
    return list(bag.fcurves) if bag is not None else []


def _keyframe_strip(action: Any) -> Any:
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    return layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
