"""The 68 landmarks of every frame: an array, or a landmark track."""

from __future__ import annotations

from typing import Final

import numpy as np

from elocute.exchange.export_format import Export, ExportFormat, Flag
from elocute.face.geometry_file import clip_landmarks
from elocute.motion.landmark_track import LandmarkTrack
from elocute.motion.track_files import TABLE, save_track
from elocute.storage.atomic_write import write_atomically

FOLLOW_VIEW: Final = Flag(
    "follow-view", "use contour landmarks that depend on the head's yaw, as detectors report them (FLAME)"
)


def _write(export: Export) -> None:
    if export.face is None:
        raise ValueError("landmarks need a head")
    clip, follow_view = export.clip, FOLLOW_VIEW.name in export.flags
    points = clip_landmarks(clip, export.face, follow_view=follow_view)
    if export.path.suffix.lower() in {".npz", TABLE}:
        save_track(LandmarkTrack(points, clip.fps, "metre", meta=clip.meta), export.path)
        return
    with write_atomically(export.path) as temporary:
        np.save(temporary, points)


FORMAT: Final = ExportFormat(
    name="landmarks",
    title="the 68 landmarks of every frame, in metres, y up: .npy (frames x 68 x 3), or a track (.npz, .csv)",
    endings=(".npy", ".npz"),
    named_endings=(TABLE,),
    needs_face=True,
    write=_write,
    flags=(FOLLOW_VIEW,),
)
