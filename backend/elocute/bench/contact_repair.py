"""Effect of exact lip contacts on clips: contacts before and after, and smoothness.

Motion of the rules model is damaged in several ways and repaired; everything is measured on the whole head.
The columns:

- P B M, F V: share of all instances in contact, by the limits of ``elocute eval``
- worst accel.: largest acceleration of the lips' opening in any line, m/s2; ``rules`` is the undamaged clip
- calm: lines whose largest acceleration stays within that of the rules clip or of the damaged clip
- mean jerk: of the lips' opening, m/s3
- added: 99th percentile of the acceleration that the repair adds in the frames it changes, worst line
- overlap: the deepest that the repair presses the lips through each other, mm
- moved: share of frames that it changes
- AA AE: mean peak opening of these vowels, mm
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.audio.phone import Phone
from elocute.clips_in_the_making import make_clips
from elocute.evaluation.against_phones.motion_report import MotionReport, measure_motion
from elocute.evaluation.mouth_signals import mouth_signals
from elocute.face.model import FaceModel
from elocute.finishing.lip_contacts.correction import ensure_contacts
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.generator import GenerationSettings
from elocute.models.rules.generator import RulesGenerator
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS
from elocute.progress import Progress

MOUTH: Final = [i for i, name in enumerate(EXPRESSION_NAMES) if name.startswith(("mouth", "jaw", "tongue"))]
CLOSE: Final = EXPRESSION_INDEX["mouthClose"]
FloatArray = NDArray[np.float64]


def half_closed(clip: MotionClip, share: float) -> MotionClip:
    """The lips close by a share of what they should."""
    expression = clip.expression.copy()
    expression[:, CLOSE] *= share
    return replace(clip, expression=expression)


def jaw_open(clip: MotionClip, offset: float) -> MotionClip:
    """The jaw hangs, by a share of its range."""
    jaw = clip.jaw.copy()
    jaw[:, 0] += offset * JAW_OPEN_RADIANS
    return replace(clip, jaw=jaw)


def blurred(clip: MotionClip, frames: int) -> MotionClip:
    """The mouth averaged over several frames, as of a model that saw too little."""
    expression = clip.expression.copy()
    expression[:, MOUTH] = uniform_filter1d(expression[:, MOUTH], frames, axis=0)
    return replace(clip, expression=expression, jaw=uniform_filter1d(clip.jaw, frames, axis=0))


def noisy(clip: MotionClip, size: float, width: float) -> MotionClip:
    """Noise on every number of the mouth, low-passed over ``width`` frames."""
    rng = np.random.default_rng(7)
    noise = rng.normal(0.0, 1.0, (clip.frames, len(MOUTH) + 3))
    if width:
        noise = gaussian_filter1d(noise, width, axis=0)
        noise /= noise.std()
    expression, jaw = clip.expression.copy(), clip.jaw.copy()
    expression[:, MOUTH] += (size * noise[:, 3:]).astype(np.float32)
    jaw += (size * JAW_OPEN_RADIANS * noise[:, :3]).astype(np.float32)
    return replace(clip, expression=expression, jaw=jaw)


DAMAGES: Final[dict[str, Callable[[MotionClip], MotionClip]]] = {
    "none": lambda clip: clip,
    "close x 0.9": lambda clip: half_closed(clip, 0.9),
    "close x 0.6": lambda clip: half_closed(clip, 0.6),
    "close x 0": lambda clip: half_closed(clip, 0.0),
    "jaw + 0.15": lambda clip: jaw_open(clip, 0.15),
    "jaw + 0.40": lambda clip: jaw_open(clip, 0.40),
    "blur 3": lambda clip: blurred(clip, 3),
    "blur 5": lambda clip: blurred(clip, 5),
    "slow noise": lambda clip: noisy(clip, 0.04, 3.0),
    "white noise": lambda clip: noisy(clip, 0.02, 0.0),
    "all of it": lambda clip: noisy(jaw_open(half_closed(blurred(clip, 5), 0.7), 0.1), 0.03, 2.0),
}
"""Ways in which learned motion may be wrong."""


@dataclass(frozen=True)
class Line:
    """A line that was performed: its name, exact phones and the rules model's clip."""

    name: str
    phones: tuple[Phone, ...]
    clip: MotionClip


@dataclass(frozen=True)
class Effect:
    """What one repair did to one clip."""

    before: MotionReport
    after: MotionReport
    rules: MotionReport | None
    added: float
    overlap: float
    moved: float


def read_phones(path: Path) -> tuple[Phone, ...]:
    """Phones of a JSON file that has at least ``phones``."""
    rows = json.loads(path.read_text(encoding="utf-8"))["phones"]
    return tuple(Phone(str(row["phone"]), float(row["start"]), float(row["end"])) for row in rows)


def lines_in(folder: Path) -> Iterator[Line]:
    """Every recording with phones in a folder, performed by the rules model."""
    for path in sorted([*folder.glob("*.flac"), *folder.glob("*.wav")]):
        phones = read_phones(path.with_suffix(".json"))
        speech = replace(analyse_speech(load_audio(path), phones="off"), phones=phones)
        clip = make_clips(RulesGenerator(), speech, GenerationSettings(seed=1), Progress())[0]
        yield Line(path.stem, phones, clip)


def effect(
    clip: MotionClip,
    phones: Sequence[Phone],
    face: FaceModel,
    probe: MouthProbe,
    rules: MotionReport | None,
) -> Effect:
    """Repair one clip and measure both."""
    repaired = ensure_contacts(clip, phones, probe)
    old, new = mouth_signals(clip, face).opening, mouth_signals(repaired, face).opening
    changed = (clip.expression != repaired.expression).any(axis=1) | (clip.jaw != repaired.jaw).any(axis=1)
    rate = clip.fps**2
    added = np.abs(np.diff(np.maximum(new, 0), 2)) - np.abs(np.diff(np.maximum(old, 0), 2))
    added = added[changed[1:-1]] * rate
    deeper = changed & (new < old)
    return Effect(
        before=measure_motion(clip, phones, face),
        after=measure_motion(repaired, phones, face),
        rules=rules,
        added=float(np.percentile(added, 99)) if len(added) else 0.0,
        overlap=float(new[deeper].min(initial=0.0)),
        moved=float(changed.mean()),
    )


def row(name: str, effects: Sequence[Effect]) -> str:
    """One line of the table: shares over all instances, worst or mean of the rest."""

    def share(reports: Sequence[MotionReport], kind: str, count: str) -> str:
        total = sum(getattr(r, count) for r in reports)
        hits = sum((getattr(r, kind) or 0.0) * getattr(r, count) for r in reports)
        return f"{100 * hits / total:5.1f}" if total else "    -"

    before, after = [e.before for e in effects], [e.after for e in effects]
    rules = [e.rules for e in effects if e.rules is not None]

    def worst(reports: Sequence[MotionReport]) -> str:
        return f"{max(r.opening_max_acceleration for r in reports):5.1f}" if reports else "    -"

    def jerk(reports: Sequence[MotionReport]) -> str:
        return f"{np.mean([r.opening_mean_jerk for r in reports]):5.1f}" if reports else "    -"

    def open_vowels(reports: Sequence[MotionReport]) -> str:
        values = [r.open_vowels for r in reports if r.open_vowels is not None]
        return f"{1000 * np.mean(values):4.1f}" if values else "   -"

    calm = sum(
        e.after.opening_max_acceleration
        <= max(e.rules.opening_max_acceleration, e.before.opening_max_acceleration) + 1e-9
        for e in effects
        if e.rules is not None
    )
    return (
        f"{name:16s} {share(before, 'bilabials_closed', 'bilabials')} -> "
        f"{share(after, 'bilabials_closed', 'bilabials')}  "
        f"{share(before, 'labiodentals_touching', 'labiodentals')} -> "
        f"{share(after, 'labiodentals_touching', 'labiodentals')}  "
        f"{worst(before)} {worst(after)} {worst(rules)} {calm:3d}/{len(rules):<3d}"
        f"{jerk(before)} {jerk(after)} {jerk(rules)}  {max(e.added for e in effects):6.2f} "
        f"{1000 * min(e.overlap for e in effects):7.2f} {100 * np.mean([e.moved for e in effects]):5.0f}%  "
        f"{open_vowels(before)} {open_vowels(after)}"
    )


HEADING: Final = (
    f"{'':16s} {'P B M closed, %':15s} {'F V touching, %':15s}  {'worst accel.':17s} {'calm':7s}"
    f"{'mean jerk':17s} {'added':>6s} {'overlap':>7s} {'moved':>6s}  {'AA AE':s}\n"
    f"{'':16s} {'before':>5s}   {'after':>5s} {'before':>6s}   {'after':>5s}  {'bef.':>5s} {'after':>5s} "
    f"{'rules':>5s} "
    f"{'':7s}{'bef.':>5s} {'after':>5s} {'rules':>5s}  {'':6s} {'':7s} {'':6s}  bef. after"
)


def repair_time(lines: Sequence[Line], probe: MouthProbe) -> str:
    """How long ten minutes take, all contacts missed, as a sentence."""
    clips = [DAMAGES["all of it"](line.clip) for line in lines]
    phones: list[Phone] = []
    parts: list[MotionClip] = []
    frames = 0
    while frames < 15000:
        for line, clip in zip(lines, clips, strict=True):
            start = frames / clip.fps
            phones += [Phone(p.label, p.start + start, p.end + start) for p in line.phones]
            parts.append(clip)
            frames += clip.frames
    long = MotionClip(
        fps=parts[0].fps,
        basis=parts[0].basis,
        expression=np.concatenate([part.expression for part in parts]),
        jaw=np.concatenate([part.jaw for part in parts]),
        head=np.concatenate([part.head for part in parts]),
    )
    started = time.process_time()
    ensure_contacts(long, phones, probe)
    spent = time.process_time() - started
    return f"{long.seconds:.0f} s of motion, {len(phones)} phones: {spent:.2f} s processor time"
