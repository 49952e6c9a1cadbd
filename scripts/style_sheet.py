"""Render one line in every preset and emotion of a model, a few frames of each, to one picture.

    python -m scripts.style_sheet --blender-python .venv/blender-5.0/bin/python [--intensities 0.5,1]
    python -m scripts.style_sheet --blender-python ... --styles calm,sad@0/angry@2.5
    python -m scripts.style_sheet --blender-python ... --styles calm --every 2 --between 1.2,2.4 --columns 10

In ``--styles`` a style that changes within the line has / between its parts. A row is a style at an
intensity, a column a moment of the line, the same in all rows: moments spread over the line, or every so
many frames of it, to see how it moves. Workbench renders.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.bench.recordings import read_recording
from elocute.bench.variants import load_generator
from elocute.clips_in_the_making import make_clips
from elocute.generator import GenerationSettings, Generator
from elocute.models.catalogue import FALLBACK_MODEL
from elocute.models.rules.style import PRESETS
from elocute.motion.clip import MotionClip
from elocute.preview.contact_sheet import phone_at, sheet_times
from elocute.progress import Progress
from elocute.storage.atomic_write import write_atomically
from elocute.style_curve import INTENSITY
from scripts.backend_path import ROOT
from scripts.bench.data import HEAD

LINE: Final = ROOT / "flame_assets" / "demo"
LABEL: Final = 150
HEADER: Final = 22
_MOST: Final = 10_000
FACE_SHARE: Final = 0.72
"""Of the picture's shorter side: the face without hair and collar."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the clips, render them, write the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--blender-python", type=Path, required=True, help="a Python that has bpy")
    parser.add_argument(
        "--audio", type=Path, help="recording with NAME.json of its phones (default: the demo's)"
    )
    parser.add_argument("--model", default=FALLBACK_MODEL, help=f"id or folder (default {FALLBACK_MODEL})")
    parser.add_argument("--intensities", default="0.5,1", help="of every style (default 0.5,1)")
    parser.add_argument("--styles", default=",".join(PRESETS), help="which (default all)")
    parser.add_argument("--moments", type=_count, default=8, help="frames of each (default 8)")
    parser.add_argument("--every", type=_count, help="instead of moments: every so many frames")
    parser.add_argument(
        "--between", type=_times, help="of the line only what lies between two times: 1.2,2.4 (seconds)"
    )
    parser.add_argument("--columns", type=_count, help="moments side by side; more go below (default all)")
    parser.add_argument("--cell", type=_count, default=180, help="pixels of a picture (default 180)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "styles.png")
    options = parser.parse_args(arguments)
    audio = options.audio or next(iter(sorted(LINE.glob("*.flac"))))
    phones = read_recording(audio).phones
    speech = replace(
        analyse_speech(load_audio(audio), phones="off"), phones=phones, phone_source="transcript"
    )
    start, end = options.between or (0.0, speech.seconds)
    if start >= speech.seconds:
        parser.error(f"--between: the line ends after {speech.seconds:.2f} s")
    frames = chosen_frames(start, min(end, speech.seconds), options.moments, options.every)
    if not frames:
        parser.error("--between: no frame lies between these times")
    rows = [
        (name, float(intensity))
        for name in options.styles.replace(",", " ").replace("/", ",").split()
        for intensity in options.intensities.split(",")
    ]
    model = load_generator(options.model)
    clips = [_frames_of(model, speech, name, intensity, options.seed, frames) for name, intensity in rows]
    with tempfile.TemporaryDirectory() as folder:
        pictures = _rendered(_joined(clips), audio, options.blender_python, Path(folder))
    columns = [f"{frame / FPS:.2f} s {phone_at(phones, (frame + 0.5) / FPS)}" for frame in frames]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(options.out) as temporary:
        names = [f"{name} {intensity:g}" for name, intensity in rows]
        _sheet(names, columns, pictures, options.columns or len(columns), options.cell).save(temporary, "png")
    print(options.out)
    return 0


def _count(text: str) -> int:
    """A whole number from 1 on.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= _MOST):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {_MOST}")
    return int(text)


def _times(text: str) -> tuple[float, float]:
    """Two times in seconds, the first before the second.

    Raises:
        argparse.ArgumentTypeError: they are none.
    """
    try:
        start, end = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form START,END: 1.2,2.4") from None
    if not 0.0 <= start < end < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} does not begin before it ends")
    return start, end


def chosen_frames(start: float, end: float, moments: int, every: int | None) -> list[int]:
    """Frames between two times in seconds: as many moments, or every so many frames."""
    if every is not None:
        return list(range(int(start * FPS), int(end * FPS), every))
    return [int((start + time) * FPS) for time in sheet_times(end - start, moments)]


def _frames_of(
    model: Generator, speech: SpeechFeatures, name: str, intensity: float, seed: int, frames: Sequence[int]
) -> MotionClip:
    settings = GenerationSettings(style=name, seed=seed, options={INTENSITY: intensity})
    clip = make_clips(model, speech, settings, Progress())[0]
    chosen = list(frames)
    return replace(
        clip,
        expression=clip.expression[chosen],
        jaw=clip.jaw[chosen],
        head=clip.head[chosen],
        eyes=None if clip.eyes is None else clip.eyes[chosen],
    )


def _joined(clips: Sequence[MotionClip]) -> MotionClip:
    def together(name: str) -> NDArray[np.float32]:
        return np.concatenate([getattr(clip, name) for clip in clips])

    return replace(
        clips[0],
        expression=together("expression"),
        jaw=together("jaw"),
        head=together("head"),
        eyes=together("eyes"),
    )


def _rendered(clip: MotionClip, audio: Path, blender: Path, folder: Path) -> list[Image.Image]:
    """Each frame of a clip as a picture."""
    file, film = folder / "frames.npz", folder / "frames.mp4"
    clip.save(file)
    command: list[Any] = [blender, ROOT / "scripts" / "demo_scene.py", "--face", HEAD, "--clip", file]
    command += ["--audio", audio, "--video", film, "--blend", folder / "frames.blend"]
    subprocess.run([*map(str, command), "--engine", "workbench"], check=True, stdout=subprocess.DEVNULL)
    with av.open(str(film)) as container:
        return [
            Image.fromarray(frame.to_ndarray(format="rgb24"))
            for frame in container.decode(container.streams.video[0])
        ][: clip.frames]


def _sheet(
    rows: Sequence[str], columns: Sequence[str], pictures: Sequence[Image.Image], wide: int, cell: int
) -> Image.Image:
    """All rows of the first ``wide`` columns, below them all rows of the next."""
    blocks = -(-len(columns) // wide)
    deep = HEADER + cell * len(rows)
    sheet = Image.new("RGB", (LABEL + cell * wide, deep * blocks), (24, 24, 26))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=15)
    for place, caption in enumerate(columns):
        block, column = divmod(place, wide)
        draw.text((LABEL + column * cell + 6, block * deep + 3), caption, fill=(230, 230, 230), font=font)
    for number, picture in enumerate(pictures):
        row, place = divmod(number, len(columns))
        block, column = divmod(place, wide)
        side = round(FACE_SHARE * min(picture.size))
        left, top = (picture.width - side) // 2, round(0.55 * (picture.height - side))
        face = picture.crop((left, top, left + side, top + side)).resize(
            (cell, cell), Image.Resampling.LANCZOS
        )
        sheet.paste(face, (LABEL + column * cell, block * deep + HEADER + row * cell))
    for place, caption in enumerate(rows):
        for block in range(blocks):
            where = (6, block * deep + HEADER + place * cell + cell // 2)
            draw.text(where, caption, fill=(230, 230, 230), font=font)
    return sheet


if __name__ == "__main__":
    sys.exit(main())
