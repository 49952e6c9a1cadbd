"""Measures what the lip guarantee does to clips: contacts before and after, and how smooth it stays.

    python scripts/bench/bench_lip_contacts.py [FOLDER ...]          damaged clips of the rules model
    python scripts/bench/bench_lip_contacts.py --clip C.npz --phones P.json

The first takes the demo's line and the speech of the tests (and of each FOLDER: NAME.flac or NAME.wav
beside NAME.json with phones), makes motion with the rules model, damages its mouth in several ways and
repairs it. Everything is measured on the whole head. The columns:

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

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "backend"))

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from scipy.ndimage import gaussian_filter1d, uniform_filter1d  # noqa: E402

from elocute.audio.analysis import analyse_speech  # noqa: E402
from elocute.audio.decode import load_audio  # noqa: E402
from elocute.audio.phone import Phone  # noqa: E402
from elocute.evaluation.motion_report import MotionReport, measure_motion  # noqa: E402
from elocute.evaluation.mouth_signals import mouth_signals  # noqa: E402
from elocute.face.model import FaceModel  # noqa: E402
from elocute.finishing.lip_contacts.correction import ensure_contacts  # noqa: E402
from elocute.finishing.lip_contacts.probe import MouthProbe  # noqa: E402
from elocute.generator import GenerationSettings  # noqa: E402
from elocute.models.rules.generator import RulesGenerator  # noqa: E402
from elocute.motion.clip import MotionClip  # noqa: E402
from elocute.motion.head1_basis import EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS  # noqa: E402
from elocute.progress import Progress  # noqa: E402

HEAD = ROOT / "flame_assets" / "elocute-head-1.npz"
SPEECH = (ROOT / "flame_assets" / "demo", ROOT / "tests" / "data" / "speech")
MOUTH = [i for i, name in enumerate(EXPRESSION_NAMES) if name.startswith(("mouth", "jaw", "tongue"))]
CLOSE = EXPRESSION_INDEX["mouthClose"]
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


DAMAGES: dict[str, Callable[[MotionClip], MotionClip]] = {
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
        clip = RulesGenerator().generate(speech, GenerationSettings(seed=1), Progress())[0]
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


HEADING = (
    f"{'':16s} {'P B M closed, %':15s} {'F V touching, %':15s}  {'worst accel.':17s} {'calm':7s}"
    f"{'mean jerk':17s} {'added':>6s} {'overlap':>7s} {'moved':>6s}  {'AA AE':s}\n"
    f"{'':16s} {'before':>5s}   {'after':>5s} {'before':>6s}   {'after':>5s}  {'bef.':>5s} {'after':>5s} "
    f"{'rules':>5s} "
    f"{'':7s}{'bef.':>5s} {'after':>5s} {'rules':>5s}  {'':6s} {'':7s} {'':6s}  bef. after"
)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*", help="more recordings with phones")
    parser.add_argument("--clip", type=Path, help="measure this clip instead")
    parser.add_argument("--phones", type=Path, help="its phones")
    parser.add_argument("--each", action="store_true", help="a table for every line")
    arguments = parser.parse_args()
    face = FaceModel.load(HEAD)
    probe = MouthProbe.from_face(face)
    if arguments.clip:
        if not arguments.phones:
            parser.error("--clip needs --phones")
        clip, phones = MotionClip.load(arguments.clip), read_phones(arguments.phones)
        print(HEADING + "\n" + row(arguments.clip.stem[:16], [effect(clip, phones, face, probe, None)]))
        return 0
    lines = [line for folder in (*SPEECH, *arguments.folders) for line in lines_in(folder)]
    reports = [measure_motion(line.clip, line.phones, face) for line in lines]
    print(f"{len(lines)} lines, {sum(line.clip.seconds for line in lines):.0f} s")
    print(HEADING)
    for name, damage in DAMAGES.items():
        effects = [
            effect(damage(line.clip), line.phones, face, probe, rules)
            for line, rules in zip(lines, reports, strict=True)
        ]
        print(row(name, effects), flush=True)
        if arguments.each:
            for line, one in zip(lines, effects, strict=True):
                print(row("  " + line.name[:14], [one]))
    _time(lines, probe)
    return 0


def _time(lines: Sequence[Line], probe: MouthProbe) -> None:
    """How long ten minutes take, all contacts missed."""
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
    print(f"{long.seconds:.0f} s of motion, {len(phones)} phones: {spent:.2f} s processor time")


if __name__ == "__main__":
    sys.exit(main())
