"""One long recording by a model: is its motion faster where windows meet, and does it drift?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from elocute.audio.phone import Phone
from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.bench.window_borders import WatchedGenerator
from elocute.clips_in_the_making import make_clips
from elocute.evaluation.mouth_signals import mouth_signals
from elocute.evaluation.of_motion.seams import (
    PARTS,
    SeamRatios,
    seam_ratios,
    seam_ratios_of,
    velocities,
)
from elocute.face.model import FaceModel
from elocute.generator import GenerationSettings, Generator
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.progress import Progress

_CHANCES: Final = 200
_MINUTE: Final = 60.0
_BROWS: Final = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")


@dataclass(frozen=True)
class LongSeams:
    """What was measured of one clip.

    Attributes:
        begins: frames at which windows begin.
        at_seams: speed and acceleration there over elsewhere.
        by_chance: part -> 2.5 and 97.5 percent of the speed ratio at as many places drawn at random.
        cut: the same clip, every second window shifted in time by half a window: what a seam without any
            care would be.
        drift: part -> difference between the means of the last and the first minute, in deviations of the
            first.
        spread: part -> deviation in the last minute over that in the first.
    """

    begins: tuple[int, ...]
    at_seams: SeamRatios
    by_chance: dict[str, tuple[float, float]]
    cut: SeamRatios
    drift: dict[str, float]
    spread: dict[str, float]


def joined_speech(lines: Sequence[SpeechFeatures], seconds: float) -> SpeechFeatures:
    """Lines one after the other, again and again, up to about ``seconds``; phones where all have them.

    Raises:
        ValueError: there are no lines.
    """
    if not lines:
        raise ValueError("there are no lines to join")
    chosen: list[SpeechFeatures] = []
    while sum(line.frames for line in chosen) < seconds * FPS:
        chosen.append(lines[len(chosen) % len(lines)])
    starts = np.cumsum([0, *(line.frames for line in chosen)]) / FPS
    told = all(line.phones is not None for line in chosen)
    phones: list[Phone] = []
    for line, start, end in zip(chosen, starts, starts[1:], strict=False):
        moved = [Phone(p.label, p.start + start, p.end + start) for p in line.phones or ()]
        phones += [*moved[:-1], replace(moved[-1], end=float(end))] if moved else []
    return SpeechFeatures(
        seconds=float(starts[-1]),
        log_mel=np.concatenate([line.log_mel for line in chosen]),
        energy_db=np.concatenate([line.energy_db for line in chosen]),
        pitch_hz=np.concatenate([line.pitch_hz for line in chosen]),
        voicing=np.concatenate([line.voicing for line in chosen]),
        phones=tuple(phones) if told else None,
        words=(),
        phone_source=chosen[0].phone_source if told else "none",
        transcript=" ".join(line.transcript or "" for line in chosen) or None,
        audio_sha256="",
    )


def measure_seams(
    generator: Generator, speech: SpeechFeatures, settings: GenerationSettings, face: FaceModel
) -> LongSeams:
    """Make one take and measure it.

    Raises:
        InputError: the model cannot use the speech, or its clips do not fit the head.
        SettingsError: the model cannot do what is asked.
    """
    watched = WatchedGenerator(generator)
    (clip,) = make_clips(watched, speech, replace(settings, takes=1), Progress())
    begins = tuple(begin for begin in watched.begins if 0 < begin < clip.frames)
    rng, moving = np.random.default_rng(0), velocities(clip, face)
    drawn: dict[str, list[float]] = {part: [] for part in PARTS}
    for _ in range(_CHANCES if begins else 0):
        places = rng.choice(np.arange(1, clip.frames), len(begins), replace=False)
        for part, ratio in seam_ratios_of([moving], [places.tolist()]).speed.items():
            drawn[part] += [] if ratio is None else [ratio]
    chance = {p: (float(np.quantile(v, 0.025)), float(np.quantile(v, 0.975))) for p, v in drawn.items() if v}
    drift, spread = _drift(clip, face)
    return LongSeams(
        begins,
        seam_ratios_of([moving], [begins]),
        chance,
        seam_ratios([_cut(clip, begins)], face, begins=[begins]),
        drift,
        spread,
    )


def _cut(clip: MotionClip, begins: Sequence[int]) -> MotionClip:
    """Every second window shifted by half its length, round and round."""
    rows = np.arange(clip.frames)
    edges = [0, *begins, clip.frames]
    for first, end in list(itertools.pairwise(edges))[1::2]:
        rows[first:end] = np.roll(rows[first:end], (end - first) // 2)
    parts = {name: getattr(clip, name)[rows] for name in ("expression", "jaw", "head")}
    return replace(clip, **parts, eyes=None)


def _drift(clip: MotionClip, face: FaceModel) -> tuple[dict[str, float], dict[str, float]]:
    count = min(round(_MINUTE * clip.fps), clip.frames // 2)
    tracks = {
        "head": clip.head.astype(np.float64),
        "brows": clip.expression[:, basis_of(clip.basis).columns(_BROWS)].astype(np.float64),
        "lips": mouth_signals(clip, face).opening[:, None].astype(np.float64),
    }
    drift, spread = {}, {}
    for part, track in tracks.items():
        first, last = track[:count], track[-count:]
        deviation = float(np.sqrt(first.var(axis=0).sum()))
        if deviation > 0:
            drift[part] = float(np.linalg.norm(last.mean(axis=0) - first.mean(axis=0))) / deviation
            spread[part] = float(np.sqrt(last.var(axis=0).sum())) / deviation
    return drift, spread
