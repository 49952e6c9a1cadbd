"""Statistics of a performance: amplitudes, speeds, spectra and rates, comparable with published ones.

Where ``motion_report`` asks whether lips and phones agree, this asks whether the amount of motion is
that of people: head rotation and its spectrum, blinks, mouth opening, brows. Several clips count as one
long one, so that rates per minute mean something for short lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import detrend, welch

from elocute.audio.phone import SILENCE, Phone
from elocute.audio.speech_features import SpeechFeatures
from elocute.evaluation.mouth_signals import mouth_signals
from elocute.face.model import FaceModel
from elocute.face.skinning import rotation_matrices
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SLOW_HERTZ: Final = 2.0
MOVEMENT_BANDS_HERTZ: Final = ((0.2, 1.8), (1.8, 3.7), (3.7, 7.0))
"""Slow, ordinary and rapid head movements in the classes of Hadar et al. (1983)."""
BLINK_SHUT: Final = 0.6
"""Both lids over this in any frame of a closure make it a blink."""
_BLINK_BEGUN: Final = 0.10
"""A blink lasts as long as both lids are this much nearer to shut than their resting height."""
_SPECTRUM_SECONDS: Final = 5.12
_SILENCE_MARGIN_SECONDS: Final = 0.2
_BROW_NAMES: Final = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")
_LID_NAMES: Final = ("eyeBlinkLeft", "eyeBlinkRight")
_BROW_RAISED: Final = 0.15


@dataclass(frozen=True)
class HeadStatistics:
    """Head rotation of one or several clips. Triples are nod (x), turn (y), tilt (z).

    Attributes:
        deviation_degrees: standard deviation within a clip.
        range_degrees: 5th to 95th percentile, mean over clips.
        extreme_degrees: largest distance from rest.
        mean_speed_degrees: mean angular speed in degrees a second.
        peak_speed_degrees: 99th percentile of it.
        speaking_speed_degrees: mean speed in frames with speech.
        silent_speed_degrees: mean speed in frames well inside silences; None where there are none.
        slow_share: share of the rotation's power (mean removed) under 2 Hz.
        centroid_hertz: mean frequency weighted with power.
        edge_hertz: frequency under which 90 % of the power lies.
        speed_centroid_hertz: the centroid of angular velocity instead of angle, which weighs beats more.
        speed_bands: shares of angular velocity's power in the bands of :data:`MOVEMENT_BANDS_HERTZ`.
    """

    deviation_degrees: tuple[float, float, float]
    range_degrees: tuple[float, float, float]
    extreme_degrees: tuple[float, float, float]
    mean_speed_degrees: float
    peak_speed_degrees: float
    speaking_speed_degrees: float
    silent_speed_degrees: float | None
    slow_share: float
    centroid_hertz: float
    edge_hertz: float
    speed_centroid_hertz: float
    speed_bands: tuple[float, float, float]


@dataclass(frozen=True)
class FaceStatistics:
    """Mouth, lids and brows of one or several clips.

    Attributes:
        opening_mean: mean distance of the lips in speech, metres.
        opening_95: its 95th percentile.
        opening_max: its maximum.
        jaw_95_degrees: 95th percentile of the jaw's rotation in speech.
        blinks_per_minute: closures of both lids.
        blink_seconds: mean length from the lids leaving rest to coming back; None without blinks.
        blink_closing_seconds: mean length of the closing part of it; None without blinks.
        brow_mean: mean height of inner and outer brows, in coefficients.
        brow_deviation: standard deviation of it.
        brow_raises_per_minute: how often it passes 0.15 upwards.
    """

    opening_mean: float
    opening_95: float
    opening_max: float
    jaw_95_degrees: float
    blinks_per_minute: float
    blink_seconds: float | None
    blink_closing_seconds: float | None
    brow_mean: float
    brow_deviation: float
    brow_raises_per_minute: float


@dataclass(frozen=True)
class Performance:
    """A clip and the phones that are said in it.

    Attributes:
        clip: the motion.
        phones: what is really said, and when.
        speech: the recording as it was heard, for measures against the sound; None where it is not at hand.
        line: which recording it is of: takes of one line share it.
    """

    clip: MotionClip
    phones: Sequence[Phone]
    speech: SpeechFeatures | None = None
    line: str = ""


def head_statistics(performances: Sequence[Performance]) -> HeadStatistics:
    """Statistics of the head over all clips.

    Raises:
        ValueError: no clips, or clips at different frame rates.
    """
    fps = _common_fps(performances)
    speeds, speaking, silent = [], [], []
    for performance in performances:
        speed = _angular_speed(performance.clip)
        talks, quiet = _speech_frames(performance)
        speeds.append(speed)
        speaking.append(speed[talks[1:]])
        silent.append(speed[quiet[1:]])
    degrees = [np.degrees(p.clip.head.astype(np.float64)) for p in performances]
    frames = np.array([len(d) for d in degrees], np.float64)
    variance = np.average([d.var(axis=0) for d in degrees], axis=0, weights=frames)
    spans = np.average(
        [np.subtract(*np.percentile(d, [95, 5], axis=0)) for d in degrees], axis=0, weights=frames
    )
    extremes = np.max([np.abs(d).max(axis=0) for d in degrees], axis=0)
    frequencies, power = _power(degrees, fps)
    velocity_power = power * (2.0 * np.pi * frequencies) ** 2
    all_speeds = np.concatenate(speeds)
    return HeadStatistics(
        deviation_degrees=_triple(np.sqrt(variance)),
        range_degrees=_triple(spans),
        extreme_degrees=_triple(extremes),
        mean_speed_degrees=_mean(all_speeds) or 0.0,
        peak_speed_degrees=float(np.percentile(all_speeds, 99)) if len(all_speeds) else 0.0,
        speaking_speed_degrees=_mean(np.concatenate(speaking)) or 0.0,
        silent_speed_degrees=_mean(np.concatenate(silent)),
        slow_share=_share(frequencies, power, 0.0, SLOW_HERTZ),
        centroid_hertz=_centroid(frequencies, power),
        edge_hertz=_edge(frequencies, power, 0.9),
        speed_centroid_hertz=_centroid(frequencies, velocity_power),
        speed_bands=_triple([_share(frequencies, velocity_power, *band) for band in MOVEMENT_BANDS_HERTZ]),
    )


def face_statistics(performances: Sequence[Performance], face: FaceModel | None = None) -> FaceStatistics:
    """Statistics of mouth, lids and brows over all clips.

    Args:
        performances: clips in a basis with named lids and brows.
        face: the head whose lips are measured; without it coefficients stand in.

    Raises:
        ValueError: no clips, clips at different frame rates, or a clip in another basis.
    """
    fps = _common_fps(performances)
    if not all(basis_of(p.clip.basis).names(*_BROW_NAMES, *_LID_NAMES) for p in performances):
        raise ValueError("lids and brows are not known in the basis of these clips")
    openings, jaws, brows, blinks, raises = [], [], [], [], 0
    for performance in performances:
        clip = performance.clip
        talks, _ = _speech_frames(performance)
        openings.append(np.maximum(mouth_signals(clip, face).opening[talks], 0.0))
        jaws.append(np.degrees(clip.jaw[talks, 0].astype(np.float64)))
        brow = _columns(clip, _BROW_NAMES).mean(axis=1)
        brows.append(brow)
        raises += len(_runs(brow > _BROW_RAISED))
        blinks += _blinks(_columns(clip, _LID_NAMES).min(axis=1))
    minutes = sum(p.clip.frames for p in performances) / fps / 60.0
    opening, jaw, brow = np.concatenate(openings), np.concatenate(jaws), np.concatenate(brows)
    lengths = np.array(blinks, np.float64).reshape(-1, 2) / fps
    return FaceStatistics(
        opening_mean=_mean(opening) or 0.0,
        opening_95=float(np.percentile(opening, 95)) if len(opening) else 0.0,
        opening_max=float(opening.max()) if len(opening) else 0.0,
        jaw_95_degrees=float(np.percentile(jaw, 95)) if len(jaw) else 0.0,
        blinks_per_minute=len(blinks) / minutes,
        blink_seconds=_mean(lengths.sum(axis=1)),
        blink_closing_seconds=_mean(lengths[:, 0]),
        brow_mean=float(brow.mean()),
        brow_deviation=float(brow.std()),
        brow_raises_per_minute=raises / minutes,
    )


def _common_fps(performances: Sequence[Performance]) -> float:
    rates = {p.clip.fps for p in performances}
    if len(rates) != 1:
        raise ValueError(f"statistics need clips of one frame rate, not {sorted(rates)}")
    return rates.pop()


def _speech_frames(performance: Performance) -> tuple[BoolArray, BoolArray]:
    """(T,) frames with a phone, and (T,) frames well inside silences."""
    clip = performance.clip
    times = (np.arange(clip.frames) + 0.5) / clip.fps
    speech, silence = np.zeros(clip.frames, bool), np.zeros(clip.frames, bool)
    for phone in performance.phones:
        if phone.label == SILENCE:
            margin = _SILENCE_MARGIN_SECONDS
            silence |= (times >= phone.start + margin) & (times < phone.end - margin)
        else:
            speech |= (times >= phone.start) & (times < phone.end)
    return speech, silence


def _angular_speed(clip: MotionClip) -> FloatArray:
    """(T - 1,) degrees a second between frames."""
    matrices = rotation_matrices(clip.head)
    if len(matrices) < 2:
        return np.zeros(0)
    steps = np.einsum("tba,tbc->tac", matrices[:-1], matrices[1:]).astype(np.float64)
    # The angle from the skew part keeps precision where the arc cosine of small steps loses it.
    skew = 0.5 * np.stack([steps[:, i, j] - steps[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))], axis=1)
    cosine = (np.trace(steps, axis1=1, axis2=2) - 1.0) / 2.0
    speed: FloatArray = np.degrees(np.arctan2(np.linalg.norm(skew, axis=1), cosine)) * clip.fps
    return speed


def _power(curves: Sequence[FloatArray], fps: float) -> tuple[FloatArray, FloatArray]:
    """Frequencies and power summed over axes and clips; each clip's mean is taken out first."""
    length = round(_SPECTRUM_SECONDS * fps)
    frequencies = np.arange(length // 2 + 1, dtype=np.float64) * (fps / length)
    total = np.zeros(len(frequencies))
    for curve in curves:
        whole = detrend(curve, axis=0, type="constant")
        # Short clips are padded: their spectrum gets smooth, not wrong.
        segment = min(len(whole), length)
        _, power = welch(whole, fps, "hann", segment, nfft=length, detrend=False, axis=0)
        total += power.sum(axis=1) * len(whole)
    return frequencies, total


def _share(frequencies: FloatArray, power: FloatArray, low: float, high: float) -> float:
    total = float(power.sum())
    inside = (frequencies >= low) & (frequencies < high)
    return float(power[inside].sum()) / total if total > 0 else 0.0


def _centroid(frequencies: FloatArray, power: FloatArray) -> float:
    total = float(power.sum())
    return float((frequencies * power).sum()) / total if total > 0 else 0.0


def _edge(frequencies: FloatArray, power: FloatArray, share: float) -> float:
    total = float(power.sum())
    if total <= 0:
        return 0.0
    return float(frequencies[int(np.searchsorted(np.cumsum(power), share * total))])


def _blinks(lids: FloatArray) -> list[tuple[float, float]]:
    """Frames of closing and of opening of each blink that lies wholly inside the clip.

    Where the lids pass the threshold between two frames is interpolated.
    """
    rest = float(np.median(lids))
    begun = rest + _BLINK_BEGUN * (1.0 - rest)
    found = []
    for first, last in _runs(lids > begun):
        peak = first + int(np.argmax(lids[first : last + 1]))
        if lids[peak] <= BLINK_SHUT or first == 0 or last == len(lids) - 1:
            continue
        start = first - (lids[first] - begun) / (lids[first] - lids[first - 1])
        end = last + (lids[last] - begun) / (lids[last] - lids[last + 1])
        found.append((float(peak - start), float(end - peak)))
    return found


def _runs(condition: BoolArray) -> list[tuple[int, int]]:
    """First and last index of each stretch of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], condition, [False]]).astype(np.int8)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _columns(clip: MotionClip, names: Sequence[str]) -> FloatArray:
    return clip.expression[:, basis_of(clip.basis).columns(names)].astype(np.float64)


def _mean(values: FloatArray) -> float | None:
    return float(values.mean()) if len(values) else None


def _triple(values: FloatArray | Sequence[float]) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z
