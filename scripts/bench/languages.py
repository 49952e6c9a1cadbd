"""Measures ten languages against festival's voices: python -m scripts.bench.languages [CODE ...]

The voices read with rules of their own, so the figures are not circular. Prints the share of 25-fps frames
with the right lips, P/B/M found within 40 ms and false ones a minute, with the text and by the sounds alone.
Languages whose voice is not installed are left out, with the packages that they need.
"""

from __future__ import annotations

import argparse

from elocute.audio.phones.finder import PhoneSettings
from elocute.bench.phone_accuracy import as_it_is, score_lines
from elocute.bench.spoken_languages import LANGUAGES, spoken_lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("languages", nargs="*", metavar="CODE", help="instead of all")
    arguments = parser.parse_args()
    print(
        "| language | text: lips | P B M found | false a minute | sounds alone: lips | P B M found | false |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for language in LANGUAGES:
        if arguments.languages and language.code not in arguments.languages:
            continue
        try:
            lines = list(spoken_lines(language))
        except RuntimeError as error:
            print(f"| {language.code} | {error} | | | | | |", flush=True)
            continue
        cells = []
        for settings in (
            lambda text: PhoneSettings(transcript=text),
            lambda text: PhoneSettings(words="none"),
        ):
            score = score_lines(lines, as_it_is, settings)
            cells += [
                f"{100 * score.lips:.0f} %",
                f"{score.found} of {score.closures}",
                f"{score.invented_a_minute:.1f}",
            ]
        print(f"| {language.code} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
