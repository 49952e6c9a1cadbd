"""Show what fine-tuning on made-up captures of a manner that the bundled model has never seen does.

    python -m scripts.bench.own_actor CORPUS --work FOLDER

CORPUS is the speech that the bundled model is trained with (docs/elocute-lite.md); its test lines, which have
sound, are spoken. Three of four become captures (a table of ARKit's shapes or a clip, the sound, often the
words) in a manner of the rules beyond all presets: a crooked mouth, a tilted head, worried brows, a sneer.
They are imported and trained on; the others are compared. What is there in FOLDER already is not made again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from elocute.clips_in_the_making import make_clips
from elocute.corpus.corpus import CorpusEntry, CorpusUtterance, read_corpus
from elocute.corpus.teacher import teach
from elocute.dataset.actor.importing import import_takes
from elocute.dataset.actor.train_settings import FILE, write_train_settings
from elocute.evaluation.against_phones.spoken_scores import score_spoken
from elocute.evaluation.of_motion.motion_statistics import Performance
from elocute.evaluation.of_motion.style_statistics import style_statistics
from elocute.exchange.export_format import Export
from elocute.exchange.formats import export_formats
from elocute.face.model import FaceModel
from elocute.generator import GenerationSettings
from elocute.models.catalogue import Catalogue
from elocute.models.family import LoadOptions
from elocute.models.rules.style import RulesStyle
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX
from elocute.progress import Progress
from elocute.training.core.request import TrainRequest
from elocute.training.elocute_lite.actor import run_actor
from scripts.bench.data import HEAD

NAME: Final = "anna"
MANNER: Final = RulesStyle(
    articulation=0.8, jaw=1.6, lip=0.7, head_amount=2.4, head_rate=0.5, brow_amount=2.6, blink_rate=8.0,
    smile=-0.4, asymmetry=0.9, squint=0.6, brow_worry=0.7, stretch=0.35, head_pitch=-9.0, lid_droop=0.3,
    sneer=0.3,
)  # fmt: skip
_CROOKED: Final = 0.22
_TILT_RADIANS: Final = float(np.radians(6.0))
_COMPARED: Final = 4
"""Of how many lines one is kept for comparing."""
_NOT_COMPARED: Final = frozenset({"blinks", "eyes_wide", "press"})
"""Statistics that the manner shares with the usual one, or that want more minutes."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Make what is missing, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--work", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args(arguments)
    work: Path = options.work
    entries = [
        entry for entry in read_corpus(options.corpus).utterances("test") if entry.facts.language == "en"
    ]
    kept = entries[_COMPARED - 1 :: _COMPARED]
    if not (work / "takes").is_dir():
        for number, entry in enumerate(entries):
            if entry not in kept:
                _capture(entry, number, options.corpus, work / "takes")
    if not (work / "actor").is_dir():
        began = time.monotonic()
        report = import_takes(
            work / "takes",
            work / "actor",
            NAME,
            language="en",
            finish=lambda folder, _: write_train_settings(folder, work / "actor"),
        )
        sys.stdout.write("\n".join(report.sentences()) + f"\nimport: {time.monotonic() - began:.0f} s\n")
    if not (work / "run").is_dir():
        began, used = time.monotonic(), time.process_time()
        run_actor(TrainRequest(work / "run", work / "actor" / FILE))
        spent = time.process_time() - used
        sys.stdout.write(f"training: {time.monotonic() - began:.0f} s, {spent:.0f} s of processor\n")
    _compare([entry.load() for entry in kept], work / "run" / NAME)


def _performed(utterance: CorpusUtterance, seed: int) -> MotionClip:
    lesson = teach(utterance.speech("exact", clean=True), MANNER, seed)
    expression = lesson.expression.astype(np.float32)
    crooked = EXPRESSION_INDEX["mouthLeft"]
    expression[:, crooked] = np.clip(expression[:, crooked] + _CROOKED, 0.0, 1.0)
    jaw, head = np.zeros((len(expression), 3), np.float32), lesson.head.astype(np.float32)
    jaw[:, 0] = lesson.jaw
    head[:, 2] += _TILT_RADIANS
    return MotionClip(25.0, BASIS, expression, jaw, head)


def _capture(entry: CorpusEntry, number: int, corpus: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name, clip = entry.facts.name, _performed(entry.load(), number)
    if number % 5:
        table = next(one for one in export_formats() if one.name == "arkit-csv")
        table.write(Export(clip, None, folder / f"{name}.csv", frozenset(), Progress()))
    else:
        clip.save(folder / f"{name}.npz")
    shutil.copy(corpus / "audio" / f"{name}.flac", folder)
    if number % 3:
        (folder / f"{name}.txt").write_text(entry.facts.text, encoding="utf-8")


def _compare(utterances: Sequence[CorpusUtterance], folder: Path) -> None:
    face = FaceModel.load(HEAD)
    catalogue = Catalogue(anything=True)
    style = f"{NAME}.npz"
    files = {style: (folder / "styles" / style).read_bytes()}
    ways = {
        "the manner itself": [_performed(one, number) for number, one in enumerate(utterances)],
        "before": _generated(catalogue, "elocute-lite", utterances, GenerationSettings(seed=1)),
        "style encoder alone": _generated(
            catalogue, "elocute-lite", utterances, GenerationSettings(seed=1, style=style, style_files=files)
        ),
        "fine-tuned": _generated(catalogue, str(folder), utterances, GenerationSettings(seed=1)),
    }
    spoken = {
        way: [Performance(clip, one.phones["exact"]) for clip, one in zip(clips, utterances, strict=True)]
        for way, clips in ways.items()
    }
    numbers = {way: style_statistics(performances, face).as_dict() for way, performances in spoken.items()}
    told = [name for name in numbers["before"] if name not in _NOT_COMPARED]
    wanted, usual = (
        np.array([numbers[way][name] for name in told]) for way in ("the manner itself", "before")
    )
    for way, performances in spoken.items():
        off = np.abs(np.array([numbers[way][name] for name in told]) - wanted) / np.abs(usual - wanted)
        lips = score_spoken(performances, face)
        sys.stdout.write(
            f"{way}: {100 * off.mean():.0f} % of the distance left (median {100 * np.median(off):.0f}); "
            f"P/B/M {100 * (lips.bilabials_closed or 0):.1f} %, F/V "
            f"{100 * (lips.labiodentals_touching or 0):.1f} %, {lips.false_closures or 0:.1f} false closures "
            f"a minute, onset {1e3 * (lips.onset_error or 0):.0f} ms\n"
        )
        sys.stdout.write(json.dumps({name: round(value, 3) for name, value in numbers[way].items()}) + "\n")


def _told(utterance: CorpusUtterance) -> str:
    """Phones that a model is told: found with the transcript, unless the line is too noisy to hear it in."""
    return "transcript" if utterance.found_as.get("transcript") == "transcript" else "exact"


def _generated(
    catalogue: Catalogue, model: str, utterances: Sequence[CorpusUtterance], settings: GenerationSettings
) -> list[MotionClip]:
    generator = catalogue.load(catalogue.choose(model), LoadOptions())
    return [
        make_clips(
            generator,
            one.speech(_told(one)),
            settings,
            Progress(),
        )[0]
        for one in utterances
    ]


if __name__ == "__main__":
    main()
