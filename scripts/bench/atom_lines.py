"""Mouth landmarks of held-out lines: a trained AToM, ``rules``, the bundled model, a still mouth, a late one.

    python -m scripts.bench.atom_lines --model FOLDER --corpus CORPUS [--lines 8] [--clips OUT]

The truth is what the ``rules`` model acts from the phones that are really said; all models hear the phones
that were found in the sound with the text. That is ``rules`` own ground: it differs from the truth by those
phones and by chance alone. The bundled model goes through landmarks and the face fit, as AToM does.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import SpeechFeatures
from elocute.bench.film_mouths import correlation
from elocute.clips_in_the_making import make_clips
from elocute.corpus.corpus import read_corpus
from elocute.evaluation.of_landmarks.landmark_distances import (
    aligned_landmark_distances,
    mouth_landmark_distance,
)
from elocute.face.fit.generated import fitted
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.generator import GenerationSettings, Generator
from elocute.models.atom.generator import AtomGenerator
from elocute.models.family import LoadOptions
from elocute.models.registry import built_in_models, bundled_models, load
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_track import LandmarkTrack
from elocute.progress import Progress
from elocute.training.atom.sources import taught_clip
from scripts.bench.data import HEAD

STYLE: Final = "neutral"
LATE: Final = 5
"""Frames that the late mouth is late."""
Float32Array = NDArray[np.float32]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--lines", type=int, default=8)
    parser.add_argument("--clips", type=Path, help="folder for the clips of the first line")
    options = parser.parse_args()
    face = FaceModel.load(HEAD)
    models: dict[str, Callable[[SpeechFeatures], MotionClip]] = {
        "AToM": _clips(AtomGenerator.from_folder(options.model), None),
        "rules": _clips(load(built_in_models()[0], LoadOptions()), STYLE),
        "bundled": _through_landmarks(_clips(load(bundled_models()[0], LoadOptions()), STYLE), face),
    }
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for number, entry in enumerate(read_corpus(options.corpus).utterances("test")[: options.lines]):
        utterance = entry.load()
        truth = taught_clip(utterance, STYLE)
        told = utterance.speech("transcript" if "transcript" in utterance.phones else "exact")
        clips = {name: model(told) for name, model in models.items()}
        goal = _millimetres(truth, face)
        made = {name: _millimetres(clip, face) for name, clip in clips.items()}
        made["still"] = np.repeat(goal.mean(axis=0, keepdims=True), len(goal), axis=0)
        made["late"] = np.concatenate([goal[:1]] * LATE + [goal[:-LATE]])
        for name, points in made.items():
            rows.setdefault(name, []).append(_measures(points, goal))
        if number == 0 and options.clips is not None:
            options.clips.mkdir(parents=True, exist_ok=True)
            for name, clip in {**clips, "truth": truth}.items():
                clip.save(options.clips / f"{name}.npz")
    print(f"{len(rows['still'])} held-out lines   LMD mm   M-LMD mm   r of the opening")
    for name, values in rows.items():
        lmd, aligned, r = np.mean(values, axis=0)
        print(f"{name:20s} {lmd:8.2f} {aligned:10.2f} {r:10.2f}")


def _clips(generator: Generator, style: str | None) -> Callable[[SpeechFeatures], MotionClip]:
    settings = GenerationSettings(style=style, seed=1)
    return lambda speech: make_clips(generator, speech, settings, Progress())[0]


def _through_landmarks(
    make: Callable[[SpeechFeatures], MotionClip], face: FaceModel
) -> Callable[[SpeechFeatures], MotionClip]:
    def clip(speech: SpeechFeatures) -> MotionClip:
        made = make(speech)
        still = replace(made, head=np.zeros_like(made.head))
        track = LandmarkTrack(clip_landmarks(still, face), made.fps, "metre", posed=False)
        return fitted(track, face, Progress())[0]

    return clip


def _millimetres(clip: MotionClip, face: FaceModel) -> Float32Array:
    return 1000 * clip_landmarks(replace(clip, head=np.zeros_like(clip.head)), face)


def _measures(points: Float32Array, goal: Float32Array) -> tuple[float, float, float]:
    opening = [side[:, 62, 1] - side[:, 66, 1] for side in (points, goal)]
    r = correlation(*opening)
    return mouth_landmark_distance(points, goal), aligned_landmark_distances(points, goal)[1], r


if __name__ == "__main__":
    main()
