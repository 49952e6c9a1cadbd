"""The value that a channel has in the open file, read and set without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from ...core.channel import Channel

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock


def value_of(block: AnimatedBlock, channel: Channel) -> float:
    """The channel's value."""
    return float(value_at_path(block, channel.data_path, channel.index))


def set_value(block: AnimatedBlock, channel: Channel, value: float) -> None:
    """Set it; a whole number stays one."""
    set_at_path(block, channel.data_path, channel.index, value)


def value_at_path(block: AnimatedBlock, data_path: str, index: int) -> int | float:
    """A property, or an element of one, by its path in the data-block; ValueError where there is none."""
    value: Any = resolved(block, data_path)
    found: int | float = value[index] if hasattr(value, "__len__") else value
    return found


def resolved(block: AnimatedBlock, data_path: str) -> Any:
    """What a path leads to; of a whole-numbered property with items the number, not the item's name.

    Raises:
        ValueError: there is no such thing.
    """
    value: Any = block.path_resolve(data_path)
    if isinstance(value, str) and data_path.endswith('"]'):
        owner, name = _holder(block, data_path)
        value = owner[name]
    return value


def _holder(block: AnimatedBlock, data_path: str) -> tuple[Any, str]:
    """What has a custom property, and the property's name."""
    path, _, quoted = data_path.rpartition('["')
    owner: Any = block.path_resolve(path) if path else block
    return owner, bpy.utils.unescape_identifier(quoted.removesuffix('"]'))


def set_at_path(block: AnimatedBlock, data_path: str, index: int, value: float) -> None:
    """Set a property, or an element of one, by its path; ValueError or KeyError where there is none."""
    if data_path.endswith('"]'):
        owner, name = _holder(block, data_path)
        owner[name] = round(value) if isinstance(owner[name], int) else value
        return
    path, _, attribute = data_path.rpartition(".")
    holder: Any = block.path_resolve(path) if path else block
    held: Any = getattr(holder, attribute)
    if hasattr(held, "__len__"):
        held[index] = value
    else:
        setattr(holder, attribute, value)
