"""Measures how long transcripts take to read: python -m scripts.bench.bench_transcripts"""

from __future__ import annotations

import argparse

from elocute.bench.transcript_speed import reading_times


def main() -> None:
    """Print a row for each language."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    print("| language | first line, s | words | all of them, s | ms per word |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for each in reading_times():
        per_word = 1000.0 * each.long / each.words
        print(f"| {each.language} | {each.first:.2f} | {each.words} | {each.long:.2f} | {per_word:.2f} |")


if __name__ == "__main__":
    main()
