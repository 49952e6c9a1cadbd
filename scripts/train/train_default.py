r"""Trains the bundled model ``elocute-lite`` from scratch: speech, lessons, both trainings, the folder.

    python -m scripts.train.train_default --config configs/elocute-lite_gpu.json --out out/lite

On processors, two processes of one thread each learn a third quicker than one of two threads; they can share
the last stage only:

    python -m scripts.train.train_default --config configs/elocute-lite_cpu.json --out out/lite \\
        --stop-after style
    OMP_NUM_THREADS=1 torchrun --nproc-per-node 2 -m scripts.train.train_default --device cpu --resume \\
        --config configs/elocute-lite_cpu.json --out out/lite

On a machine that is lent for minutes, a corpus that was packed before goes in and the time is given:

    python -m scripts.train.train_default --config configs/elocute-lite_gpu.json --packed corpus.npz \\
        --processes 16 --seconds 520 --out out/lite

With ``--stop-after model`` that machine leaves out the packing; ``scripts.train.pack_model`` does it
elsewhere from the last checkpoint and the presets' styles.

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
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from elocute.errors import UserError
from scripts.backend_path import ROOT
from scripts.terminal import exit_code, printed_progress

BUNDLED: Final = ROOT / "backend" / "elocute" / "bundled" / "elocute-lite"
FACE: Final = ROOT / "flame_assets" / "elocute-head-1.npz"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do every stage that is not done yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, required=True, help="settings as JSON, see configs/")
    parser.add_argument("--out", type=Path, required=True, help="folder for everything")
    parser.add_argument("--corpus", type=Path, help="an existing corpus to use instead of making one")
    parser.add_argument(
        "--packed", type=Path, nargs="+", help="an existing corpus in one file or several, see pack_corpus"
    )
    parser.add_argument("--resume", action="store_true", help="go on with what is in the folder")
    parser.add_argument(
        "--stop-after",
        choices=("speech", "lessons", "style", "model"),
        help="leave out the stages after this one",
    )
    parser.add_argument("--processes", type=int, default=2, help="for speech and lessons (default 2)")
    parser.add_argument("--device", choices=("auto", "cpu"), default="auto")
    parser.add_argument(
        "--seconds", type=float, help="for everything together: the model gets as many updates as fit"
    )
    parser.add_argument("--install", action="store_true", help=f"copy the result to {BUNDLED}")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Speech, then the stages of the training."""
    from elocute.training.core.settings import read_settings
    from elocute.training.elocute_lite.settings import PhoneticSettings
    from elocute.training.elocute_lite.stages import StagePlan, run_stages

    settings = read_settings(options.config, PhoneticSettings)
    options.out.mkdir(parents=True, exist_ok=True)
    spoken = settings.corpus
    corpus = options.corpus
    if options.packed is not None:
        from elocute.corpus.packed import unpack_corpus

        corpus = unpack_corpus(options.packed, options.out / "corpus")
    if corpus is None:
        corpus = speak(spoken.hours, spoken.seed, options.out / "corpus", options.processes)
    if options.stop_after == "speech":
        return
    plan = StagePlan(
        out=options.out,
        corpus=corpus,
        face=FACE,
        resume=options.resume,
        last=options.stop_after or "folder",
        processes=options.processes,
        device=options.device,
        seconds=options.seconds,
    )
    folder = run_stages(settings, plan, printed_progress("lite"), lambda line: print(line, flush=True))
    if options.install and folder is not None and os.environ.get("RANK", "0") == "0":
        shutil.copytree(folder, BUNDLED, dirs_exist_ok=True)
        print(f"installed in {BUNDLED}")


def speak(hours: float, seed: int, corpus: Path, processes: int) -> Path:
    """Make the corpus in a process of its own, whose numerical libraries use one thread each."""
    command = [sys.executable, "-m", "scripts.train.make_corpus", "--out", str(corpus.resolve()), "--resume"]
    command += ["--hours", str(hours), "--seed", str(seed)]
    if subprocess.call([*command, "--processes", str(processes)], cwd=ROOT):
        raise UserError("The speech could not be made.", "See the message above.")
    return corpus


if __name__ == "__main__":
    raise SystemExit(main())
