"""What glTF's exporter leaves out: takes of lines that nothing plays."""

from __future__ import annotations

from .. import version_compat
from ..keys.idle_takes import playing_takes
from ..keys.line_strips import is_generated


def leave_out_idle_takes(gathered: object) -> None:
    """Take idle takes out of the actions that the exporter has gathered for an object."""
    playing = playing_takes()
    version_compat.leave_out_of_gltf(gathered, lambda action: is_generated(action) and action not in playing)
