"""Make the README's preview of the demo: a short moving picture and a still, out of a film of the demo.

    python3 scripts/run.py demo --character Mira --style cheerful
    python -m scripts.make_readme_pictures out/demo/line.mp4

Runs in the tests' environment. The pictures of the panel come from ``scripts/make_guide_pictures.py``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
from PIL import Image

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURES: Final = ROOT / "docs" / "pictures"


@dataclass(frozen=True)
class Excerpt:
    """Which part of a film is shown, and how.

    Attributes:
        start: its first second.
        seconds: how long it is.
        pixels: width and height of the moving picture.
        every: one of so many frames is shown.
        still: second of the film that the still shows.
    """

    start: float = 0.3
    seconds: float = 4.2
    pixels: int = 256
    every: int = 2
    still: float = 2.0


def frames_of(film: Path) -> Iterator[tuple[float, Image.Image]]:
    """Frames of a film of our own with their times in seconds."""
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            yield float(frame.time or 0.0), Image.fromarray(frame.to_ndarray(format="rgb24"))


def write_pictures(film: Path, folder: Path, excerpt: Excerpt) -> tuple[Path, Path]:
    """Write ``preview.webp``, which moves, and ``still.jpg``; return both paths.

    Raises:
        ValueError: the film is shorter than the excerpt.
    """
    shown: list[Image.Image] = []
    times: list[float] = []
    still: Image.Image | None = None
    for time, image in frames_of(film):
        if still is None and time >= excerpt.still:
            still = image
        if excerpt.start <= time < excerpt.start + excerpt.seconds:
            shown.append(image.resize((excerpt.pixels, excerpt.pixels), Image.Resampling.LANCZOS))
            times.append(time)
    if still is None or len(shown) < 2 * excerpt.every:
        raise ValueError(f"{film} is too short for this excerpt")
    pause = 1000.0 * excerpt.every * (times[-1] - times[0]) / (len(times) - 1)
    first, *others = shown[:: excerpt.every]
    moving, standing = folder / "preview.webp", folder / "still.jpg"
    folder.mkdir(parents=True, exist_ok=True)
    first.save(
        moving, save_all=True, append_images=others, duration=round(pause), loop=0, quality=60, method=6
    )
    still.save(standing, quality=85, optimize=True)
    return moving, standing


def main() -> int:
    """Parse the arguments and write the pictures; return an exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("film", type=Path)
    parser.add_argument("--out", type=Path, default=PICTURES)
    parser.add_argument("--start", type=float, default=Excerpt.start)
    parser.add_argument("--seconds", type=float, default=Excerpt.seconds)
    parser.add_argument("--still", type=float, default=Excerpt.still)
    arguments = parser.parse_args()
    excerpt = Excerpt(arguments.start, arguments.seconds, still=arguments.still)
    for path in write_pictures(arguments.film, arguments.out, excerpt):
        print(path, path.stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
