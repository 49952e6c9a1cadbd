"""Makes the backend importable for the programs of this folder's packages; imported for that alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

if (folder := str(ROOT / "backend")) not in sys.path:
    sys.path.insert(0, folder)
from elocute.processor_threads import prepare_program  # noqa: E402 - found only now

prepare_program()  # as the command line does
