"""Play a clip on made-up characters of many kinds and compare their faces with the source's. Needs bpy.

python scripts/bench/retarget.py CLIP.npz [CLIP.npz ...] [--only KIND] [--json FILE] [--table FILE] [--minute]

Every rig has the exact names of its kind on the stand-in head's mesh, so its lips are measured at the same
vertices as the source's. Opening and width are in units of the mouth's width at rest.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

import bpy  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from addon.blender.context import scene_of, view_layer_of  # noqa: E402
from addon.blender.keys.keyframes import key_clip  # noqa: E402
from addon.blender.keys.line_time import scene_time  # noqa: E402
from addon.blender.targets.character import character_of  # noqa: E402
from addon.blender.targets.character_rig import character_rig_of  # noqa: E402
from addon.blender.targets.survey_character import survey_character  # noqa: E402
from addon.core.clip.clip import Clip, read_clip  # noqa: E402
from addon.core.retarget.controls.vocabulary import ARKIT  # noqa: E402
from addon.core.retarget.detect import detect  # noqa: E402
from addon.core.retarget.presets import preset  # noqa: E402
from addon.core.steps import run  # noqa: E402
from elocute.face.model import FaceModel  # noqa: E402
from elocute.face.skinning import landmarks, pose_vertices  # noqa: E402
from scripts.bench.made_up_characters import (  # noqa: E402
    Shapes,
    bone_face,
    control_rig,
    drive_by_properties,
    head_mesh,
    pose_library,
    posed_vertices,
    skeleton,
    skin,
)
from scripts.bench.rigify_characters import Face as RigifyFace  # noqa: E402
from scripts.bench.rigify_characters import rigify_human  # noqa: E402

Float64Array = NDArray[np.float64]
Poses = dict[str, dict[str, float]]

HEAD: Final = ROOT / "flame_assets" / "elocute-head-1.npz"
SHUT: Final = 0.02
"""Share of the mouth's width below which lips are shut, as in the fit."""
LIMIT: Final = 0.999
BLINKING: Final = 0.3
"""Lids that are open by less than this share are a blink."""
LATE: Final = 5
"""Frames by which the late baseline lags."""


@dataclass(frozen=True)
class Made:
    """A character that was built."""

    thing: bpy.types.Object
    face: bpy.types.Object


Builder = Callable[[bpy.types.Scene, FaceModel], Made]


@dataclass(frozen=True)
class Likeness:
    """How like the source's face a face moved.

    Attributes:
        opening_r: correlation of the lips' opening.
        opening_rms: its difference, in widths of the mouth.
        width_r: correlation of the mouth's width.
        width_rms: its difference.
        closures: how often the source shuts its lips.
        on_time: share of them that begin within one frame of the source's.
        closed: share of them in which the lips shut at all.
        lids: opening of the lids while the source blinks, as a share of that at rest.
    """

    opening_r: float
    opening_rms: float
    width_r: float
    width_rms: float
    closures: int
    on_time: float
    closed: float
    lids: float


@dataclass(frozen=True)
class Row:
    """What was measured of one rig under one clip."""

    rig: str
    clip: str
    kind: str
    detect_ms: float
    key_s: float
    likeness: Likeness
    at_limit: float
    notes: tuple[str, ...]


def main() -> int:
    """Parse the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--only", help="rigs whose name holds this")
    parser.add_argument("--json", type=Path, help="write the rows there too")
    parser.add_argument("--table", type=Path, help="write a table in Markdown there")
    parser.add_argument("--minute", action="store_true", help="time how long a minute takes instead")
    options = parser.parse_args()
    head = FaceModel.load(HEAD)
    rows: list[Row] = []
    if options.minute:
        for name, build in RIGS.items():
            if not options.only or options.only in name:
                print(f"{name:28s} {key_a_minute(build, head, options.clips[0]):.1f} s", flush=True)
        return 0
    for path in options.clips:
        rows += dumb_rows(head, path)
        print(*(_line(row) for row in rows[-2:]), sep="\n", flush=True)
    for name, build in RIGS.items():
        if options.only and options.only not in name:
            continue
        for path in options.clips:
            rows.append(measure(name, build, head, path))
            print(_line(rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
    if options.table:
        options.table.write_text(table(rows) + "\n")
    return 0


def measure(name: str, build: Builder, head: FaceModel, path: Path) -> Row:
    """Build a rig in a fresh file, play a clip on it and measure it."""
    scene, made = _built(build, head)
    clip = read_clip(path)
    character = character_of(made.thing, scene)
    if character is None:
        raise RuntimeError(f"{name} is no character")
    survey = survey_character(character).survey
    started = time.perf_counter()
    detect(survey)
    detect_ms = 1000 * (time.perf_counter() - started)
    rig = character_rig_of(made.thing)
    if rig is None or rig.bound is None:
        raise RuntimeError(f"{name}: {rig.question if rig is not None else 'no target'}")
    started = time.perf_counter()
    keyed = key_clip(rig, clip, scene_time(scene, 1), "line")
    key_s = time.perf_counter() - started
    frames = range(1, clip.frames + 1)
    vertices = posed_vertices(made.face, frames)
    return _compared(
        name, path.stem, rig.bound.rig_map.kind, detect_ms, key_s, head, clip, vertices, keyed.notes, rig
    )


def _built(build: Builder, head: FaceModel) -> tuple[bpy.types.Scene, Made]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = scene_of(bpy.context)
    scene.render.fps, scene.render.fps_base = 25, 1.0
    made = build(scene, head)
    view_layer_of(bpy.context).update()
    return scene, made


def _compared(
    name: str,
    clip_name: str,
    kind: str,
    detect_ms: float,
    key_s: float,
    head: FaceModel,
    clip: Clip,
    vertices: Float64Array,
    notes: tuple[str, ...],
    rig: Any,
) -> Row:
    still = np.zeros_like(clip.jaw)
    source = pose_vertices(head, clip.expression, clip.jaw, still, eyes=clip.eyes).astype(np.float64)
    size = np.ptp(vertices[0, :, 1]) / np.ptp(source[0, :, 1])
    wanted, made = face_signals(head, source), face_signals(head, _upright(head, vertices / size))
    values = run(rig.perform_in_steps(clip)).signals
    highest = {drive.name: drive.highest for drive in rig.bound.drives}
    used = [i for i, one in enumerate(values.names) if one in highest and np.isfinite(highest[one])]
    top = np.array([highest[values.names[i]] for i in used])
    at_limit = float(np.mean(values.values[:, used] >= LIMIT * top)) if used else 0.0
    return Row(
        name,
        clip_name,
        kind,
        detect_ms,
        key_s,
        likeness(wanted, made),
        at_limit,
        notes,
    )


def likeness(wanted: Float64Array, made: Float64Array) -> Likeness:
    """Compare two faces' (T, 3) signals of :func:`face_signals`."""
    error = np.sqrt(np.mean((made - wanted) ** 2, axis=0))
    runs, own = _runs(wanted[:, 0] < SHUT), _runs(made[:, 0] < SHUT)
    shut = made[:, 0] < SHUT
    hit = [run for run in runs if shut[max(run[0] - 1, 0) : run[1] + 1].any()]
    on_time = [run for run in hit if any(abs(start - run[0]) <= 1 for start, _ in own)]
    blinking = wanted[:, 2] < BLINKING
    return Likeness(
        _correlation(made[:, 0], wanted[:, 0]),
        float(error[0]),
        _correlation(made[:, 1], wanted[:, 1]),
        float(error[1]),
        len(runs),
        len(on_time) / max(len(runs), 1),
        len(hit) / max(len(runs), 1),
        float(made[blinking, 2].mean()) if blinking.any() else float("nan"),
    )


def dumb_rows(head: FaceModel, path: Path) -> list[Row]:
    """What the measures say of a mouth that stands still, and of the clip itself a fifth of a second late."""
    clip = read_clip(path)
    still = np.zeros_like(clip.jaw)
    source = pose_vertices(head, clip.expression, clip.jaw, still, eyes=clip.eyes).astype(np.float64)
    wanted = face_signals(head, source)
    rest = np.repeat(face_signals(head, head.v_template[None].astype(np.float64)), len(wanted), axis=0)
    late = np.concatenate([np.repeat(wanted[:1], LATE, axis=0), wanted[:-LATE]])
    return [
        Row(name, path.stem, "baseline", 0.0, 0.0, likeness(wanted, made), 0.0, ())
        for name, made in (("(a still mouth)", rest), ("(the clip 0.2 s late)", late))
    ]


def key_a_minute(build: Builder, head: FaceModel, path: Path) -> float:
    """Seconds to key a minute on a rig: the clip again and again."""
    scene, made = _built(build, head)
    rig = character_rig_of(made.thing)
    if rig is None:
        raise RuntimeError("no target")
    clip = read_clip(path)
    frames = round(60 * clip.fps)
    again = np.arange(frames) % clip.frames
    minute = replace(
        clip,
        expression=clip.expression[again],
        jaw=clip.jaw[again],
        head=clip.head[again],
        neck=None if clip.neck is None else clip.neck[again],
        eyes=None if clip.eyes is None else clip.eyes[again],
    )
    started = time.perf_counter()
    key_clip(rig, minute, scene_time(scene, 1), "minute")
    return time.perf_counter() - started


def table(rows: Sequence[Row]) -> str:
    """Markdown: a line for each rig, the means over its clips, the worst of what has to shut."""
    lines = [
        "| rig | found as | found in ms | keyed in s | opening r, rms | width r, rms | P/B/M closed "
        "| on time | lids | at a limit |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in dict.fromkeys(row.rig for row in rows):
        own = [row for row in rows if row.rig == name]
        like = [row.likeness for row in own]
        lids = [one.lids for one in like if not np.isnan(one.lids)]
        lines.append(
            f"| {name} | {own[0].kind} | {np.mean([row.detect_ms for row in own]):.0f} | "
            f"{np.mean([row.key_s for row in own]):.1f} | "
            f"{np.mean([one.opening_r for one in like]):.3f}, "
            f"{np.mean([one.opening_rms for one in like]):.3f} | "
            f"{np.mean([one.width_r for one in like]):.3f}, {np.mean([one.width_rms for one in like]):.3f} | "
            f"{min(one.closed for one in like):.0%} | {min(one.on_time for one in like):.0%} | "
            f"{np.mean(lids) if lids else float('nan'):.2f} | {np.mean([row.at_limit for row in own]):.1%} |"
        )
    return "\n".join(lines)


def face_signals(head: FaceModel, vertices: Float64Array) -> Float64Array:
    """(T, 3) opening and width in widths of the mouth at rest, and the lids' opening as a share of that at
    rest."""
    points = landmarks(head, vertices.astype(np.float32)).astype(np.float64)
    rest = landmarks(head, head.v_template[None])[0].astype(np.float64)
    size = float(np.linalg.norm(rest[54] - rest[48]))
    opening = (points[:, 62] - points[:, 66])[:, 1] / size
    width = np.linalg.norm(points[:, 54] - points[:, 48], axis=1) / size
    upper, lower = [37, 38, 43, 44], [41, 40, 47, 46]
    lids = (points[:, upper] - points[:, lower])[:, :, 1].mean(axis=1)
    lids = lids / (rest[upper] - rest[lower])[:, 1].mean()
    return np.column_stack([opening, width, lids])


def _upright(head: FaceModel, vertices: Float64Array) -> Float64Array:
    """Vertices without the head's turn: the best rigid fit of points that do not move with the face."""
    from elocute.face.lips import rigid_axes
    from elocute.motion.landmark_sets import RIGID_LANDMARKS

    rest = landmarks(head, head.v_template[None])[0, list(RIGID_LANDMARKS)].astype(np.float64)
    now = landmarks(head, vertices.astype(np.float32))[:, list(RIGID_LANDMARKS)].astype(np.float64)
    axes = rigid_axes(rest, now)
    centred = vertices - now.mean(axis=1, keepdims=True)
    turned: Float64Array = np.einsum("tij,tvj->tvi", axes, centred) + rest.mean(axis=0)
    return turned


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[0::2], edges[1::2], strict=True)]


def _correlation(one: Float64Array, other: Float64Array) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else 0.0


def _line(row: Row) -> str:
    like = row.likeness
    return (
        f"{row.rig:28s} {row.clip:9s} {row.kind:18s} {row.detect_ms:5.0f} ms {row.key_s:5.1f} s  "
        f"opening {like.opening_r:.3f} {like.opening_rms:.3f}  "
        f"width {like.width_r:.3f} {like.width_rms:.3f}  "
        f"closed {like.closed:4.0%} on time {like.on_time:4.0%} of {like.closures:2d}  lids {like.lids:.2f}  "
        f"at limit {row.at_limit:.1%}  {' '.join(row.notes)}"
    )


def poses_of(kind: str, *, optional: bool = False) -> Poses:
    """What the keys of a preset look like: their poses, or the controls that they play, shared among
    several."""
    channels = [one for one in preset(kind).channels if (optional or not one.optional) and not one.unless]
    shared: dict[str, int] = {}
    for one in channels:
        for control in one.mix:
            shared[control] = shared.get(control, 0) + 1
    poses: Poses = {}
    for one in channels:
        if one.pose is not None:
            poses[one.name] = dict(one.pose)
        elif set(one.mix.values()) == {0.5} and len(one.mix) == 2:
            poses[one.name] = {control: 1.0 for control in one.mix}
        else:
            poses[one.name] = {
                control: weight / (shared[control] if not control.startswith("eyeLook") else 1)
                for control, weight in one.mix.items()
                if control in ARKIT
            }
    return poses


def _keyed(
    kind: str,
    *,
    shapes: Shapes | None = None,
    extra: Mapping[str, dict[str, float]] | None = None,
    optional: bool = False,
    spell: Callable[[str], str] = str,
) -> Builder:
    def build(scene: bpy.types.Scene, head: FaceModel) -> Made:
        poses = {spell(name): pose for name, pose in poses_of(kind, optional=optional).items()} | dict(
            extra or {}
        )
        mesh = head_mesh(scene, head, poses, shapes=shapes)
        return Made(mesh, mesh)

    return build


def _properties(kind: str) -> Builder:
    """Properties of an armature that drive keys of other names, signed ones in both directions."""

    def build(scene: bpy.types.Scene, head: FaceModel) -> Made:
        rig = skeleton(scene, head, {"left_eye": "lEye", "right_eye": "rEye", "jaw": "lowerJaw"}, rolls=False)
        poses = poses_of(kind)
        keys = {f"pJCM{number}": pose for number, pose in enumerate(poses.values())}
        mesh = head_mesh(scene, head, keys)
        skin(mesh, rig, head, {"left_eye": "lEye", "right_eye": "rEye", "jaw": "lowerJaw"})
        signed = {one.name for one in preset(kind).channels if one.limits[0] < 0}
        drive_by_properties(rig, mesh, {name: f"pJCM{number}" for number, name in enumerate(poses)}, signed)
        return Made(rig, mesh)

    return build


def _jaw(keys: Poses) -> Builder:
    def build(scene: bpy.types.Scene, head: FaceModel) -> Made:
        rig = skeleton(scene, head)
        mesh = head_mesh(scene, head, keys)
        skin(mesh, rig, head)
        return Made(rig, mesh)

    return build


def _bone_face(kind: str) -> Builder:
    def build(scene: bpy.types.Scene, head: FaceModel) -> Made:
        return Made(*bone_face(scene, head, kind))

    return build


def _actions(kind: str) -> Builder:
    def build(scene: bpy.types.Scene, head: FaceModel) -> Made:
        return Made(*pose_library(scene, head, poses_of(kind, optional=True)))

    return build


def _rigify(kind: RigifyFace) -> Builder:
    def build(scene: bpy.types.Scene, head: FaceModel) -> Made:
        return Made(*rigify_human(scene, head, kind))

    return build


def _control_rig(kind: str, travel: float) -> Builder:
    def build(scene: bpy.types.Scene, head: FaceModel) -> Made:
        return Made(*control_rig(scene, head, travel, kind))

    return build


def _snake(name: str) -> str:
    return "".join("_" + letter if letter.isupper() else letter for letter in name).upper()


_BLINKS: Final[Poses] = {"eyeBlinkLeft": {"eyeBlinkLeft": 1.0}, "eyeBlinkRight": {"eyeBlinkRight": 1.0}}
_BOTH_BLINK: Final[Poses] = {"Blink": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}}

RIGS: Final[dict[str, Builder]] = {
    "ARKit camelCase": _keyed("arkit"),
    "ARKit prefixed, capitals": _keyed("arkit", spell=lambda name: "Head__" + _snake(name)),
    "ARKit, keys half as strong": _keyed("arkit", shapes=Shapes(strength=0.6)),
    "ARKit, 20 times as large": _keyed("arkit", shapes=Shapes(size=20.0)),
    "CC4 extended": _keyed("cc4-extended"),
    "CC standard": _keyed("cc-standard"),
    "CC HD": _keyed("cc-hd"),
    "CC4 visemes": _keyed("cc4-visemes", optional=True),
    "CC3 visemes": _keyed("cc3-visemes", optional=True),
    "CC direct visemes": _keyed("cc-direct-visemes", optional=True),
    "Daz 8.1 keys": _keyed("daz-genesis-8.1"),
    "Daz 9 properties": _properties("daz-genesis-9"),
    "Daz 8 viseme properties": _properties("daz-visemes"),
    "MetaHuman keys": _keyed("metahuman"),
    "Meta face tracking": _keyed("meta-face-tracking"),
    "VRCFaceTracking": _keyed("vrcft"),
    "Audio2Face 46": _keyed("audio2face"),
    "VRM 1": _keyed("vrm-1", extra={"blink": _BOTH_BLINK["Blink"]}),
    "VRM 0": _keyed("vrm-0", extra={"blink": _BOTH_BLINK["Blink"]}),
    "VRoid": _keyed("vroid", extra={"Fcl_EYE_Close": _BOTH_BLINK["Blink"]}),
    "MMD": _keyed("mmd"),
    "Oculus and RPM visemes": _keyed("oculus-visemes", extra=_BLINKS),
    "VRChat visemes": _keyed("vrchat-visemes", extra=_BOTH_BLINK),
    "Azure visemes": _keyed("azure-visemes", extra=_BLINKS),
    "Preston Blair keys": _keyed("preston-blair"),
    "Fleming-Dobbs keys": _keyed("fleming-dobbs"),
    "Rhubarb A-X keys": _keyed("rhubarb", optional=True),
    "Rhubarb A-X actions": _actions("rhubarb"),
    "Preston Blair actions": _actions("preston-blair"),
    "Jaw bone and two keys": _jaw(
        {"smile": {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0}, "pucker": {"mouthPucker": 1.0}}
    ),
    "Rigify's old face, bones only": _bone_face("rigify-old"),
    "Rigify human, old face": _rigify("old"),
    "Rigify human, new face": _rigify("new"),
    "Auto-Rig Pro bones": _bone_face("auto-rig-pro"),
    "MPFB bones": _bone_face("mpfb-bones"),
    "Faceit control rig": _control_rig("faceit", 0.03),
    "MetaHuman face board": _control_rig("metahuman-board", 1.0),
    "Jaw bone alone": _jaw({}),
}


if __name__ == "__main__":
    sys.exit(main())
