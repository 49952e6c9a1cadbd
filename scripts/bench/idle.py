"""Measures idle motion: blinks, gaze shifts, the head's size and spectrum, and the join with a clip before.

    python -m scripts.bench.idle --seconds 60 --takes 3 rules rules:lively elocute-lite FOLDER
    python -m scripts.bench.idle --before CLIP rules FOLDER

A name may have a style behind a colon. docs/rules.md names published figures; a face that does not move would
have zeros in every column. The join's speed and acceleration are those of the head into the first new frame,
over their largest in the clip before; `cut` are those without a transition.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scripts.terminal import exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", metavar="MODEL[:STYLE]", help="ids or folders of models")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each take (default 60)")
    parser.add_argument("--takes", type=int, default=3, help="takes of each (default 3)")
    parser.add_argument("--before", type=Path, metavar="CLIP", help="motion that it goes on from")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Print the table."""
    from elocute.bench.idle_motion import COLUMNS, score_idle
    from elocute.bench.tables import markdown_table

    before = None if options.before is None else options.before.read_bytes()
    rows = {}
    for name in options.models:
        model, _, style = name.partition(":")
        rows[name] = score_idle(model, style or None, options.seconds, options.takes, before)
    print(markdown_table("model", COLUMNS, rows))


if __name__ == "__main__":
    raise SystemExit(main())
