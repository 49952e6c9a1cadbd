"""Generate the stand-in head ``elocute-head-1`` and write it as a face model (.npz).

The result is the same bit for bit every time on one numpy version.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "backend"))


def main() -> int:
    """Parse the arguments, build, write, say what was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "flame_assets" / "elocute-head-1.npz")
    arguments = parser.parse_args()

    from elocute.errors import UserError
    from elocute.face.standin.build import build_head

    started = time.perf_counter()
    model = build_head()
    try:
        model.save(arguments.out)
    except UserError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    size = arguments.out.stat().st_size / 1e6
    print(
        f"{arguments.out}: {model.vertices} vertices, {len(model.faces)} faces, "
        f"{len(model.expression_names)} expressions, {size:.1f} MB, {time.perf_counter() - started:.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
