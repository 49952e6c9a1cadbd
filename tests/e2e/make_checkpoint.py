"""A checkpoint folder of the official architecture and a FLAME head, made up and converted as a user would.

Run by the backend's interpreter: make_checkpoint.py FOLDER AUDIO. Prints one JSON object: the paths, and the
frames at 25 per second at which P, B or M is spoken.
"""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

from elocute.cli import main as elocute  # noqa: E402
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files  # noqa: E402
from tests.backend.diffposetalk.tiny_model import tiny_model, write_official  # noqa: E402

FPS = 25.0
JAW = 3  # of the official pose: three numbers of the head, then the jaw's opening


def run(*words: object) -> None:
    """An ``elocute`` command that must succeed; what it says goes to stderr."""
    with contextlib.redirect_stdout(sys.stderr):
        code = elocute([str(word) for word in words])
    if code:
        raise SystemExit(code)


def open_mouthed():
    """A tiny model of the official structure whose jaw hangs open: without contacts its lips never meet."""
    model = tiny_model()
    mean, spread = model.stats.pose_mean.clone(), model.stats.pose_std.clone()
    mean[JAW], spread[JAW] = 0.15, 0.02  # radians
    stats = replace(model.stats, pose_mean=mean, pose_std=spread, exp_std=0.3 * model.stats.exp_std)
    return replace(model, stats=stats)


def make(folder: Path, audio: Path) -> dict[str, object]:
    """Make everything in ``folder``."""
    official = write_official(folder, open_mouthed())
    flame = write_files(make_synthetic_flame(SMALL_SIZE), folder / "flame", "chumpy")
    face, model, phones = folder / "face.npz", folder / "tiny-official", folder / "phones.json"
    run(
        *("convert", "flame", flame["model"], "--masks", flame["masks"], "--landmarks", flame["landmarks"]),
        *("--basis", "flame2020", "--out", face),
    )
    run(
        *("convert", "diffposetalk", official["checkpoint"], "--stats", official["stats"]),
        *("--audio-encoder", official["audio_encoder"], "--style-encoder", official["style_encoder"]),
        *("--face", face, "--out", model),
    )
    run("phones", audio, "--out", phones)
    spoken = json.loads(phones.read_text())["phones"]
    closed = [0.5 * (p["start"] + p["end"]) * FPS for p in spoken if p["phone"] in {"P", "B", "M"}]
    return {"face": str(face), "model": str(model), "closed": [round(frame) for frame in closed]}


if __name__ == "__main__":
    made = make(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write("MADE " + json.dumps(made) + "\n")
