"""Motion files of the published DiffPoseTalk program."""

from __future__ import annotations

from typing import Final

from elocute.exchange.export_format import Export, ExportFormat
from elocute.motion.official import save_official


def _write(export: Export) -> None:
    save_official(export.clip, export.path)


FORMAT: Final = ExportFormat(
    name="official",
    title="a motion file of the published DiffPoseTalk program: .npz with exp, pose, shape",
    endings=(".npz",),
    needs_face=False,
    write=_write,
)
