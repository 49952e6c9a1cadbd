"""What in a folder is a batch's own: nobody meant it to be a row, and a batch may write it again."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from elocute.batch.records import recorded_outputs
from elocute.batch.report import REPORT, SHEET_ENDING
from elocute.batch.result import tables_in
from elocute.batch.shots import SHOTS
from elocute.errors import InputError

_OWN_TABLE: Final = re.compile(rb'(\xef\xbb\xbf)?"?id"?[,;\t]"?status"?[,;\t]')
"""How the table begins, also after a spreadsheet program has saved it."""
_OWN_PAGE: Final = re.compile(rb'<title>Batch .*class="counts"', re.DOTALL)
_LOOKED_AT: Final = 1 << 14


def own_names(folder: Path, out: Path) -> frozenset[str]:
    """Names in ``folder`` of what batches with the output folder ``out`` made there.

    The output folder may be the folder itself, or lie in it. What else has an output's name is not told from
    it.
    """
    folder, out = (Path(os.path.realpath(path)) for path in (folder, out))
    if out != folder:
        return frozenset(out.relative_to(folder).parts[:1] if out.is_relative_to(folder) else ())
    outputs = recorded_outputs(out)
    sheets = (f"{row_id}{SHEET_ENDING}" for row_id in outputs)
    tables = (path.name for path in tables_in(out))
    return frozenset(
        (REPORT, SHOTS, *tables, *sheets, *(name for names in outputs.values() for name in names))
    )


def refuse_taken(*files: Path) -> None:
    """Refuse what could not be written of a whole batch, or is not a batch's own, before any row is done.

    Args:
        files: where its table and its report go.

    Raises:
        InputError: one is a folder, or a file that no batch wrote.
    """
    for file in files:
        if file.is_dir():
            raise InputError(
                f"{file} is a folder, and a file of the batch has that name.",
                "Move it away, or give another folder.",
                code="bad_output",
            )
        if os.path.lexists(file) and not _is_own(file):
            raise InputError(
                f"{file} is no file that a batch wrote, and would be overwritten.",
                "Move it away or rename it, or give another folder.",
                code="bad_output",
            )


def _is_own(file: Path) -> bool:
    """Whether a batch wrote a table or report, or nothing is lost with it."""
    try:
        with file.open("rb") as opened:
            begun = opened.read(_LOOKED_AT)
    except FileNotFoundError:  # a link that leads nowhere
        return True
    except OSError:  # what cannot be read is not told to be one's own
        return False
    return not begun or (_OWN_TABLE.match(begun) or _OWN_PAGE.search(begun)) is not None
