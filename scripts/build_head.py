"""Generate the stand-in head ``elocute-head-1`` and write it as a face model (.npz).

Written to its own place, it also renews the pattern of the controls, points of the head that both sides hold.

The result is the same bit for bit every time on one numpy version.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elocute.face.model import FaceModel

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "backend"))

HEAD = ROOT / "flame_assets" / "elocute-head-1.npz"
PATTERNS = (
    ROOT / "addon/core/retarget/controls/pattern.npz",
    ROOT / "backend/elocute/controls/pattern.npz",
)


def main() -> int:
    """Parse the arguments, build, write, say what was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HEAD)
    arguments = parser.parse_args()

    from elocute.errors import UserError
    from elocute.face.standin.build import build_head

    started = time.perf_counter()
    model = build_head()
    try:
        model.save(arguments.out)
        if arguments.out == HEAD:
            write_patterns(model)
    except UserError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    size = arguments.out.stat().st_size / 1e6
    print(
        f"{arguments.out}: {model.vertices} vertices, {len(model.faces)} faces, "
        f"{len(model.expression_names)} expressions, {size:.1f} MB, {time.perf_counter() - started:.1f} s"
    )
    return 0


def write_patterns(model: FaceModel) -> None:
    """Write how the head's mouth, lids and brows move to both sides."""
    import numpy as np

    from elocute.controls.pattern import pattern_arrays
    from elocute.storage.atomic_write import write_atomically

    arrays: dict[str, Any] = pattern_arrays(model)
    for path in PATTERNS:
        with write_atomically(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **arrays)


if __name__ == "__main__":
    sys.exit(main())
