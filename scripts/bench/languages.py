"""Measures languages that synthesizers speak: python -m scripts.bench.languages [CODE ...]

festival's voices read with rules of their own, so the first table is not circular; in the second espeak-ng
speaks sentences whose lip closures were written down by hand, and only these are not; in the third it reads
English by the rules of another language, as people do who have not learnt it well. Prints the share of
25-fps frames with the right lips (in the second table phones, too), P/B/M found within 40 ms and false ones a
minute: with the text, by the sounds alone, and with the right phones spread evenly. Languages whose voice is
not installed are left out, with what they need.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial

from elocute.audio.languages import AUTO, ENGLISH
from elocute.audio.phones.request import NO_WORDS, PhoneSettings
from elocute.bench.checked_languages import ACCENTS, CHECKED, accented_lines, checked_lines
from elocute.bench.phone_accuracy import PhoneScore, SpokenLine, as_it_is, score_lines, score_spread_evenly
from elocute.bench.spoken_languages import LANGUAGES, spoken_lines
from elocute.errors import UserError


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("languages", nargs="*", metavar="CODE", help="instead of all")
    wanted = parser.parse_args().languages
    own = {each.code: partial(spoken_lines, each) for each in LANGUAGES}
    _print_head("lips")
    _print_rows(own, wanted, lambda score: f"{100 * score.lips:.0f} %")
    print()
    _print_head("phones, lips")
    checked = {code: partial(checked_lines, code) for code in CHECKED}
    _print_rows(checked, wanted, lambda score: f"{100 * score.phones:.0f} %, {100 * score.lips:.0f} %")
    print("\nEnglish, read by the rules of another language")
    _print_head("lips")
    accented = {code: partial(accented_lines, code) for code in ACCENTS}
    _print_rows(accented, wanted, lambda score: f"{100 * score.lips:.0f} %", spoken=ENGLISH)


def _print_head(shares: str) -> None:
    modes = (f"text: {shares}", "sounds alone", "spread evenly")
    print("| language |" + "".join(f" {mode} | P B M found | false a minute |" for mode in modes))
    print("| --- " * (1 + 3 * len(modes)) + "|")


def _print_rows(
    languages: Mapping[str, Callable[[], Iterable[SpokenLine]]],
    wanted: Collection[str],
    shares: Callable[[PhoneScore], str],
    spoken: str = AUTO,
) -> None:
    for code, said in languages.items():
        if wanted and code not in wanted:
            continue
        try:
            lines = list(said())
        except (RuntimeError, UserError) as error:
            print(f"| {code} | {error} |" + " |" * 8, flush=True)
            continue
        with_text = score_lines(lines, as_it_is, lambda text: PhoneSettings(text, spoken))
        by_sound = score_lines(lines, as_it_is, lambda text: PhoneSettings(words=NO_WORDS))
        cells: list[str] = []
        for score in (with_text, by_sound, score_spread_evenly(lines)):
            cells += [
                shares(score),
                f"{score.found} of {score.closures}",
                f"{score.invented_a_minute:.1f}",
            ]
        print(f"| {code} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
