"""Measure how deep the stand-in head's tongue goes into teeth, lips and skin while it speaks.

    python -m scripts.bench.tongue                             # the committed lines
    python -m scripts.bench.tongue FOLDER --models rules       # other recordings, words in NAME.txt

For each model: with the tongue that the phones give, and, to compare, with what the model itself makes of
``tongueOut``. Depths are the deepest over all frames, and how many frames are deeper than 0.3 mm.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.clips_in_the_making import make_clips
from elocute.evaluation.of_motion.tongue import TonguePenetration, TongueProbe
from elocute.face.model import FaceModel
from elocute.finishing.limits import within_bounds
from elocute.generator import GenerationSettings, Generator, MotionWindow, joined
from elocute.models.catalogue import Catalogue
from elocute.models.family import LoadOptions
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from scripts.bench.data import HEAD, SPEECH

_DEEP: Final = 0.3e-3


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a row for each model and tongue."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", default=SPEECH, help="folders of recordings")
    parser.add_argument("--models", default="rules,elocute-lite")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    probe, catalogue = TongueProbe(FaceModel.load(HEAD)), Catalogue()
    recordings = [
        path.with_suffix("") for folder in options.folders for path in sorted(folder.glob("*.json"))
    ]
    speeches = [_speech(path) for path in recordings]
    for name in options.models.split(","):
        generator = catalogue.load(catalogue.choose(name), LoadOptions())
        settings = GenerationSettings(seed=options.seed)
        spoken = [make_clips(generator, speech, settings, Progress())[0] for speech in speeches]
        own = [_unfinished(generator, speech, settings) for speech in speeches]
        _report(f"{name}, of the phones", probe, spoken)
        _report(f"{name}, the model's", probe, own)


def _unfinished(generator: Generator, speech: SpeechFeatures, settings: GenerationSettings) -> MotionClip:
    windows: list[MotionWindow] = []
    generator.stream(speech, settings, Progress(), windows.append)
    return within_bounds(joined(windows)[0])


def _speech(path: Path) -> SpeechFeatures:
    sound = next(path.with_suffix(end) for end in (".flac", ".wav") if path.with_suffix(end).is_file())
    text = path.with_suffix(".txt").read_text(encoding="utf-8")
    return analyse_speech(load_audio(sound), transcript=text, language="en", progress=Progress())


def _report(title: str, probe: TongueProbe, clips: Sequence[MotionClip]) -> None:
    measured = [probe.measure(clip) for clip in clips]
    frames = sum(clip.frames for clip in clips)
    depths = []
    for part in TonguePenetration.__dataclass_fields__:
        depth = np.concatenate([getattr(one, part) for one in measured])
        depths.append(f"{part} {depth.max() * 1e3:.2f} mm ({int((depth > _DEEP).sum())})")
    sys.stdout.write(f"{title}: {frames / FPS:.0f} s, {frames} frames; {', '.join(depths)}\n")


if __name__ == "__main__":
    main()
