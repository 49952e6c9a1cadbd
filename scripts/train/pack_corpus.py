"""Packs a corpus into one small file, or several, to take it to another machine.

python -m scripts.train.pack_corpus --corpus CORPUS --out corpus.npz [--parts 2]

There, ``python -m scripts.train.train_default --packed corpus.npz ...`` trains on it. With ``--parts`` the
files are ``corpus-1.npz`` and so on, and ``--packed`` takes all of them.
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
    parser.add_argument("--parts", type=int, default=1, help="how many files (default 1)")
    options = parser.parse_args(arguments)
    if options.parts < 1:
        parser.error("--parts is at least 1")
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Pack it and say how large it became."""
    from elocute.corpus.packed import pack_corpus

    for part in range(1, options.parts + 1):
        name = options.out.name if options.parts == 1 else f"{options.out.stem}-{part}{options.out.suffix}"
        target = options.out.with_name(name)
        count = pack_corpus(options.corpus, target, lambda share: None, part, options.parts)
        print(f"{count} utterances in {target}, {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    raise SystemExit(main())
