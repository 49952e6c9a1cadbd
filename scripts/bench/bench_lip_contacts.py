"""Measures the effect of exact lip contacts on clips: contacts before and after, and smoothness.

    python -m scripts.bench.bench_lip_contacts [FOLDER ...]          damaged clips of the rules model
    python -m scripts.bench.bench_lip_contacts --clip C.npz --phones P.json

The first takes the demo's line and the speech of the tests (and of each FOLDER: NAME.flac or NAME.wav
beside NAME.json with phones). See :mod:`elocute.bench.contact_repair` for what is done and the columns.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from elocute.bench.contact_repair import DAMAGES, HEADING, effect, lines_in, read_phones, repair_time, row
from elocute.evaluation.against_phones.motion_report import measure_motion
from elocute.face.model import FaceModel
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.motion.clip import MotionClip
from scripts.bench.data import HEAD, SPEECH


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*", help="more recordings with phones")
    parser.add_argument("--clip", type=Path, help="measure this clip instead")
    parser.add_argument("--phones", type=Path, help="its phones")
    parser.add_argument("--each", action="store_true", help="a table for every line")
    arguments = parser.parse_args()
    face = FaceModel.load(HEAD)
    probe = MouthProbe.from_face(face)
    if arguments.clip:
        if not arguments.phones:
            parser.error("--clip needs --phones")
        clip, phones = MotionClip.load(arguments.clip), read_phones(arguments.phones)
        print(HEADING + "\n" + row(arguments.clip.stem[:16], [effect(clip, phones, face, probe, None)]))
        return 0
    lines = [line for folder in (*SPEECH, *arguments.folders) for line in lines_in(folder)]
    reports = [measure_motion(line.clip, line.phones, face) for line in lines]
    print(f"{len(lines)} lines, {sum(line.clip.seconds for line in lines):.0f} s")
    print(HEADING)
    for name, damage in DAMAGES.items():
        effects = [
            effect(damage(line.clip), line.phones, face, probe, rules)
            for line, rules in zip(lines, reports, strict=True)
        ]
        print(row(name, effects), flush=True)
        if arguments.each:
            for line, one in zip(lines, effects, strict=True):
                print(row("  " + line.name[:14], [one]))
    print(repair_time(lines, probe))
    return 0


if __name__ == "__main__":
    sys.exit(main())
