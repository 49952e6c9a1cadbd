"""Makes harder versions of recordings with phones: telephones, noise, rooms, tapes, other voices and manners.

    python -m scripts.bench.hard_conditions RECORDINGS --out out/hard
    elocute measure speech out/hard/telephone --face flame_assets/elocute-head-1.npz

See :mod:`elocute.bench.hard_conditions` for what they are and are not.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from elocute.bench.hard_conditions import CONDITIONS, write_conditions
from elocute.bench.recordings import recordings_in
from scripts.bench.data import SPEECH


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the folders."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", default=SPEECH, help="recordings with phones")
    parser.add_argument("--conditions", nargs="+", choices=list(CONDITIONS), default=list(CONDITIONS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="folder, one below it for each condition")
    options = parser.parse_args(arguments)
    recordings = [one for folder in options.folders for one in recordings_in(folder)]
    write_conditions(recordings, options.out, options.conditions, options.seed)


if __name__ == "__main__":
    main()
