"""Print how the teacher moves: the table of docs/rules.md, "Statistics".

    python -m scripts.bench.measure_teacher [--styles 60] [--seeds 8] [--most-lines 200] [CORPUS]

Without a folder the lines of tests/data/speech and the demo's are measured. A folder holds NAME.flac (or
.wav) and NAME.json with phone times, as scripts/make_demo_clip.py writes them. Lines are joined with pauses
to recordings of about a minute, because single lines are mostly beginning and end.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from elocute.bench.teacher_statistics import long_recordings, measure, spread_table, style_table
from elocute.corpus.teacher import sample_styles
from elocute.face.model import FaceModel
from elocute.models.rules.style import PRESETS
from scripts.bench.data import HEAD, SOUNDS


def main() -> None:
    """Measure presets and sampled styles."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--styles", type=int, default=60, help="how many sampled styles")
    parser.add_argument("--seeds", type=int, default=8, help="takes of each line")
    parser.add_argument("--most-lines", type=int, default=200, help="lines of the corpus to use")
    options = parser.parse_args()
    if options.corpus is None:
        sounds = [*SOUNDS[: options.most_lines]] * 3  # four lines alone would not fill a minute
    else:
        found = [*options.corpus.rglob("*.flac"), *options.corpus.rglob("*.wav")]
        sounds = sorted(found)[: options.most_lines]
    recordings = long_recordings(sounds)
    face = FaceModel.load(HEAD)
    seconds = sum(speech.seconds for speech in recordings)
    print(f"{len(recordings)} recordings, {seconds:.0f} s, {options.seeds} takes each\n")
    print(
        style_table(
            {name: measure(recordings, style, options.seeds, face) for name, style in PRESETS.items()}
        )
    )
    if options.styles:
        print(f"\n{options.styles} sampled styles:\n")
        styles = sample_styles(len(PRESETS) + options.styles, 0)[len(PRESETS) :]
        print(spread_table([measure(recordings, style, options.seeds, face) for style in styles]))


if __name__ == "__main__":
    main()
