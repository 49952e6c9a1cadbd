r"""Makes the bundled model ``elocute-lite`` from nothing: speech, lessons, both trainings, the folder.

    python scripts/train/train_default.py --config configs/elocute-lite_gpu.json --out out/lite

On processors, two processes of one thread each learn a third quicker than one of two threads; they can share
the last stage only:

    python scripts/train/train_default.py --config configs/elocute-lite_cpu.json --out out/lite \\
        --stop-after style
    OMP_NUM_THREADS=1 torchrun --nproc-per-node 2 scripts/train/train_default.py --device cpu --resume \
        --config configs/elocute-lite_cpu.json --out out/lite

Needs the speech synthesizers flite, festival and espeak-ng and the packages of requirements/backend-lite.txt
and backend-training.txt. Every stage keeps what is finished: started again with ``--resume`` it goes on
where it stopped, to the same numbers. The result is ``out/lite/elocute-lite``; ``--install`` copies it into
the package.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "backend"))
# Idle threads that spin would take the cores from those that work.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np  # noqa: E402

from elocute.cli.console import Console  # noqa: E402
from elocute.corpus.lessons import make_lessons  # noqa: E402
from elocute.errors import UserError  # noqa: E402
from elocute.face.model import FaceModel  # noqa: E402
from elocute.models.rules.style import PRESETS  # noqa: E402
from elocute.progress import Progress  # noqa: E402
from elocute.training.core.run_folder import SETTINGS_FILE  # noqa: E402
from elocute.training.elocute_lite.data import lesson_stats, load_lines  # noqa: E402
from elocute.training.elocute_lite.package import package_model  # noqa: E402
from elocute.training.elocute_lite.settings import PhoneticSettings, read_phonetic_settings  # noqa: E402
from elocute.training.elocute_lite.training import (  # noqa: E402
    lesson_styles,
    preset_styles,
    train_model,
    train_styles,
)

MODEL: Final = "elocute-lite"
BUNDLED: Final = ROOT / "backend" / "elocute" / "bundled" / MODEL
FACE: Final = ROOT / "flame_assets" / "elocute-head-1.npz"
MAIN: Final = os.environ.get("RANK", "0") == "0"
"""Under ``torchrun`` every process trains, but only the first one makes files that all share."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do every stage that is not done yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, required=True, help="settings as JSON, see configs/")
    parser.add_argument("--out", type=Path, required=True, help="folder for everything")
    parser.add_argument("--corpus", type=Path, help="an existing corpus to use instead of making one")
    parser.add_argument("--resume", action="store_true", help="go on with what is in the folder")
    parser.add_argument(
        "--stop-after", choices=("speech", "lessons", "style"), help="leave out the stages after this one"
    )
    parser.add_argument("--processes", type=int, default=2, help="for speech and lessons (default 2)")
    parser.add_argument("--device", choices=("auto", "cpu"), default="auto")
    parser.add_argument("--install", action="store_true", help=f"copy the result to {BUNDLED}")
    options = parser.parse_args(arguments)
    progress = Console().progress()
    try:
        settings = read_phonetic_settings(options.config)
        folder = run(settings, options, progress)
    except UserError as error:
        print(f"train_default: {error}", file=sys.stderr)
        return error.exit_code
    if options.install and MAIN and folder is not None:
        shutil.copytree(folder, BUNDLED, dirs_exist_ok=True)
        print(f"installed in {BUNDLED}")
    return 0


def run(settings: PhoneticSettings, options: argparse.Namespace, progress: Progress) -> Path | None:
    """All stages; returns the finished model's folder, or None if told to stop before."""
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    clock = _Clock()
    corpus = options.corpus or _speak(settings, out / "corpus", options.processes)
    clock.tell("speech")
    if options.stop_after == "speech":
        return None
    lessons = make_lessons(corpus, out / "lessons", settings.lessons, "train", options.processes, progress)
    clock.tell("lessons")
    if options.stop_after == "lessons":
        return None
    lines = load_lines(corpus, lessons, settings.style_encoder.motions, progress)
    stats = lesson_stats(lines)
    seconds = sum(line.frames for line in lines) / 25
    print(f"{len(lines)} lines, {seconds / 3600:.2f} h of speech", flush=True)
    clock.tell("loading")
    where = {"progress": progress, "device": options.device}
    encoder = train_styles(
        settings, lines, stats, out / "style", resume=_resumes(out / "style", options.resume), **where
    )
    styles = lesson_styles(encoder, lines, stats)
    if MAIN:
        np.save(out / "lesson_styles.npy", styles)
    clock.tell("style encoder")
    if options.stop_after == "style":
        return None
    checkpoint = train_model(
        settings,
        lines,
        stats,
        encoder,
        styles,
        FaceModel.load(FACE),
        out / "model",
        resume=_resumes(out / "model", options.resume),
        **where,
    )
    clock.tell("model")
    presets = preset_styles(styles, lines, tuple(PRESETS))
    if MAIN:
        package_model(checkpoint, out / MODEL, presets, FaceModel.load(FACE), settings)
        print(f"finished: {out / MODEL}", flush=True)
    return out / MODEL


def _speak(settings: PhoneticSettings, corpus: Path, processes: int) -> Path:
    command = [sys.executable, str(ROOT / "scripts" / "make_corpus.py"), "--out", str(corpus), "--resume"]
    command += ["--hours", str(settings.corpus.hours), "--seed", str(settings.corpus.seed)]
    if subprocess.call([*command, "--processes", str(processes)]):
        raise UserError("The speech could not be made.", "See the message above.")
    return corpus


def _resumes(folder: Path, wanted: bool) -> bool:
    return wanted and (folder / SETTINGS_FILE).is_file()


class _Clock:
    """Says how long each stage took."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def tell(self, stage: str) -> None:
        now = time.monotonic()
        print(f"{stage}: {now - self._since:.0f} s", flush=True)
        self._since = now


if __name__ == "__main__":
    raise SystemExit(main())
