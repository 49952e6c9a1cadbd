"""Synthesizes the line that the demo speaks, and the speech that the tests use, with exact phone times.

The results are committed, so this is only run to change them: python scripts/make_demo_clip.py
Needs the speech synthesizer flite (apt-get install flite) and the packages of requirements/backend.txt.

For each line three files: NAME.flac (16 kHz, mono, 16 bit), NAME.txt (what is said) and NAME.json (phones
with start and end in seconds, as the synthesizer placed them).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "backend"))

import soundfile  # noqa: E402

from elocute.audio.phone_json import write_phone_json  # noqa: E402
from elocute.corpus.flite import Flite  # noqa: E402
from elocute.corpus.spoken import Manner, Voice  # noqa: E402
from elocute.errors import UserError  # noqa: E402
from elocute.storage.atomic_write import write_atomically  # noqa: E402


@dataclass(frozen=True)
class Line:
    """One line to synthesize.

    Attributes:
        name: where it goes, relative to the repository's root, without suffix.
        voice: flite voice.
        text: what is said.
        stretch: 1 is the voice's own pace, more is slower.
        pitch_spread: standard deviation of the pitch in Hz, for voices that obey it.
    """

    name: str
    voice: str
    text: str
    stretch: float = 1.0
    pitch_spread: float | None = None


LINES = (
    Line(
        "flame_assets/demo/line",
        "slt",
        "Well, my best friends, here we are! Five fluffy puppies played with a big blue balloon, "
        "above the wavy meadow. Wow, what a marvelous move!",
        pitch_spread=60.0,
    ),
    Line("tests/data/speech/waffles", "rms", "Bob and Molly have five warm waffles before breakfast."),
    Line("tests/data/speech/map", "kal16", "Please put my map above the big brown box.", stretch=1.1),
    Line("tests/data/speech/movie", "awb", "We have never watched a movie about women in politics."),
)


def synthesize(engine: Flite, line: Line, folder: Path) -> None:
    """Write the line's three files under ``folder``.

    Raises:
        UserError: flite failed.
    """
    manner = Manner(line.stretch, pitch_spread_hz=line.pitch_spread)
    spoken = engine.say(line.text, Voice("flite", line.voice), manner)
    target = folder / line.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(target.with_suffix(".flac")) as temporary:
        soundfile.write(temporary, spoken.samples, spoken.rate, subtype="PCM_16")
    with write_atomically(target.with_suffix(".txt")) as temporary:
        temporary.write_text(line.text + "\n", encoding="utf-8")
    write_phone_json(
        target.with_suffix(".json"),
        spoken.phones,
        (),
        spoken.seconds,
        source="synthesizer",
        transcript=line.text,
    )
    print(f"{line.name}: {spoken.seconds:.2f} s, {len(spoken.phones)} phones, voice {line.voice}")


def main() -> int:
    """Synthesize every line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT, help="folder to write under (the repository)")
    arguments = parser.parse_args()
    try:
        engine = Flite()
        for line in LINES:
            synthesize(engine, line, arguments.out)
    except UserError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
