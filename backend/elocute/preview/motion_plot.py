"""A plot of sound and motion on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE, Phone
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.storage.atomic_write import write_atomically

LIP_CURVES = {
    "close": ("mouthClose",),
    "pucker": ("mouthPucker",),
    "funnel": ("mouthFunnel",),
    "lip roll": ("mouthRollLower",),
    "spread": ("mouthStretchLeft", "mouthStretchRight", "mouthSmileLeft", "mouthSmileRight"),
}
FACE_CURVES = {
    "blink": ("eyeBlinkLeft",),
    "brow raise": ("browInnerUp", "browOuterUpLeft"),
}
WAVE_POINTS = 4000


def _plot_wave(axes: Axes, samples: NDArray[np.float32], rate: int) -> None:
    # Minimum and maximum of each column of pixels: drawing every sample of ten minutes is slow and grey.
    block = max(1, len(samples) // WAVE_POINTS)
    usable = samples[: len(samples) // block * block].reshape(-1, block)
    time = (np.arange(len(usable)) + 0.5) * block / rate
    axes.fill_between(time, usable.min(axis=1), usable.max(axis=1), linewidth=0.3, color="#4878a8")
    axes.set_ylabel("sound")
    axes.set_yticks([])


def _plot_phones(axes: Axes, phones: Sequence[Phone], label_them: bool) -> None:
    for i, phone in enumerate(phones):
        if phone.label == SILENCE:
            continue
        axes.axvspan(phone.start, phone.end, color=("#d8e2ec", "#eef2f6")[i % 2], linewidth=0)
        if label_them:
            axes.text((phone.start + phone.end) / 2, (0.25, 0.6)[i % 2], phone.label, ha="center", fontsize=7)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_ylabel("phones")


def _plot_named(
    axes: Axes, clip: MotionClip, curves: dict[str, tuple[str, ...]], time: NDArray[np.floating]
) -> None:
    for label, names in curves.items():
        axes.plot(
            time,
            clip.expression[:, basis_of(clip.basis).columns(names)].mean(axis=1),
            label=label,
            linewidth=1,
        )


def write_motion_plot(
    samples: NDArray[np.float32], rate: int, phones: Sequence[Phone], clip: MotionClip, out: Path
) -> None:
    """Write a PNG of waveform, phones, jaw, lip, face and head curves over time.

    Args:
        samples: (n,) mono sound.
        rate: its samples a second.
        phones: phones in time order, may be empty.
        clip: the motion; lip and face curves are drawn by name, in a basis without those names the
            strongest expression coefficients are drawn instead.
        out: where the picture goes.

    Raises:
        InputError: the picture cannot be written.
    """
    seconds = max(len(samples) / rate, clip.seconds)
    figure = Figure(figsize=(min(40.0, max(12.0, 1.6 * seconds)), 10.5), dpi=100, layout="constrained")
    wave, phone_row, jaw, lips, face, head = figure.subplots(
        6, 1, sharex=True, height_ratios=[1, 0.5, 1, 1.6, 1, 1.4]
    )
    time = (np.arange(clip.frames) + 0.5) / clip.fps
    _plot_wave(wave, samples, rate)
    _plot_phones(phone_row, phones, label_them=seconds <= 30)
    jaw.plot(time, np.degrees(clip.jaw[:, 0]), color="#b0413e", linewidth=1, label="open")
    jaw.set_ylabel("jaw (°)")
    basis = basis_of(clip.basis)
    drawn = (LIP_CURVES, FACE_CURVES)
    if basis.names(*(name for curves in drawn for names in curves.values() for name in names)):
        for axes, curves in zip((lips, face), drawn, strict=True):
            _plot_named(axes, clip, curves, time)
    else:
        strongest = np.argsort(clip.expression.std(axis=0))[::-1][:10]
        for axes, columns in ((lips, strongest[:5]), (face, strongest[5:])):
            for column in columns:
                axes.plot(time, clip.expression[:, column], label=f"expression {column}", linewidth=1)
    lips.set_ylabel("lips")
    face.set_ylabel("face")
    if clip.eyes is not None:
        face.plot(time, np.degrees(clip.eyes[:, 1]) / 10, label="gaze left (10°)", linewidth=0.8)
    for column, label in enumerate(("nod", "turn", "tilt")):
        head.plot(time, np.degrees(clip.head[:, column]), label=label, linewidth=1)
    head.set_ylabel("head (°)")
    head.set_xlabel("time (s)")
    head.set_xlim(0, seconds)
    for axes in (jaw, lips, face, head):
        axes.grid(alpha=0.25)
        axes.legend(loc="upper right", fontsize=7, ncols=6)
    with write_atomically(out) as temporary:
        figure.savefig(temporary)
