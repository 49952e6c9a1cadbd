"""What in a folder of recordings is a batch's own: nobody meant it to be a row."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from elocute.batch.records import recorded_outputs
from elocute.batch.report import REPORT, SHEET_ENDING
from elocute.batch.result import TABLE
from elocute.batch.shots import SHOTS

_TABLES: Final = re.compile(rf"{Path(TABLE).stem}(-\d+-of-\d+)?{re.escape(Path(TABLE).suffix)}")


def own_names(folder: Path, out: Path) -> frozenset[str]:
    """Names in ``folder`` of what batches with the output folder ``out`` made there.

    The output folder may be the folder itself, or lie in it. What else has an output's name is not told from
    it; files that an earlier run made with other settings are not among them.
    """
    folder, out = (Path(os.path.realpath(path)) for path in (folder, out))
    if out != folder:
        return frozenset(out.relative_to(folder).parts[:1] if out.is_relative_to(folder) else ())
    outputs = recorded_outputs(out)
    sheets = (f"{row_id}{SHEET_ENDING}" for row_id in outputs)
    tables = (path.name for path in out.iterdir() if _TABLES.fullmatch(path.name))
    return frozenset(
        (REPORT, SHOTS, *tables, *sheets, *(name for names in outputs.values() for name in names))
    )
