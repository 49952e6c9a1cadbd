"""How surely phones of another recording of nearly the same length are told from a recording's own.

    python -m scripts.bench.other_phones --corpus CORPUS

Parts of utterances with their exact phones and with those of others: the share of either that is taken for
another recording's.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from elocute.audio.given_fit import LEAST_LIKENESS, likeness
from elocute.audio.given_phones import contiguous
from elocute.audio.phone import Phone
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.corpus.corpus import read_corpus
from scripts.terminal import exit_code

_SECONDS: Final = (2.0, 3.0, 4.0, 6.0, 9.0)
_SAMPLES: Final = 6
Told = tuple[SpeechFeatures, tuple[Phone, ...]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True)
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Print a row for each length."""
    utterances = [entry.load() for entry in read_corpus(options.corpus).entries]
    lines = [(one.speech(None), one.phones["exact"]) for one in utterances]
    print(
        "| seconds | own, told as another's % | another's, told % | likeness: own 1, 50 % | another's 99 % |"
    )
    print("| ---: | ---: | ---: | ---: | ---: |")
    rng = np.random.default_rng(1)
    for seconds in _SECONDS:
        parts = list(_parts(lines, seconds, rng))
        own = np.array([likeness(contiguous(phones, speech.seconds), speech) for speech, phones in parts])
        order = np.roll(np.arange(len(parts)), len(parts) // 2)
        others = np.array(
            [
                likeness(contiguous(parts[other][1], parts[at][0].seconds), parts[at][0])
                for at, other in enumerate(order)
            ]
        )
        shares = [100.0 * float((found < LEAST_LIKENESS).mean()) for found in (own, others)]
        told = (f"{np.percentile(own, 1):.2f}, {np.median(own):.2f}", f"{np.percentile(others, 99):.2f}")
        print(
            f"| {seconds:g} | {shares[0]:.2f} (of {len(own)}) | {shares[1]:.1f} | {told[0]} | {told[1]} |",
            flush=True,
        )


def _parts(lines: Sequence[Told], seconds: float, rng: np.random.Generator) -> Iterator[Told]:
    """Parts of so many seconds, at random; those of one line are apart from each other."""
    frames = round(seconds * FPS)
    for _ in range(_SAMPLES):
        for speech, phones in lines:
            if speech.frames <= frames:
                continue
            first = int(rng.integers(speech.frames - frames))
            start = first / FPS
            yield (
                replace(speech, seconds=seconds, energy_db=speech.energy_db[first : first + frames]),
                tuple(
                    replace(one, start=max(one.start - start, 0.0), end=min(one.end - start, seconds))
                    for one in phones
                    if one.end > start and one.start < start + seconds
                ),
            )


if __name__ == "__main__":
    raise SystemExit(main())
