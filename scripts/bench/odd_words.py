"""Prints what becomes of names, brands and abbreviations: python -m scripts.bench.odd_words [WORD ...]"""

from __future__ import annotations

import argparse

from elocute.bench.odd_words import ODD_WORDS, odd_words_table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="WORD", help="instead of the built-in list")
    arguments = parser.parse_args()
    print(odd_words_table(arguments.words or ODD_WORDS))


if __name__ == "__main__":
    main()
