"""Write a synthetic model with FLAME's structure and size, to test the FLAME import without a licence.

python scripts/make_synthetic_flame.py FOLDER [--style chumpy] [--small] [--seed N]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scripts.synthetic_flame import FULL_SIZE, SMALL_SIZE, STYLES, make_synthetic_flame, write_files


def main() -> None:
    """Write generic_model.pkl, landmark_embedding.npy and FLAME_masks.pkl."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--style", choices=STYLES, default="chumpy", help="which program's pickle it looks like"
    )
    parser.add_argument("--small", action="store_true", help="a coarse mesh for quick tests")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    flame = make_synthetic_flame(SMALL_SIZE if options.small else FULL_SIZE, options.seed)
    for path in write_files(flame, options.folder, options.style).values():
        print(f"Wrote {path}")


if __name__ == "__main__":
    main()
