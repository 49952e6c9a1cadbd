"""Play a clip on made-up characters of many kinds and compare their faces with the source's. Needs bpy.

python scripts/bench/retarget.py CLIP.npz [CLIP.npz ...] [--only KIND] [--flame FACE.npz] [--json FILE]

Every rig has the exact names of its kind on the stand-in head's mesh, so its lips are measured at the same
vertices as the source's. Opening and width are in units of the mouth's width at rest.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

import bpy  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from addon.blender.context import scene_of, view_layer_of  # noqa: E402
from addon.blender.keys.keyframes import key_clip, scene_time  # noqa: E402
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
    posed_vertices,
    skeleton,
    skin,
)

Float64Array = NDArray[np.float64]
Poses = dict[str, dict[str, float]]

HEAD: Final = ROOT / "flame_assets" / "elocute-head-1.npz"
SHUT: Final = 0.02
"""Share of the mouth's width below which lips are shut, as in the fit."""
LIMIT: Final = 0.999


@dataclass(frozen=True)
class Made:
    """A character that was built."""

    thing: bpy.types.Object
    face: bpy.types.Object


Builder = Callable[[bpy.types.Scene, FaceModel], Made]


@dataclass(frozen=True)
class Row:
    """What was measured of one rig under one clip."""

    rig: str
    clip: str
    kind: str
    detect_ms: float
    key_s: float
    opening_r: float
    opening_rms: float
    width_r: float
    width_rms: float
    closures: int
    on_time: float
    closed: float
    lids: float
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
    options = parser.parse_args()
    head = FaceModel.load(HEAD)
    rows = []
    for name, build in RIGS.items():
        if options.only and options.only not in name:
            continue
        for path in options.clips:
            rows.append(measure(name, build, head, path))
            print(_line(rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
    return 0


def measure(name: str, build: Builder, head: FaceModel, path: Path) -> Row:
    """Build a rig in a fresh file, play a clip on it and measure it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = scene_of(bpy.context)
    scene.render.fps, scene.render.fps_base = 25, 1.0
    made = build(scene, head)
    view_layer_of(bpy.context).update()
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
    error = np.sqrt(np.mean((made - wanted) ** 2, axis=0))
    runs = _runs(wanted[:, 0] < SHUT)
    shut = made[:, 0] < SHUT
    hit = [run for run in runs if shut[max(run[0] - 1, 0) : run[1] + 1].any()]
    on_time = [run for run in hit if _near(run[0], _runs(made[:, 0] < SHUT))]
    blinking = wanted[:, 2] < 0.3
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
        _correlation(made[:, 0], wanted[:, 0]),
        float(error[0]),
        _correlation(made[:, 1], wanted[:, 1]),
        float(error[1]),
        len(runs),
        len(on_time) / max(len(runs), 1),
        len(hit) / max(len(runs), 1),
        float(made[blinking, 2].mean()) if blinking.any() else float("nan"),
        at_limit,
        notes,
    )


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


def _near(frame: int, runs: list[tuple[int, int]]) -> bool:
    return any(start - 1 <= frame <= end for start, end in runs)


def _correlation(one: Float64Array, other: Float64Array) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else 0.0


def _line(row: Row) -> str:
    return (
        f"{row.rig:28s} {row.clip:9s} {row.kind:18s} {row.detect_ms:5.0f} ms {row.key_s:5.1f} s  "
        f"opening {row.opening_r:.3f} {row.opening_rms:.3f}  width {row.width_r:.3f} {row.width_rms:.3f}  "
        f"closed {row.closed:4.0%} on time {row.on_time:4.0%} of {row.closures:2d}  lids {row.lids:.2f}  "
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


def _bone_face(scene: bpy.types.Scene, head: FaceModel) -> Made:
    return Made(*bone_face(scene, head))


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
    "Jaw bone and two keys": _jaw(
        {"smile": {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0}, "pucker": {"mouthPucker": 1.0}}
    ),
    "Rigify's old face, bones only": _bone_face,
    "Faceit control rig": _control_rig("faceit", 0.03),
    "MetaHuman face board": _control_rig("metahuman-board", 1.0),
    "Jaw bone alone": _jaw({}),
}


if __name__ == "__main__":
    sys.exit(main())
