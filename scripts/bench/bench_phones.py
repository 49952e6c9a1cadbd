"""Measures the real-time factor of the phone front end: python -m scripts.bench.bench_phones [--seconds 60]

Repeats the committed test speech to the length asked for and finds its phones with a transcript, by
recognition and by sounds alone. Prints wall and processor time, both divided by the length of the sound.
"""

from __future__ import annotations

import argparse

from elocute.audio.decode import Audio
from elocute.bench.long_line import long_line
from elocute.bench.phone_speed import phone_speeds
from scripts.bench.data import SOUNDS


def main() -> None:
    """Measure the three ways."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the sound")
    arguments = parser.parse_args()
    samples, text = long_line(SOUNDS, arguments.seconds)
    audio = Audio(samples, arguments.seconds, 16000, 1, "")
    for speed in phone_speeds(audio, text):
        print(
            f"{speed.way:17s} {audio.seconds:.1f} s: wall {speed.wall:.3f}, "
            f"processor {speed.processor:.3f} of real time",
            flush=True,
        )


if __name__ == "__main__":
    main()
