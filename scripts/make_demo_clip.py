"""Synthesizes the line that the demo speaks, and the speech that the tests use, with exact phone times.

The results are committed, so this is only run to change them: python scripts/make_demo_clip.py
Needs the speech synthesizer flite (apt-get install flite) and the packages of requirements/backend.txt.

For each line three files: NAME.flac (16 kHz, mono, 16 bit), NAME.txt (what is said) and NAME.json (phones
with start and end in seconds, as the synthesizer placed them).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "backend"))

import soundfile  # noqa: E402

from elocute.atomic_write import write_atomically  # noqa: E402
from elocute.audio.phone import ARPABET, SILENCE, Phone  # noqa: E402
from elocute.audio.phone_json import write_phone_json  # noqa: E402
from elocute.errors import UserError  # noqa: E402


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

_TO_ARPABET = {
    "ax": "AH",
    "axr": "ER",
    "ix": "IH",
    "el": "L",
    "em": "M",
    "en": "N",
    "nx": "N",
    "dx": "T",
    "hv": "HH",
    "pau": SILENCE,
    "h#": SILENCE,
    "brth": SILENCE,
    "ssil": SILENCE,
}


def synthesize(line: Line, folder: Path) -> None:
    """Write the line's three files under ``folder``.

    Raises:
        UserError: flite is not installed, or it failed.
    """
    engine = shutil.which("flite")
    if engine is None:
        raise UserError(
            "The speech synthesizer flite is not installed.",
            "Install the package flite, for example with: apt-get install flite",
            code="missing_engine",
        )
    with tempfile.TemporaryDirectory(prefix="elocute-") as scratch:
        wave = Path(scratch) / "line.wav"
        command = [engine, "-voice", line.voice, "-psdur", "--setf", f"duration_stretch={line.stretch}"]
        if line.pitch_spread is not None:
            command += ["--setf", f"int_f0_target_stddev={line.pitch_spread}"]
        command += ["-t", line.text, "-o", str(wave)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not wave.exists():
            raise UserError(f"flite could not say {line.name!r}: {done.stderr.strip()}", code="engine_failed")
        samples, rate = soundfile.read(wave, dtype="int16")
    seconds = len(samples) / rate
    phones = parse_phones(done.stdout, seconds)
    target = folder / line.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(target.with_suffix(".flac")) as temporary:
        soundfile.write(temporary, samples, rate, subtype="PCM_16")
    with write_atomically(target.with_suffix(".txt")) as temporary:
        temporary.write_text(line.text + "\n", encoding="utf-8")
    write_phone_json(
        target.with_suffix(".json"), phones, (), seconds, source="synthesizer", transcript=line.text
    )
    print(f"{line.name}: {seconds:.2f} s, {len(phones)} phones, voice {line.voice}")


def parse_phones(listing: str, seconds: float) -> list[Phone]:
    """Phones from flite's ``name:end`` pairs, clipped to the sound's length (its last pause is too long)."""
    phones: list[Phone] = []
    for pair in listing.split():
        name, _, end_text = pair.partition(":")
        label = _TO_ARPABET.get(name, name.upper())
        if label not in {SILENCE, *ARPABET}:
            raise UserError(f"flite spoke of a phone {name!r} that is not known.", code="engine_failed")
        start = phones[-1].end if phones else 0.0
        end = min(float(end_text), seconds)
        if end > start:
            phones.append(Phone(label, start, end))
    if phones and phones[-1].label == SILENCE:
        phones[-1] = Phone(SILENCE, phones[-1].start, seconds)
    return phones


def main() -> int:
    """Synthesize every line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT, help="folder to write under (the repository)")
    arguments = parser.parse_args()
    try:
        for line in LINES:
            synthesize(line, arguments.out)
    except UserError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
