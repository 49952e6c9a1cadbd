"""What glTF's exporter leaves out: takes that nothing plays, and strips that only say where a line plays."""

from __future__ import annotations

from .. import version_compat
from ..keys.idle_takes import playing_takes
from ..keys.line_strips import is_generated
from ..keys.range_strip import is_range


def leave_out_idle_takes(gathered: object) -> None:
    """Take them out of the actions that the exporter has gathered for an object."""
    playing = playing_takes()
    version_compat.leave_out_of_gltf(
        gathered, lambda action, curves: is_generated(action) and (action not in playing or is_range(curves))
    )
