"""The settings file of a training on an actor's recordings, written where the recordings lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from elocute.storage.atomic_write import write_atomically

FILE: Final = "train.json"


def write_train_settings(folder: Path, later: Path) -> None:
    """Write the settings into ``folder``, which will lie at ``later``; what they leave out is usual."""
    with write_atomically(folder / FILE) as temporary:
        temporary.write_text(json.dumps({"data": str(later.resolve())}, indent=1), encoding="utf-8")
