"""Model families side by side: the same held-out lines, every measure that the papers name."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from elocute.bench.held_out import HeldOutLine, Make, score_held_out
from elocute.bench.tables import Column
from elocute.bench.window_borders import WatchedGenerator
from elocute.clips_in_the_making import make_clips
from elocute.evaluation.against_phones.closures import closures
from elocute.evaluation.of_landmarks.landmark_distances import (
    aligned_landmark_distances,
    lip_distance_difference,
)
from elocute.evaluation.of_motion.motion_statistics import Performance, head_statistics
from elocute.evaluation.of_motion.seams import seam_ratios
from elocute.face.geometry_file import clip_landmarks
from elocute.face.lips import lip_gap
from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices
from elocute.generator import GenerationSettings, Generator
from elocute.motion.clip import MotionClip
from elocute.progress import Progress

STILL: Final = "still face"
OTHER: Final = "the truth of another line"
_MM: Final = 1e3

COLUMNS: Final = (
    Column("lve", "LVE mm", _MM),
    Column("mod", "MOD mm", _MM),
    Column("fdd", "FDD mm", _MM, 3),
    Column("ba", "beats", 1.0),
    Column("lips_apart", "takes: lips mm", _MM),
    Column("head_apart", "takes: head deg", 1.0),
    Column("f_lmd", "F-LMD mm", _MM),
    Column("m_lmd", "M-LMD mm", _MM),
    Column("lip_distance", "lip distance / eyes", 1.0, 4),
    Column("bilabials_closed", "P B M closed %", 100.0, 1),
    Column("false_closures", "false closures / min", 1.0, 1),
    Column("onset", "onset error ms", _MM, 0),
    Column("seam_lips", "seams: lips", 1.0),
    Column("seam_brows", "brows", 1.0),
    Column("seam_head", "head", 1.0),
    Column("head_slow", "head slow %", 100.0, 0),
    Column("head_ordinary", "ordinary %", 100.0, 0),
    Column("head_rapid", "rapid %", 100.0, 0),
    Column("seconds", "s / s", 1.0),
    Column("memory", "peak MB", 1e-6, 0),
)
"""Speed is processor seconds for a second of motion; head bands are shares of the speed's power; seams are
speed where the model's own windows meet over speed elsewhere."""


def score_family(
    generator: Generator, lines: Sequence[HeldOutLine], face: FaceModel, takes: int, *, lip_contacts: bool
) -> dict[str, float | None]:
    """All measures of a model but memory.

    Args:
        generator: the model; a style is asked for where it has the line's.
        lines: one or more.
        face: the head of the clips' basis, with landmarks.
        takes: of each line; differences between takes need two.
        lip_contacts: as users get them, or as the model makes them.

    Raises:
        InputError: the clips do not fit the head.
        SettingsError: too many takes.
    """
    began, made, begins = time.process_time(), {}, {}
    watched = WatchedGenerator(generator)
    for line in lines:
        style = line.style if line.style in generator.info.styles else None
        settings = GenerationSettings(style=style, seed=1, takes=takes, lip_contacts=lip_contacts)
        made[line.name] = make_clips(watched, line.speech, settings, Progress())
        begins[line.name] = watched.begins
    used = time.process_time() - began
    seconds = sum(clip.seconds for clips in made.values() for clip in clips)
    return {**score_clips(made, lines, face, begins), "seconds": used / seconds}


def score_clips(
    made: Mapping[str, Sequence[MotionClip]],
    lines: Sequence[HeldOutLine],
    face: FaceModel,
    begins: Mapping[str, Sequence[int]] | None = None,
) -> dict[str, float | None]:
    """All measures of clips, by the names of their lines.

    Args:
        made: the takes of each line.
        lines: one or more.
        face: the head of the clips' basis, with landmarks.
        begins: where the windows of each line began; without it no seams are measured.

    Raises:
        InputError: the clips do not fit the head.
    """
    make: Make = lambda line: made[line.name]  # noqa: E731 - a table as a function
    pairs = [(line, clip) for line in lines for clip in made[line.name]]
    distances, openings = [], []
    false, spoken = 0, 0.0
    onsets: list[float] = []
    for line, clip in pairs:
        own, true = clip_landmarks(clip, face), clip_landmarks(line.truth, face)
        frames = min(len(own), len(true))
        own, true = own[:frames], true[:frames]
        distances.append(aligned_landmark_distances(own, true))
        openings.append(lip_distance_difference(own, true, by_eyes=True))
        found = closures(_gap(clip, face), line.phones, clip.fps)
        false, spoken = false + found.false, spoken + found.spoken_seconds
        onsets += np.abs(found.onset).tolist()
    head = head_statistics([Performance(clip, line.phones, line=line.name) for line, clip in pairs])
    full, mouth = np.mean(distances, axis=0).tolist()
    slow, ordinary, rapid = head.speed_bands
    seams = seam_ratios(
        [clip for _, clip in pairs], face, begins=[(begins or {}).get(line.name, ()) for line, _ in pairs]
    )
    return {
        **score_held_out(lines, make, face).as_dict(),
        **{f"seam_{part}": ratio for part, ratio in seams.speed.items()},
        "f_lmd": full,
        "m_lmd": mouth,
        "lip_distance": float(np.mean(openings)),
        "false_closures": 60 * false / spoken if spoken else None,
        "onset": float(np.median(onsets)) if onsets else None,
        "head_slow": slow,
        "head_ordinary": ordinary,
        "head_rapid": rapid,
    }


def baselines(lines: Sequence[HeldOutLine]) -> dict[str, dict[str, tuple[MotionClip, ...]]]:
    """What costs no thought: a face that does not move, and the motion of the next line."""
    found: dict[str, dict[str, tuple[MotionClip, ...]]] = {STILL: {}, OTHER: {}}
    for number, line in enumerate(lines):
        clip = line.truth
        tracks = {name: np.zeros_like(getattr(clip, name)) for name in ("expression", "jaw", "head")}
        found[STILL][line.name] = (replace(clip, **tracks),)
        other = lines[(number + 1) % len(lines)].truth
        rows = np.arange(clip.frames) % other.frames
        moved = {name: getattr(other, name)[rows] for name in ("expression", "jaw", "head")}
        found[OTHER][line.name] = (replace(clip, **moved),)
    return found


def _gap(clip: MotionClip, face: FaceModel) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    ahead = np.zeros((clip.frames, 3), np.float32)
    track = pose_vertices(face, clip.expression, clip.jaw, ahead, shape=clip.shape)
    return lip_gap(face, track).astype(np.float64)
