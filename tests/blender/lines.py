"""What plays on a data-block through its lines in the NLA."""

from __future__ import annotations

from addon.blender import version_compat
from addon.blender.keys.line_strips import placed_lines


def line_curves(id_block):
    """All F-curves of the lines of a data-block."""
    return [c for placed in placed_lines(id_block) for c in version_compat.strip_curves(placed.strip)]


def line_action(id_block):
    """The action of the topmost line of a data-block, or None."""
    placed = placed_lines(id_block)
    return placed[-1].strip.action if placed else None
