"""Packs a corpus into one small file, to take it to another machine.

python -m scripts.train.pack_corpus --corpus CORPUS --out corpus.npz

There, ``python -m scripts.train.train_default --packed corpus.npz ...`` trains on it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scripts.terminal import exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Pack it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Pack it and say how large it became."""
    from elocute.corpus.packed import pack_corpus

    count = pack_corpus(options.corpus, options.out, lambda share: None)
    print(f"{count} utterances in {options.out}, {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    raise SystemExit(main())
