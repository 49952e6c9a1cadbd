"""How many keys a clip needs on the stand-in head, and how far the lips are off, against every n-th frame.

    python -m scripts.bench.thin_keys CLIP.npz ...

For each error: keys of all channels, the most that a point of the lips is off on a whole frame, and the same
of as many keys in every n-th frame: joined by straight lines, and by curves with fitted handles and keys
where lips or lids touch. ``opened`` is the most that shut lips part by then. Millimetres of a mouth of 50 mm;
processor seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from addon.core.channel import ChannelCurve, rotation, shape_key
from addon.core.clip.clip import read_clip
from addon.core.clip.contacts import ContactProbe
from addon.core.clip.curves import clip_signals, signal_curves
from addon.core.clip.face_model import JOINT_NAMES, FaceModel, read_face_model
from addon.core.clip.key_spacing import KeySpacing
from addon.core.clip.sampled import Columns
from addon.core.clip.thin import SHUT_MILLIMETRES, Thinned, spaced
from addon.core.clip.timebase import SceneTime
from addon.core.retarget.controls.points import FacePoints
from addon.core.retarget.face_measures import HeadMeasure
from addon.core.rig_layout import ChannelMix, JointRotation, RigLayout
from scripts.bench.data import HEAD

ERRORS = (0.1, 0.3, 1.0)


def head_layout(face: FaceModel) -> RigLayout:
    """The channels of the head as Blender has them."""
    names = tuple(face.expression_names)
    mixes = tuple(ChannelMix(shape_key("keys", name), {name: 1.0}) for name in names)
    turned = tuple(
        JointRotation(joint, "QUATERNION", rotation("head", "QUATERNION", joint), np.eye(3))
        for joint in JOINT_NAMES
    )
    return RigLayout(face.basis, names, JOINT_NAMES[face.head_joint], mixes, turned)


def played(curves: Sequence[ChannelCurve], frames: NDArray[np.float64]) -> Columns:
    """What the channels are in these frames."""
    shown = {}
    for curve in curves:
        if curve.slopes is None or len(curve.frames) < 2:
            shown[curve.channel.key] = np.interp(frames, curve.frames, curve.values)
            continue
        at = np.clip(np.searchsorted(curve.frames, frames, side="right") - 1, 0, len(curve.frames) - 2)
        gap = curve.frames[at + 1] - curve.frames[at]
        u = (frames - curve.frames[at]) / gap
        shown[curve.channel.key] = (
            curve.values[at] * (1 + 2 * u) * (1 - u) ** 2
            + gap * curve.slopes[at] * u * (1 - u) ** 2
            + curve.values[at + 1] * u**2 * (3 - 2 * u)
            + gap * curve.slopes[at + 1] * u**2 * (u - 1)
        )
    return shown


def main() -> int:
    """Print a table for each clip."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP", help="clips of the stand-in head")
    parser.add_argument("--fps", type=float, default=24.0, help="the scene's rate (default 24)")
    arguments = parser.parse_args()
    face = read_face_model(HEAD)
    layout = head_layout(face)
    measure = HeadMeasure(layout, FacePoints.of_face(face))
    for path in arguments.clips:
        clip, clock = read_clip(path).padded(len(layout.expressions)), SceneTime(arguments.fps)
        touching = ContactProbe.from_face(face).contact_frames(clip)
        curves = signal_curves(clip_signals(clip, layout), layout, clock, touching)
        contacts = [round(frame * clock.ratio(clip.fps)) + 1 for frame in touching]
        frames = np.arange(1.0, clock.frame_count(clip.frames, clip.fps) + 1.0)
        before = measure.points(played(curves, frames))
        gaps = measure.gaps(before)

        def told(made: Thinned) -> str:
            points = measure.points(played(made.curves, frames))  # noqa: B023 - used within this turn
            off = np.linalg.norm(points - before, axis=-1)[:, : measure.lips].max()  # noqa: B023
            opened = np.abs(measure.gaps(points) - gaps)[np.abs(gaps) < SHUT_MILLIMETRES]  # noqa: B023
            return f"{made.keys:6d} keys, off {off:6.2f}, opened {opened.max(initial=0.0):6.2f}"

        print(f"{path.name}: {clip.seconds:.1f} s, {len(frames)} frames, {len(contacts)} contacts")
        print("every frame:", sum(len(curve.frames) for curve in curves), "keys")
        for error in ERRORS:
            begin = time.process_time()
            thin = spaced(curves, layout, KeySpacing("THIN", 2, error), measure, contacts)
            seconds = time.process_time() - begin
            print(f"{error:g} mm: {told(thin)}, {seconds:.2f} s")
            for what, kept, smooth in (("lines", [], False), ("fitted curves and contacts", contacts, True)):
                plain = (
                    (step, spaced(curves, layout, KeySpacing("NTH", step), measure, kept, smooth))
                    for step in range(2, len(frames))
                )
                step, made = next(one for one in plain if one[1].keys <= thin.keys)
                print(f"    every {step}th, {what}: {told(made)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
