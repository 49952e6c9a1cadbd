"""A whole training of this family in small, from data made here to a voice that is not in the training data.

Voices are synthesized by flite, their motion is made by the ``rules`` model, each person with a style of
their own. With the same code as ``elocute dataset`` and ``elocute train`` the dataset is packed and measured,
a style encoder and a denoiser train, and the denoiser's run is interrupted and resumed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import Audio
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.clips_in_the_making import make_clips
from elocute.dataset.pack import PackSettings, find_sources, pack
from elocute.dataset.statistics import STATS_FILE, measure
from elocute.dataset.store import RecordingStore, read_split
from elocute.errors import UserError
from elocute.generator import GenerationSettings
from elocute.installation import standard_pipeline
from elocute.models.diffposetalk.config import DenoiserConfig, StyleEncoderConfig
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.performance import PerformanceRequest
from elocute.progress import Progress
from elocute.storage.atomic_write import write_atomically
from elocute.training.core.run_folder import last_checkpoint, read_losses
from elocute.training.core.settings import RunSettings, save_settings
from elocute.training.diffposetalk.denoiser_training import train_denoiser
from elocute.training.diffposetalk.settings import DenoiserSettings, StyleSettings
from elocute.training.diffposetalk.style_training import train_style_encoder

WINDOW: Final = 50
VOICES: Final = ("slt", "rms", "awb", "kal16")
STYLES: Final[tuple[dict[str, float], ...]] = (
    {"jaw": 1.4, "smile": 0.3, "head_amount": 1.6},
    {"jaw": 0.7, "articulation": 0.8, "head_amount": 0.5},
    {"brow_amount": 2.0, "head_rate": 1.6},
    {"smile": -0.3, "blink_rate": 30.0},
    {"articulation": 1.3, "asymmetry": 0.8},
    {"head_amount": 2.2, "brow_amount": 0.2},
)
LINES: Final = (
    "The old mill by the river has been quiet for years, but today the big wheel is moving again.",
    "Please bring me a bowl of warm milk and five brown eggs before my mother wakes up this morning.",
    "We watched the boats go by all afternoon, and nobody said a word until the sun was almost gone.",
    "My brother plays the piano very badly, which is why our family bought him a pair of headphones.",
    "How many people would you say have ever walked over the moon, and how many of them were happy?",
    "When the rain stopped we walked along the beach, and Bob found a blue bottle full of small shells.",
    "Every Monday evening five of my best friends come over, and we play a very loud game of cards.",
    "If you want to make good soup, put more pepper in the pot, but remember to leave out the lemon.",
    "The farmer bought a brown horse from a woman in the valley, and both of them were very pleased.",
    "Above the village there is a small yellow house, where a very old woman makes perfect apple pies.",
)
SPEECH_ENCODER: Final = {
    "model_type": "hubert",
    "hidden_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "conv_dim": [32] * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}


@dataclass(frozen=True)
class TrialPlan:
    """How much to train.

    Attributes:
        out: new folder for everything.
        face: FaceModel file of the head.
        iterations: of the denoiser.
        style_iterations: of the style encoder.
        people: people, one of them for validation.
    """

    out: Path
    face: Path
    iterations: int = 600
    style_iterations: int = 200
    people: int = 6


def run_trial(plan: TrialPlan, told: Callable[[str], Progress]) -> dict[str, object]:
    """Make the data, train, resume, generate; returns the numbers that show whether it worked.

    Args:
        plan: what to do.
        told: makes the progress of a named part.

    Raises:
        UserError: the folder exists, or flite is not installed.
    """
    out = plan.out
    if out.exists():
        raise UserError(f"{out} exists.", "Give a new folder.")
    make_recordings(out / "recordings", plan.people)
    dataset = out / "dataset"
    pack(find_sources(out / "recordings"), dataset, PackSettings(val_people=1, shape_columns=0))
    measure(RecordingStore(dataset), read_split(dataset, "train")).save(dataset / STATS_FILE)
    shutil.copyfile(plan.face, out / "face.npz")
    (out / "speech_encoder").mkdir()
    with write_atomically(out / "speech_encoder" / "config.json") as temporary:
        temporary.write_text(json.dumps(SPEECH_ENCODER), encoding="utf-8")

    base = RunSettings(
        dataset=str(dataset), validation="", batch=4, workers=0, warmup=0, learning_rate=1e-3, log_every=1
    )
    style_run = replace(base, iterations=plan.style_iterations, save_every=plan.style_iterations)
    style_settings = StyleSettings(run=style_run, encoder=StyleEncoderConfig(32, 4, 2, 2, WINDOW, 3))
    style = train_style_encoder(style_settings, out / "style", progress=told("style"), device="cpu")

    settings = denoiser_settings(plan, replace(base, warmup=50), style)
    save_settings(out / "denoiser.json", settings)
    model = train_denoiser(settings, out / "denoiser", progress=told("denoiser"), device="cpu")
    return {
        "style_loss": first_and_last(out / "style", "total"),
        "denoiser_loss": first_and_last(out / "denoiser", "total"),
        "sample_loss": first_and_last(out / "denoiser", "sample/1"),
        "resumed_curve_is_the_same": resume_again(settings, out, told("resumed")),
        "unseen_voice": follow_unseen_voice(dataset, model, out),
    }


def denoiser_settings(plan: TrialPlan, base: RunSettings, style: Path) -> DenoiserSettings:
    """Settings of the denoiser's run, with a checkpoint in the middle."""
    return DenoiserSettings(
        run=replace(base, iterations=plan.iterations, save_every=max(plan.iterations // 2, 1), ema=0.98),
        denoiser=DenoiserConfig(
            feature_dim=96, heads=4, layers=3, mlp_ratio=2, motions=WINDOW, previous_motions=5, dropout=0.0
        ),
        steps=50,
        audio_encoder=str(plan.out / "speech_encoder"),
        pretrained=False,
        freeze_speech_encoder=False,
        style_encoder=str(style),
        face=str(plan.out / "face.npz"),
        every_vertex=40,
    )


def make_recordings(folder: Path, people: int) -> None:
    """Write ``<person>/<line>.wav`` and ``.npz``: a flite voice, and the motion the rules give it."""
    engine = shutil.which("flite")
    if engine is None:
        raise UserError("flite is not installed.", "Install it, for example with: apt-get install flite")
    pipeline = standard_pipeline()
    for person in range(people):
        place = folder / f"person{person}"
        place.mkdir(parents=True)
        stretch = 1.0 + 0.1 * (person // len(VOICES))
        for number, line in enumerate(LINES):
            sound = place / f"line{number}.wav"
            voice = VOICES[person % len(VOICES)]
            command = [engine, "-voice", voice, "--setf", f"duration_stretch={stretch}", "-t", line]
            # The arguments are constants of this module and the program that was found.
            subprocess.run([*command, "-o", str(sound)], check=True, capture_output=True)  # noqa: S603
            settings = GenerationSettings(options=STYLES[person % len(STYLES)], seed=number)
            request = PerformanceRequest(model="rules", transcript=line, settings=settings)
            pipeline.perform(sound, request, Progress()).clips[0].save(sound.with_suffix(".npz"))


def resume_again(settings: DenoiserSettings, out: Path, progress: Progress) -> bool:
    """Go on from the middle of the run in a copy of it; is the rest of the curve the same to the bit?"""
    again = out / "denoiser_resumed"
    shutil.copytree(out / "denoiser", again)
    last = last_checkpoint(again)
    assert last is not None  # noqa: S101 - the run has just made it
    shutil.rmtree(last[1])
    train_denoiser(settings, again, resume=True, progress=progress, device="cpu")
    return read_losses(again) == read_losses(out / "denoiser")


def follow_unseen_voice(dataset: Path, model: Path, out: Path) -> dict[str, float]:
    """Generate for the validation person and compare with the motion that the rules made."""
    store, generator = RecordingStore(dataset), DiffPoseTalkGenerator.from_folder(model)
    made, wanted = [], []
    for name in read_split(dataset, "val"):
        frames = store.frames(name)
        recorded = store.read(name, 0, frames)
        sound = Audio(recorded.audio, len(recorded.audio) / SAMPLE_RATE, SAMPLE_RATE, 1, "")
        speech = analyse_speech(sound, phones="off")
        clip = make_clips(generator, speech, GenerationSettings(), Progress())[0]
        clip.save(out / f"{name.replace('/', '_')}.npz")
        made.append(clip.jaw[:, 0])
        wanted.append(recorded.coefficients["pose"][:, 3])
    table = np.array([[correlation(one, other) for other in wanted] for one in made])
    own = np.diag(table)
    others = table[~np.eye(len(table), dtype=bool)]
    return {
        "mean_correlation_of_jaw": float(own.mean()),
        "lowest": float(own.min()),
        "mean_with_other_lines": float(others.mean()),
    }


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's r of two tracks, over the length of the shorter."""
    count = min(len(first), len(second))
    return float(np.corrcoef(first[:count], second[:count])[0, 1])


def first_and_last(folder: Path, name: str) -> dict[str, float]:
    """Mean of the first and of the last tenth of a curve."""
    values = [float(row[name]) for row in read_losses(folder) if row["phase"] == "train"]
    tenth = max(len(values) // 10, 1)
    return {"first_tenth": float(np.mean(values[:tenth])), "last_tenth": float(np.mean(values[-tenth:]))}
