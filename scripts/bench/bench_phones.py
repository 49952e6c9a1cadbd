"""Measures the real-time factor of the phone front end: python scripts/bench/bench_phones.py [--seconds 60]

Repeats the committed test speech to the length asked for and finds its phones with a transcript, by
recognition and by sounds alone. Prints wall and processor time, both divided by the length of the sound.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "backend"))

import numpy as np  # noqa: E402

from elocute.audio.decode import Audio, load_audio  # noqa: E402
from elocute.audio.phones.finder import PhoneSettings, find_phones  # noqa: E402


def long_line(seconds: float) -> tuple[Audio, str]:
    """The test lines one after another, cut to ``seconds``, and what is said in them (to the whole word)."""
    paths = [*sorted((ROOT / "tests/data/speech").glob("*.flac")), ROOT / "flame_assets/demo/line.flac"]
    lines = [(load_audio(path).samples, path.with_suffix(".txt").read_text().strip()) for path in paths]
    samples: list[np.ndarray] = []
    words: list[str] = []
    while sum(map(len, samples)) < seconds * 16000:
        sound, text = lines[len(samples) % len(lines)]
        samples.append(sound)
        words.append(text)
    joined = np.concatenate(samples)
    return Audio(joined, len(joined) / 16000, 16000, 1, ""), " ".join(words)


def main() -> None:
    """Measure the three ways."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the sound")
    arguments = parser.parse_args()
    audio, text = long_line(arguments.seconds)
    for settings in (PhoneSettings(transcript=text), PhoneSettings(), PhoneSettings(mode="allphone")):
        started, before = time.perf_counter(), os.times()
        found = find_phones(audio, settings)
        wall, after = time.perf_counter() - started, os.times()
        own = after.user - before.user + after.system - before.system
        processes = own + after.children_user - before.children_user
        processes += after.children_system - before.children_system
        print(
            f"{found.source:17s} {audio.seconds:.1f} s: wall {wall / audio.seconds:.3f}, "
            f"processor {processes / audio.seconds:.3f} of real time"
        )


if __name__ == "__main__":
    main()
