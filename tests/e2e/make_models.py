"""The models and films that every Blender's tests use, made once for all of them.

Run by the backend's interpreter: make_models.py FOLDER. Makes the folder anew and writes into its
``made.json`` what make_checkpoint.py, make_families.py and make_films.py say of theirs, and the recordings.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

from tests.e2e import make_checkpoint, make_families, make_films  # noqa: E402

AUDIO = ROOT / "tests" / "data" / "speech" / "waffles.flac"


def make(folder: Path) -> dict[str, object]:
    """Make everything in ``folder``."""
    checkpoint, families, short = folder / "checkpoint", folder / "families", folder / "short.wav"
    films = folder / "films"
    for part in (checkpoint, families, films):
        part.mkdir()
    make_families.shorten(AUDIO, short)
    return {
        "audio": str(AUDIO),
        "checkpoint": make_checkpoint.make(checkpoint, AUDIO),
        "families": make_families.make(families),
        "films": make_films.make(films, AUDIO),
        "short": str(short),
    }


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    (target / "made.json").write_text(json.dumps(make(target)), encoding="utf-8")
