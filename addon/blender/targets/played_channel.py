"""Whether Blender plays keys of a channel, and in which range."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import bpy

from ...core.channel import Channel, ChannelKind, escaped
from ..data_of import shown_name
from .channel_value import resolved

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

_ROUNDING: Final = 1e-6


def channel_blocker(id_block: AnimatedBlock, channel: Channel) -> str:
    """Why keys of a channel would not play, in one sentence, or an empty string."""
    where = f"{id_block.name} ({channel.bone})" if channel.bone else shown_name(id_block)
    moved = channel.kind in (ChannelKind.ROTATION, ChannelKind.LOCATION, ChannelKind.SCALE)
    what = channel.kind.value if moved else f"{channel.kind.value} {channel.name}"
    try:
        value = resolved(id_block, channel.data_path)
    except ValueError:
        return f"{where} has no {what}; map another channel, or undo the change that removed it."
    single = isinstance(value, int | float)
    if not single and not (hasattr(value, "__len__") and not isinstance(value, str)):
        return f"The {what} of {where} is not a number; map another channel."
    if channel.index >= (1 if single else len(value)):
        return f"The {what} of {where} has no element {channel.index}; map another channel."
    if channel.kind is not ChannelKind.CUSTOM_PROPERTY and not _can_be_animated(id_block, channel):
        return f"Blender cannot animate the {what} of {where}; map another channel."
    anim = id_block.animation_data
    if anim is not None and any(
        driver.data_path == channel.data_path and driver.array_index == channel.index
        for driver in anim.drivers
    ):
        return f"The {what} of {where} has a driver; remove the driver, or map the property that drives it."
    return ""


def played_range(id_block: AnimatedBlock, channel: Channel) -> tuple[float, float]:
    """Lowest and highest value that Blender plays of a channel; it cuts off keys beyond."""
    if channel.kind is ChannelKind.SHAPE_KEY and isinstance(id_block, bpy.types.Key):
        block = id_block.key_blocks[channel.name]
        return block.slider_min, block.slider_max
    if channel.kind is ChannelKind.CUSTOM_PROPERTY:
        path = channel.data_path.removesuffix(f'["{escaped(channel.name)}"]')
        # Properties of any struct have these; the stubs type what a path leads to as object.
        holder: Any = id_block.path_resolve(path) if path else id_block
        described = holder.id_properties_ui(channel.name).as_dict()
        return float(described.get("min", -math.inf)), float(described.get("max", math.inf))
    return -math.inf, math.inf


def plays(id_block: AnimatedBlock, channel: Channel, lowest: float, highest: float) -> bool:
    """Whether Blender plays these values of a channel without cutting them off."""
    least, most = played_range(id_block, channel)
    return least <= lowest + _ROUNDING and most >= highest - _ROUNDING


def widen_slider(block: bpy.types.ShapeKey, lowest: float, highest: float) -> None:
    """Make a shape key's slider hold these values, as far as Blender lets it (-10..10)."""
    block.slider_min = min(block.slider_min, lowest)
    block.slider_max = max(block.slider_max, highest)


def _can_be_animated(id_block: AnimatedBlock, channel: Channel) -> bool:
    path, _, attribute = channel.data_path.rpartition(".")
    # As above: what a path leads to has no type of its own.
    holder: Any = id_block.path_resolve(path) if path else id_block
    described = holder.bl_rna.properties.get(attribute)
    return described is not None and described.is_animatable and not described.is_readonly
