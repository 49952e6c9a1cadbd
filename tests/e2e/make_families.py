"""Checkpoint folders of Dimitra and THMM-DiT with random weights, and what damage does to copies of them.

For make_models.py, in the backend's interpreter.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import soundfile

from elocute.models.dimitra.folder import save_folder as save_dimitra
from elocute.models.thmm.folder import save_folder as save_thmm
from tests.backend.dimitra import tiny_dimitra
from tests.backend.thmm import tiny_thmm

SECONDS = 1.2


def cut(folder: Path) -> None:
    """Weights that end in their middle."""
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])


def wild(folder: Path) -> None:
    """A network of a size that no memory holds."""
    config = folder / "config.json"
    told = json.loads(config.read_text())
    told["network"]["width"] = 10**9
    config.write_text(json.dumps(told))


def bare(folder: Path) -> None:
    """No normalisation."""
    (folder / "stats.safetensors").unlink()


def other_basis(folder: Path) -> None:
    """Numbers said to be of a basis with other ones."""
    config = folder / "config.json"
    told = json.loads(config.read_text())
    told["basis"] = "deep3d"
    config.write_text(json.dumps(told))


DAMAGE: tuple[tuple[str, Callable[[Path], None]], ...] = (
    ("tiny-dimitra", cut),
    ("tiny-thmm", cut),
    ("tiny-dimitra", bare),
    ("tiny-thmm", other_basis),
    ("tiny-thmm", wild),
)
"""The last one is left out when the service starts; the others are noticed when they are loaded."""


def make(folder: Path) -> dict[str, str]:
    """Make everything in ``folder``; return each folder by its name."""
    made = {name: folder / name for name in ("tiny-dimitra", "tiny-thmm", "tiny-thmm-idle")}
    few = {"sampling_steps": 2}
    save_dimitra(made["tiny-dimitra"], tiny_dimitra.model(tiny_dimitra.config(**few)), "tiny")
    save_thmm(made["tiny-thmm"], tiny_thmm.model(tiny_thmm.spoken(dimensions=3, **few)), "tiny")
    save_thmm(made["tiny-thmm-idle"], tiny_thmm.model(tiny_thmm.unspoken(**few)), "tiny")
    for name, damage in DAMAGE:
        copy = folder / f"{name}-{damage.__name__}"
        shutil.copytree(made[name], copy)
        damage(copy)
        made[copy.name] = copy
    return {name: str(path) for name, path in made.items()}


def shorten(audio: Path, part: Path) -> None:
    """The beginning of a recording as a file of its own."""
    samples, rate = soundfile.read(audio)
    soundfile.write(part, samples[: round(SECONDS * rate)], rate)
