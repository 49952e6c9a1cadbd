"""The vertices of every frame."""

from __future__ import annotations

from typing import Final

from elocute.exchange.export_format import Export, ExportFormat
from elocute.face.geometry_file import write_vertices


def _write(export: Export) -> None:
    if export.face is None:
        raise ValueError("vertices need a head")
    write_vertices(export.clip, export.face, export.path, export.progress)


FORMAT: Final = ExportFormat(
    name="vertices",
    title="all vertices of every frame, in metres, y up: .npy (frames x vertices x 3)",
    endings=(".npy",),
    needs_face=True,
    write=_write,
)
