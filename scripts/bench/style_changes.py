"""How well a model's style follows its times within a line, and whether the change jumps.

    python -m scripts.bench.style_changes RECORDINGS [--model elocute-lite] [--keyed sad] [--json FILE]

Every pair of styles on every recording: the first held for two fifths, then a change over a fifth of it.
With --keyed, one style throughout whose strength is keyed from 0 to 1.5 instead. *An even step* is what the
brows would do if they went from one style to the other in equal steps. *Where held strengths stand* is a head
that is in each frame where a line stands whose strength that frame's is throughout.
*Jump* is the mean of ratios, each over that line's own 99th percentile; *over the mean line's* the ratio of
means, which lines whose brows hardly move do not blow up.
Beside the model's own line stand controls: a line that never changes, and one that changes all at once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from elocute.audio.speech_features import SpeechFeatures
from elocute.behaviour.style_shares import style_shares
from elocute.bench.recordings import recordings_in
from elocute.bench.variants import load_generator
from elocute.clips_in_the_making import make_clips
from elocute.evaluation.of_motion.seams import velocities
from elocute.evaluation.of_motion.style_change import StyleChange, style_change
from elocute.face.model import FaceModel
from elocute.generator import GenerationSettings
from elocute.models.catalogue import DEFAULT_MODEL
from elocute.motion.clip import MotionClip
from elocute.option_curve import OptionCurve
from elocute.progress import Progress
from scripts.bench.data import HEAD

PAIRS: Final = "sad-happy,angry-happy,calm-lively,neutral-afraid,tired-surprised,happy-disgusted"
KEYED: Final = (0.0, 1.5)
"""Style strengths before and after."""
HELD: Final = tuple(np.linspace(*KEYED, 11).tolist())
"""Strengths of lines that keep theirs."""
ORDERS: Final = ("value", "speed", "acceleration")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recordings", type=Path, help="folder of recordings with phones")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"id or folder (default {DEFAULT_MODEL})")
    parser.add_argument("--pairs", default=PAIRS, help=f"styles (default {PAIRS})")
    parser.add_argument("--keyed", help="key the strength of these styles, with commas, instead of pairs")
    parser.add_argument("--every", type=int, default=1, help="take every so many recordings")
    parser.add_argument("--from", dest="start", type=int, default=0, help="beginning with this one")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--over", type=float, default=0.2, help="share of the line in which it changes")
    options = parser.parse_args(arguments)
    generator, face = load_generator(options.model), FaceModel.load(HEAD)
    travels = list[tuple[float, float]]()
    ways = list[tuple[float, float, float]]()
    found: dict[str, list[StyleChange]] = {options.model: [], "never changes": [], "changes at once": []}
    for recording in recordings_in(options.recordings)[options.start :: options.every]:
        speech = recording.heard("transcript")
        at = ((0.5 - options.over / 2) * speech.seconds, (0.5 + options.over / 2) * speech.seconds)
        share = style_shares(at, speech.frames, 25.0)[:, 1]
        if options.keyed:  # keys go straight from one to the next
            share = np.interp((np.arange(speech.frames) + 0.5) / 25.0, at, (0.0, 1.0))

        def made(style: str, curve: OptionCurve | None = None, speech: SpeechFeatures = speech) -> MotionClip:
            curves = {} if curve is None else {"intensity": curve}
            settings = GenerationSettings(style=style, seed=1, curves=curves)
            return make_clips(generator, speech, settings, Progress())[0]

        for pair in (options.keyed or options.pairs).split(","):
            if options.keyed:
                held = [made(pair, ((0.0, strength),)) for strength in HELD]
                first, second = held[0], held[-1]
                changing = made(pair, tuple(zip(at, KEYED, strict=True)))
                ways.append(_way(changing, held, share))
            else:
                one, other = pair.split("-")
                first, second = made(one), made(other)
                changing = made(f"{one}@{at[0]:.3f},{other}@{at[1]:.3f}")
            cut = speech.frames // 2
            expression = np.concatenate([first.expression[:cut], second.expression[cut:]])
            head = np.concatenate([first.head[:cut], second.head[cut:]])
            jaw = np.concatenate([first.jaw[:cut], second.jaw[cut:]])
            at_once = replace(first, expression=expression, head=head, jaw=jaw)
            travels.append(_travel(changing, first, second, share))
            for name, clip in zip(found, (changing, first, at_once), strict=True):
                found[name].append(style_change(clip, first, second, share, face))
    report = {name: _summary(changes) for name, changes in found.items()}
    even, largest = np.array(travels).T
    report[options.model] |= {
        "brows value, an even step": float(even.mean()),
        "brows value, an even step, largest": float(even.max()),
        "brows value, largest step over the even one": float((largest / even).mean()),
    }
    report[options.model] |= _told_ways(ways)
    for name, numbers in report.items():
        print(name)
        for what, value in numbers.items():
            print(f"  {what}: {value:.3f}")
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _travel(
    changing: MotionClip, first: MotionClip, second: MotionClip, share: np.ndarray
) -> tuple[float, float]:
    """Steps of the brows while the style changes: one of equal steps that go as far, and the largest.

    Both over the 99th percentile of the two constant lines' own.
    """
    between = np.flatnonzero((share > 0.0) & (share < 1.0))
    moved, *constant = (velocities(clip, None)["brows"] for clip in (changing, first, second))
    own = float(np.percentile(np.linalg.norm(np.concatenate(constant), axis=1), 99))
    begin, end = max(int(between[0]) - 2, 0), int(between[-1]) + 2
    way = float(np.linalg.norm(moved[begin:end].sum(axis=0)))
    largest = float(np.linalg.norm(moved[between[between < len(moved)]], axis=1).max())
    return way / len(between) / own, largest / own


def _told_ways(ways: Sequence[tuple[float, float, float]]) -> dict[str, float]:
    if not ways:
        return {}
    own, there, off = np.array(ways).T
    return {
        "head acceleration where held strengths stand": float(there.mean()),
        "head acceleration where held strengths stand, largest": float(there.max()),
        "head acceleration, largest over it": float((own / there).max()),
        "head off where held strengths stand, degrees": float(off.mean()),
    }


def _way(changing: MotionClip, held: Sequence[MotionClip], share: np.ndarray) -> tuple[float, float, float]:
    """The head while a strength changes: its largest acceleration, that of a head that is always where the
    line of that strength stands, both over the 99th percentile of the first and the last line, and how far
    the one is off the other, in degrees."""
    between = np.flatnonzero((share > 0.0) & (share < 1.0))
    at = np.interp(share, (0.0, 1.0), (0.0, len(held) - 1.0))
    below = np.minimum(at.astype(int), len(held) - 2)
    heads, frames = np.stack([clip.head for clip in held]).astype(np.float64), np.arange(len(share))
    way = heads[below, frames] + (at - below)[:, None] * (heads[below + 1, frames] - heads[below, frames])
    took, goes, *constant = (
        np.linalg.norm(np.diff(head, 3, axis=0), axis=1) for head in (changing.head, way, heads[0], heads[-1])
    )
    usual = float(np.percentile(np.concatenate(constant), 99))
    inside = between[between < len(took)]
    off = np.linalg.norm(changing.head - way, axis=1)[between].max()
    return float(took[inside].max()) / usual, float(goes[inside].max()) / usual, float(np.degrees(off))


def _summary(changes: Sequence[StyleChange]) -> dict[str, float]:
    before: list[float] = []
    during: list[float] = []
    after: list[float] = []
    for change in changes:
        for share, wanted in zip(change.shares, change.wanted, strict=True):
            place = before if wanted == 0.0 else after if wanted == 1.0 else during
            place.append(abs(float(share) - float(wanted)))
    told = {
        "share off before": float(np.mean(before)),
        "share off during": float(np.mean(during)),
        "share off after": float(np.mean(after)),
        "share off, worst window": float(np.max([change.worst for change in changes])),
    }
    for part in ("head", "brows", "lips"):
        for order in ORDERS:
            ratios = [(c.jumps[part][order], c.usual[part][order]) for c in changes if order in c.jumps[part]]
            if not ratios:
                continue
            jumps, usual = np.array(ratios).T
            told[f"{part} {order} jump"] = float(jumps.mean())
            steps = [c.largest[part][order] for c in changes if order in c.largest[part]]
            ordinary = [c.ordinary[part][order] for c in changes if order in c.ordinary[part]]
            told[f"{part} {order} jump over the mean line's"] = float(np.sum(steps) / np.sum(ordinary))
            told[f"{part} {order} jump, largest"] = float(jumps.max())
            told[f"{part} {order} of constant lines"] = float(usual.mean())
            told[f"{part} {order} of constant lines, largest"] = float(usual.max())
    return told


if __name__ == "__main__":
    main()
