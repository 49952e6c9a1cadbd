"""Makes a small dataset of films with landmarks for MToV: the stand-in head acting lines of a corpus.

python -m scripts.train.make_films --corpus CORPUS --blender-python .venv/blender-5.0/bin/python --out FILMS

The ``rules`` model acts the lines, Blender renders them (Workbench), the landmarks are those of the head's
own geometry, projected by the camera.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_track import LandmarkTrack
from elocute.renderers.film_reader import read_film
from scripts.backend_path import ROOT
from scripts.bench.data import HEAD
from scripts.terminal import exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Make it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="folder of make_corpus")
    parser.add_argument("--blender-python", type=Path, required=True, help="a Python that has bpy")
    parser.add_argument("--out", type=Path, required=True, help="folder of the films")
    parser.add_argument("--lines", type=int, default=8, help="training films (default 8); two more to test")
    parser.add_argument("--frames", type=int, default=64, help="of each film (default 64)")
    parser.add_argument("--size", type=int, default=64, help="pixels on each side (default 64)")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Act, render, project."""
    from elocute.corpus.corpus import read_corpus
    from elocute.corpus.teacher import teach
    from elocute.models.rules.style import PRESETS

    face = FaceModel.load(HEAD)
    corpus = read_corpus(options.corpus)
    names: dict[str, list[str]] = {"train": [], "test": []}
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        clips = {}
        for split, wanted in (("train", options.lines), ("test", 2)):
            for entry in corpus.utterances(split):  # type: ignore[arg-type]
                speech = entry.load()
                if len(names[split]) < wanted and speech.frames >= options.frames:
                    clip = teach(speech.speech("exact", clean=True), PRESETS["over-articulated"], 0).clip()
                    clips[entry.facts.name] = _first(clip, options.frames)
                    clips[entry.facts.name].save(Path(folder) / f"{entry.facts.name}.npz")
                    names[split].append(entry.facts.name)
        command = [options.blender_python, ROOT / "scripts" / "train" / "film_scene.py", "--face", HEAD]
        command += ["--folder", folder, "--size", options.size]
        subprocess.run([*map(str, command)], check=True)
        camera = np.array(json.loads((Path(folder) / "camera.json").read_text(encoding="utf-8")))
        for name, clip in clips.items():
            film = Path(folder) / f"{name}.mp4"
            frames = read_film(film).frames
            points = clip_landmarks(_first(clip, frames), face)
            projected(points, camera, options.size, clip.fps).save(options.out / f"{name}.npz")
            (options.out / f"{name}.mp4").write_bytes(film.read_bytes())
    for split, listed in names.items():
        (options.out / f"{split}.txt").write_text("\n".join(listed) + "\n", encoding="utf-8")
    print(f"{len(clips)} films in {options.out}")


def _first(clip: MotionClip, frames: int) -> MotionClip:
    return replace(clip, expression=clip.expression[:frames], jaw=clip.jaw[:frames], head=clip.head[:frames])


def projected(
    points: NDArray[np.float32], camera: NDArray[np.float64], size: int, fps: float
) -> LandmarkTrack:
    """Landmarks (T, 68, 3) of a head at Blender's origin as pixels of square images.

    Args:
        points: metres, axes of the face models.
        camera: (4, 4) from Blender's world to clip space.
        size: pixels on each side.
        fps: frames per second.
    """
    x, y, z = np.moveaxis(points.astype(np.float64), -1, 0)
    world = np.stack([x, -z, y, np.ones_like(x)], axis=-1)
    seen = world @ camera.T
    place = (seen[..., :2] / seen[..., 3:] + 1) / 2 * size
    return LandmarkTrack(place.astype(np.float32), fps, "pixel")


if __name__ == "__main__":
    raise SystemExit(main())
