"""NLA tracks that come with a linked character, in a library override.

Blender saves of an override only the tracks that were added to it, and puts them back by their places among
those of the library. Removing, renaming or changing one of the library's is lost at the next load, and what
was added comes back changed: so none of them is ever touched.
"""

from __future__ import annotations

import bpy

from ...core.errors import UserError


def is_from_library(track: bpy.types.NlaTrack) -> bool:
    """Whether a track comes from a library, with all its strips."""
    owner = track.id_data
    # Shape keys are an override as their mesh is; they have no override_library of their own.
    holder = owner.user if isinstance(owner, bpy.types.Key) else owner
    return holder is not None and holder.override_library is not None and track.is_override_data


def from_library_error(name: str, what: str) -> UserError:
    """Why something cannot be done to a line of a character: "its take cannot be changed"."""
    return UserError(
        f"The line of {name} comes with the linked file, so {what} here.",
        "Generate the line here, or change it in its own file.",
    )
