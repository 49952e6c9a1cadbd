"""Makes the backend importable for the programs of this folder's packages; imported for that alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

if (folder := str(ROOT / "backend")) not in sys.path:
    sys.path.insert(0, folder)
# As the command line does, and for its reasons; read when the libraries are first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
