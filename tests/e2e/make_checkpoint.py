"""A checkpoint folder of the official architecture and a FLAME head, made up and converted as a user would.

For make_models.py, in the backend's interpreter.
"""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import replace
from pathlib import Path

from elocute.cli import main as elocute
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files
from tests.backend.diffposetalk.tiny_model import tiny_model, write_official

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
    """Make everything in ``folder``; return the paths, and the frames at 25 per second at which P, B or M is
    spoken."""
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
