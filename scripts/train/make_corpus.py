"""Makes the corpus of synthesized speech that the bundled model is trained on.

python -m scripts.train.make_corpus --out CORPUS --hours 4

Needs the speech synthesizers flite, festival (with the voices festvox-kallpc16k, festvox-kdlpc16k and
festvox-us-slt-hts) and espeak-ng (apt-get install ...) and the packages of requirements/backend.txt.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from scripts.terminal import exit_code

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # the processes themselves use the processors
    os.environ.setdefault(variable, "1")


def main() -> int:
    """Make the corpus, or what is missing of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--hours", type=float, default=4.0, help="hours of speech to train on (%(default)s)")
    parser.add_argument("--tests", type=int, default=40, help="utterances to test with (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what everything is drawn from (%(default)s)")
    parser.add_argument(
        "--recognised",
        type=float,
        default=0.12,
        help="share of English utterances to recognise without a transcript, the slow part (%(default)s)",
    )
    parser.add_argument("--processes", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on with a corpus that is there")
    arguments = parser.parse_args()
    return exit_code(lambda: run(arguments))


def run(arguments: argparse.Namespace) -> None:
    """Make it."""
    # Not above: the processes import this module before they can watch whether this one is still there.
    from elocute.corpus.build import CorpusSettings, build_corpus

    began = time.monotonic()
    corpus = build_corpus(
        arguments.out,
        CorpusSettings(arguments.hours, arguments.seed, arguments.tests, arguments.recognised),
        processes=max(arguments.processes, 1),
        resume=arguments.resume,
        report=lambda line: print(f"{time.monotonic() - began:6.0f} s  {line}", flush=True),
    )
    print(f"{len(corpus.entries)} utterances in {arguments.out}")


if __name__ == "__main__":
    raise SystemExit(main())
