"""How ranges that are made anew meet the rest: whether it stays bit for bit, how large steps across the edges
are, whether pins are met, and whether a moved word takes its closure along.

    python -m scripts.bench.ranges RECORDINGS [--models elocute-lite,rules] [--seeds 3] [--json FILE]

Steps are of value, speed and acceleration over a part's numbers together, as a multiple of the larger of the
clip's own 99th percentile and of what it does there by itself. Control: the same frames of another take, put
in as they are, as a multiple of the percentile.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.given_phones import contiguous
from elocute.audio.phone import Phone
from elocute.audio.speech_features import SpeechFeatures
from elocute.bench.recordings import recordings_in
from elocute.bench.variants import load_generator
from elocute.clips_in_the_making import make_clips
from elocute.face.lips import lip_gap
from elocute.face.model import FaceModel
from elocute.face.skinning import pose_vertices
from elocute.generator import GenerationSettings, Generator
from elocute.motion.clip import MotionClip
from elocute.motion.face_parts import PARTS
from elocute.motion.revision import Revision, rows_of
from elocute.progress import Progress
from scripts.bench.data import HEAD

FloatArray = NDArray[np.float64]

CHOICES: Final = ((), *((part,) for part in PARTS), ("mouth", "jaw"))
ORDERS: Final = (1, 2, 3)
_SECONDS: Final = 1.5
_PIN: Final = ("mouthSmileLeft", 0.6)
_MOVED: Final = 0.12
_CLOSED: Final = ("P", "B", "M")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recordings", type=Path, help="folder of recordings with phones")
    parser.add_argument("--models", default="elocute-lite,rules", help="ids or folders, with commas")
    parser.add_argument("--most", type=int, default=3, help="recordings (default 3)")
    parser.add_argument("--seeds", type=int, default=3, help="takes of each range (default 3)")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args(arguments)
    heard = [one.heard("transcript") for one in recordings_in(options.recordings)[: options.most]]
    report: dict[str, Any] = {}
    for name in options.models.split(","):
        generator = load_generator(name)
        report[name] = _edges(generator, heard, options.seeds) | {"words": _words(generator, heard)}
        print(name)
        for what, value in report[name].items():
            print(f"  {what}: {value}", flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _edges(generator: Generator, heard: Sequence[SpeechFeatures], seeds: int) -> dict[str, Any]:
    worst: dict[str, list[float]] = {part: [] for part in PARTS}
    control: dict[str, list[float]] = {part: [] for part in PARTS}
    outside, cases, pins = 0, 0, list[float]()
    for speech in heard:
        base = _made(generator, speech, GenerationSettings(seed=1))
        for first in np.linspace(0.15, 0.75, 3) * max(speech.seconds - _SECONDS, 0.1):
            span = (float(first), float(min(first + _SECONDS, speech.seconds)))
            for seed in range(2, 2 + seeds):
                other = _made(generator, speech, GenerationSettings(seed=seed))
                for parts in CHOICES:
                    at = 0.5 * sum(span)
                    pinned = ((_PIN[0], at, _PIN[1]),) if not parts else ()
                    settings = GenerationSettings(
                        seed=seed, base=_content(base), ranges=(span,), channels=parts, pinned=pinned
                    )
                    new = _made(generator, speech, settings)
                    held = Revision(_content(base), (span,), parts, pinned).held(base.basis, base.fps)
                    outside += int((rows_of(new) != rows_of(base))[~held.free].sum())
                    cases += 1
                    if pinned:
                        frame, column, value = held.pins[0]
                        track = rows_of(new)[:, column].astype(float)
                        pins.append(abs(float(np.interp(frame, np.arange(len(track)), track)) - value))
                    if len(parts) != 1:
                        continue
                    for part, columns in held.groups().items():
                        rows = [rows_of(clip)[:, columns].astype(float) for clip in (new, base, other)]
                        worst[part].append(_step(rows[0], rows[1], held.span, rows[2]))
                        cut = rows[1].copy()
                        cut[slice(*held.span)] = rows[2][slice(*held.span)]
                        control[part].append(_step(cut, rows[1], held.span, None))
    return {
        "choices of parts and ranges": cases,
        "numbers outside that changed": outside,
        "largest distance from a pin": float(np.max(pins)) if pins else None,
        **{
            f"{part}: largest step, above 1, put in as it is": (
                round(float(np.max(worst[part])), 2),
                f"{int((np.array(worst[part]) > 1.005).sum())} of {len(worst[part])}",
                round(float(np.max(control[part])), 1),
            )
            for part in PARTS
        },
    }


def _step(rows: FloatArray, base: FloatArray, span: tuple[int, int], fresh: FloatArray | None) -> float:
    """The largest step across both edges over the usual, or with ``fresh`` what both clips have there."""
    found = 0.0
    for order in ORDERS:
        steps, own = _sizes(rows, order), _sizes(base, order)
        usual = max(float(np.percentile(own, 99)), 1e-9)
        for edge in (edge for edge in span if 0 < edge < len(rows)):
            around = slice(max(edge - order, 0), edge)
            allowed = usual
            if fresh is not None:
                there = [own[around], _sizes(fresh, order)[around]]
                allowed = max(usual, *(float(sizes.max(initial=0.0)) for sizes in there))
            found = max(found, float(steps[around].max(initial=0.0)) / allowed)
    return found


def _sizes(rows: FloatArray, order: int) -> FloatArray:
    sizes: FloatArray = np.linalg.norm(np.diff(rows, order, axis=0), axis=1)
    return sizes


def _words(generator: Generator, heard: Sequence[SpeechFeatures]) -> dict[str, Any]:
    """Words with a P, B or M later and earlier: where the lips then are shut."""
    face, moved, apart, still = FaceModel.load(HEAD), list[float](), list[float](), list[float]()
    for speech in heard:
        base = _made(generator, speech, GenerationSettings(seed=1))
        for closed, shift, changed in _moved_closures(speech):
            span = (max(closed.start - 0.5, 0.0), min(closed.end + 0.5, speech.seconds))
            settings = GenerationSettings(
                seed=1, base=_content(base), ranges=(span,), channels=("mouth", "jaw")
            )
            new = _made(generator, changed, settings)
            middle = 0.5 * (closed.start + closed.end)
            before, after = (_gaps(face, clip) for clip in (base, new))
            moved.append(_shut_at(after, middle + shift, base.fps) - _shut_at(before, middle, base.fps))
            frame = round((middle + shift) * base.fps)
            near = slice(max(frame - 1, 0), frame + 2)
            apart.append(float(after[near].min()) * 1000.0)
            still.append(float(before[near].min()) * 1000.0)
    return {
        "edits": len(moved),
        "moved as meant, within a frame": int((np.abs(np.abs(moved) - _MOVED) <= 0.041).sum()),
        "lips apart at the new time, mm (median, largest)": _spread(apart),
        "with the clip as it was": _spread(still),
    }


def _moved_closures(speech: SpeechFeatures) -> Iterator[tuple[Phone, float, SpeechFeatures]]:
    """Closures with room, how far each is moved, and the features with the word's phones there."""
    phones = list(speech.phones or ())
    found = 0
    for word in speech.words:
        own = [phone for phone in phones if word.start <= 0.5 * (phone.start + phone.end) < word.end]
        closed = next((phone for phone in own if phone.label in _CLOSED), None)
        if closed is None or not 0.6 < closed.start < speech.seconds - 0.9:
            continue
        shift = _MOVED if found % 2 == 0 else -_MOVED
        begin, end = own[0].start + shift, own[-1].end + shift
        rest = [
            replace(phone, end=min(phone.end, begin)) if phone.start < begin else phone
            for phone in phones
            if phone not in own and not begin <= phone.start < phone.end <= end
        ]
        rest = [
            replace(phone, start=max(phone.start, end)) if phone.start > begin else phone for phone in rest
        ]
        shifted = [replace(phone, start=phone.start + shift, end=phone.end + shift) for phone in own]
        yield closed, shift, replace(speech, phones=contiguous([*rest, *shifted], speech.seconds))
        found += 1
        if found == 3:
            return


def _gaps(face: FaceModel, clip: MotionClip) -> FloatArray:
    """(T,) metres between the lips."""
    still = np.zeros_like(clip.head)
    return lip_gap(face, pose_vertices(face, clip.expression, clip.jaw, still)).astype(np.float64)


def _shut_at(gap: FloatArray, seconds: float, fps: float) -> float:
    """When the lips are nearest to each other within .3 s of a moment."""
    frame, reach = round(seconds * fps), round(0.3 * fps)
    first = max(frame - reach, 0)
    return (first + int(np.argmin(gap[first : frame + reach + 1]))) / fps


def _spread(values: Sequence[float]) -> tuple[float, float]:
    return round(float(np.median(values)), 2), round(float(np.max(values)), 2)


def _made(generator: Generator, speech: SpeechFeatures, settings: GenerationSettings) -> MotionClip:
    return make_clips(generator, speech, settings, Progress())[0]


def _content(clip: MotionClip) -> bytes:
    content = io.BytesIO()
    clip.write(content)
    return content.getvalue()


if __name__ == "__main__":
    main()
