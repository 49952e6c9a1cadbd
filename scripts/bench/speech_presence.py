"""Measures how often speech is missed, and how often noise and music are taken for it.

    python -m scripts.bench.speech_presence                    # the committed lines
    python -m scripts.bench.speech_presence FOLDER --seeds 4   # other recordings

Each recording is tried in every manner of :func:`elocute.bench.generated_sounds.in_every_manner`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from elocute.bench.speech_presence import share_of_real_time, speech_missed, table, taken_for_speech
from scripts.bench.data import SPEECH


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", default=SPEECH, help="folders of recordings")
    parser.add_argument("--seeds", type=int, default=2, help="sounds of each kind and length (default 2)")
    options = parser.parse_args(arguments)
    say = sys.stdout.write
    say(table("speech", speech_missed(options.folders, seed=0)) + "\n\n")
    say(table("no speech", taken_for_speech(range(100, 100 + options.seeds))) + "\n\n")
    say(f"Share of real time: {share_of_real_time():.4f}\n")


if __name__ == "__main__":
    main()
