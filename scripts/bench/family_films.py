"""Films of one held-out line by several models on the same head, and a sheet of the same moments of all.

    python -m scripts.bench.family_films --corpus CORPUS --blender-python .venv/blender-5.0/bin/python \\
        --out FOLDER rules elocute-lite runs/dimitra/trained_model

The first row is the teacher's own motion from the exact phones. Small and plain (Workbench), to be looked at.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scripts.backend_path import ROOT
from scripts.bench.train_small import MODEL
from scripts.terminal import exit_code

if TYPE_CHECKING:
    from elocute.bench.held_out import HeldOutLine

FACE: Final = ROOT / "flame_assets" / "elocute-head-1.npz"
TEACHER: Final = "teacher"
_LOOKED_FOR: Final = (
    ("SIL",), ("P", "B", "M"), ("F", "V"), ("AA", "AO", "AE"), ("UW", "OW", "W"), ("IY", "EY"),
    ("L", "TH", "N"), ("S", "Z", "SH"),
)  # fmt: skip
"""A column of the sheet each: the longest of these phones in the line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", help="ids or folders of models in the stand-in's basis")
    parser.add_argument("--corpus", type=Path, required=True, help="a corpus with a test split")
    parser.add_argument("--blender-python", type=Path, required=True, help="a Python that has bpy")
    parser.add_argument("--out", type=Path, required=True, help="folder of the films")
    parser.add_argument("--line", type=int, default=1, help="which of the held-out lines (default 1)")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each film at most (default 6)")
    parser.add_argument("--size", type=int, default=160, help="pixels on each side (default 160)")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Clips, films, the sheet."""
    from elocute.bench.corpus_lines import held_out_lines
    from elocute.bench.variants import Variant
    from elocute.clips_in_the_making import make_clips
    from elocute.generator import GenerationSettings
    from elocute.progress import Progress
    from scripts.bench.named_models import named_model

    rules = Variant("rules", named_model("rules"))
    line = held_out_lines(options.corpus, options.line, ("neutral",), 1, rules, Progress())[-1]
    options.out.mkdir(parents=True, exist_ok=True)
    most = round(options.seconds * line.truth.fps)
    line.truth.part(0, min(most, line.truth.frames)).save(options.out / f"{TEACHER}.npz")
    names = [TEACHER]
    for model in options.models:
        generator = named_model(model)
        style = line.style if line.style in generator.info.styles else None
        (clip,) = make_clips(generator, line.speech, GenerationSettings(style=style, seed=1), Progress())
        names.append(_title(model))
        clip.part(0, min(most, clip.frames)).save(options.out / f"{names[-1]}.npz")
    command = [options.blender_python, ROOT / "scripts" / "train" / "film_scene.py", "--face", FACE]
    subprocess.run(
        [*map(str, command), "--folder", str(options.out), "--size", str(options.size)], check=True
    )
    _sheet(options.out, names, line)
    print(f"{options.out / 'sheet.png'}: {line.speech.transcript}")


def _title(model: str) -> str:
    path = Path(model)
    return path.parent.name if path.name == MODEL else path.name


def _sheet(folder: Path, names: Sequence[str], line: HeldOutLine) -> None:
    """A row for each film, a column for each kind of phone."""
    from PIL import Image, ImageDraw

    from elocute.renderers.film_reader import read_film

    moments = []
    films = [read_film(folder / f"{name}.mp4") for name in names]
    for labels in _LOOKED_FOR:
        found = [phone for phone in line.phones if phone.label in labels and phone.end < films[0].seconds]
        if found:
            longest = max(found, key=lambda phone: phone.end - phone.start)
            moments.append((longest.label, (longest.start + longest.end) / 2))
    side = films[0].images.shape[1]
    sheet = Image.new("RGB", (side * len(moments), (side + 14) * len(films)))
    draw = ImageDraw.Draw(sheet)
    for row, (name, film) in enumerate(zip(names, films, strict=True)):
        for column, (label, seconds) in enumerate(moments):
            frame = min(round(seconds * film.fps), film.frames - 1)
            place = (side * column, (side + 14) * row)
            sheet.paste(Image.fromarray(film.images[frame]), (place[0], place[1] + 14))
            draw.text((place[0] + 2, place[1] + 1), f"{name}  {label} {seconds:.2f} s", fill=(255, 255, 255))
    sheet.save(folder / "sheet.png")


if __name__ == "__main__":
    raise SystemExit(main())
