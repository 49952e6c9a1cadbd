"""Compare FLAME heads in Blender with smplx, frame by frame, and measure what the rig costs.

Uses a synthetic model of FLAME's size; with ``--model`` a licensed one. Two steps, because smplx needs
torch and Blender has none:

    python -m scripts.bench.bench_flame prepare FOLDER [--model FLAME.pkl]
    python-with-bpy -m scripts.bench.bench_flame blender FOLDER

The second ends with 1 if a vertex is off by more than ``LIMIT_MM`` at realistic or extreme values.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LIMIT_MM = 0.05
FRAMES = 200
EXTREME_FROM = 100
FAST_FRAMES = tuple(range(0, FRAMES, 5))
JOINT_PARTS = {
    "root": ("head", slice(0, 3)),
    "neck": ("neck", slice(0, 3)),
    "jaw": ("jaw", slice(0, 3)),
    "left_eye": ("eyes", slice(0, 3)),
    "right_eye": ("eyes", slice(3, 6)),
}

Array = NDArray[Any]


def random_motion(seed: int = 1) -> dict[str, Any]:
    """Frames of every parameter: the first half as people move, the second as far as sliders go."""
    rng = np.random.default_rng(seed)
    extreme = np.arange(FRAMES) >= EXTREME_FROM

    def turns(usual: list[float], far: list[float]) -> Array:
        draws = rng.uniform(-1, 1, (FRAMES, len(usual)))
        sizes = np.where(extreme[:, None], np.array(far), np.array(usual))
        return np.asarray(draws * sizes, np.float32)

    coefficients = rng.standard_normal((FRAMES, 100))
    coefficients[extreme] = rng.uniform(-5, 5, (extreme.sum(), 100))
    coefficients[extreme, rng.integers(0, 100, extreme.sum())] = 9.9
    shapes = rng.standard_normal((FRAMES, 300)).clip(-3, 3)
    shapes[extreme] = rng.uniform(-4, 4, (extreme.sum(), 300))
    motion: dict[str, Any] = {
        "expression": coefficients.astype(np.float32),
        "jaw": turns([0.2, 0.05, 0.03], [0.9, 0.4, 0.3]),
        "head": turns([0.4, 0.6, 0.3], [1.5, 2.5, 1.5]),
        "neck": turns([0.3, 0.3, 0.2], [1.2, 1.2, 1.0]),
        "eyes": turns([0.3, 0.4, 0.05] * 2, [0.9, 0.9, 0.4] * 2),
        "shape": shapes[0].astype(np.float32),
        "shapes": shapes.astype(np.float32),
    }
    motion["jaw"][:, 0] += np.where(extreme, 0.0, 0.2)
    return motion


def prepare(folder: Path, model: Path | None) -> None:
    """Write the model, the motion and smplx's vertices for it."""
    from elocute.face.flame_import import FlameSources, convert_flame
    from elocute.face.skinning import pose_vertices
    from scripts.synthetic_flame import make_synthetic_flame, write_files

    folder.mkdir(parents=True, exist_ok=True)
    landmarks: tuple[Path, ...] = ()
    if model is None:
        files = write_files(make_synthetic_flame(), folder, "chumpy")
        model, landmarks = files["model"], (files["landmarks"],)
    start = time.perf_counter()
    face = convert_flame(FlameSources(model, landmarks=landmarks))
    face.save(folder / "face.npz")
    print(f"Imported {face.vertices} vertices in {time.perf_counter() - start:.1f} s.")
    motion = random_motion()
    expected: dict[str, Any] = {}
    for name in ("baked", "live"):
        shape = np.tile(motion["shape"], (FRAMES, 1)) if name == "baked" else motion["shapes"]
        expected[name] = smplx_vertices(model, folder / "smplx", motion, shape)
    ours = pose_vertices(
        face, *(motion[part] for part in ("expression", "jaw", "head", "neck", "eyes", "shape"))
    )
    print(f"numpy skinning against smplx: {1000 * np.abs(ours - expected['baked']).max():.6f} mm at most")
    np.savez(folder / "motion.npz", **motion)
    np.savez(folder / "expected.npz", **expected)


def smplx_vertices(model: Path, folder: Path, motion: dict[str, Array], shape: Array) -> Array:
    """(T, V, 3) vertices of smplx's FLAME, from a copy of the model without chumpy."""
    import smplx
    import torch

    from elocute.face.flame_import.pickle_file import read_dictionary

    folder.mkdir(exist_ok=True)
    with (folder / "FLAME_NEUTRAL.pkl").open("wb") as stream:
        pickle.dump(read_dictionary(model), stream)
    embedding = {"lmk_face_idx": np.zeros(51, np.int64), "lmk_b_coords": np.full((51, 3), 1 / 3)}
    with (folder / "flame_static_embedding.pkl").open("wb") as stream:
        pickle.dump(embedding, stream)
    flame = smplx.FLAME(str(folder), num_betas=300, num_expression_coeffs=100, batch_size=FRAMES)

    def tensor(array: Array) -> Any:
        return torch.from_numpy(np.ascontiguousarray(array))

    with torch.no_grad():
        posed = flame(
            betas=tensor(shape),
            expression=tensor(motion["expression"]),
            global_orient=tensor(motion["head"]),
            neck_pose=tensor(motion["neck"]),
            jaw_pose=tensor(motion["jaw"]),
            leye_pose=tensor(motion["eyes"][:, :3]),
            reye_pose=tensor(motion["eyes"][:, 3:]),
        )
    return np.asarray(posed.vertices.numpy())


class BlenderBench:
    """The head in Blender, keyed with the motion; compares it with what smplx gave."""

    def __init__(self, folder: Path, *, live: bool) -> None:
        import bpy

        from addon.blender.context import scene_of, view_layer_of
        from addon.blender.data_of import pose_of
        from addon.blender.heads.head_builder import HeadOptions, build_head
        from addon.blender.keys.keyframes import key_clip
        from addon.core.clip.clip import Clip
        from addon.core.clip.face_model import read_face_model
        from addon.core.clip.timebase import SceneTime

        self.bpy = bpy
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.scene = scene_of(bpy.context)
        with np.load(folder / "motion.npz") as data:
            self.motion = {name: data[name] for name in data.files}
        with np.load(folder / "expected.npz") as data:
            self.expected = data["live" if live else "baked"]
        self.live = live
        self.face = read_face_model(folder / "face.npz")
        start = time.perf_counter()
        shape = self.motion["shape"]
        self.rig = build_head(self.scene, self.face, HeadOptions(shape=shape, live_identity=live))
        self.build_seconds = time.perf_counter() - start
        clip = Clip(
            25.0,
            self.face.basis,
            *(self.motion[part] for part in ("expression", "jaw", "head", "neck", "eyes")),
        )
        self.scene.render.fps = 25
        key_clip(self.rig, clip, SceneTime(25.0, 0), "bench")
        self.blocks = self.rig.keys.key_blocks
        self.bones = pose_of(self.rig.armature).bones
        self.view_layer = view_layer_of(bpy.context)

    def vertices(self) -> Array:
        """(V, 3) as Blender shows them, in the model's axes."""
        from addon.core.axes import MODEL_TO_BLENDER

        graph = self.bpy.context.evaluated_depsgraph_get()
        evaluated = self.rig.mesh.evaluated_get(graph)
        mesh = evaluated.to_mesh()
        flat = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", flat)
        evaluated.to_mesh_clear()
        return np.asarray(flat.reshape(-1, 3) @ MODEL_TO_BLENDER)

    def errors(
        self, frames: range | tuple[int, ...], pose: Callable[[int], None] | None = None
    ) -> tuple[float, float, float, float]:
        """Largest and mean distance in mm of realistic, then of extreme frames."""
        usual: list[Array] = []
        far: list[Array] = []
        for frame in frames:
            self.scene.frame_set(frame)
            if self.live:
                for column, value in enumerate(self.motion["shapes"][frame]):
                    self.blocks[f"shape{column:03}"].value = float(value)
            if pose is not None:
                pose(frame)
            if self.live or pose is not None:
                self.view_layer.update()
            distance = np.linalg.norm(self.vertices() - self.expected[frame], axis=1)
            (far if frame >= EXTREME_FROM else usual).append(1000 * distance)
        return (
            float(np.max(usual)),
            float(np.mean(usual)),
            float(np.max(far)),
            float(np.mean(far)),
        )

    def frames_a_second(self, count: int = 60) -> float:
        """How fast Blender plays it."""
        self.scene.frame_set(0)
        start = time.perf_counter()
        for frame in range(1, 1 + count):
            self.scene.frame_set(frame)
        return count / (time.perf_counter() - start)

    @contextmanager
    def without(self, what: str) -> Iterator[Callable[[int], None] | None]:
        """Take one part of the rig away; yields what to do in each frame."""
        from addon.blender.targets.head_rig import JOINT_CONSTRAINT

        bones = self.bones
        follow = [c for bone in bones for c in bone.constraints if c.name == JOINT_CONSTRAINT]
        correctives = [block for block in self.blocks if block.name.startswith("pose ")]
        expressions = [self.blocks[name] for name in self.face.expression_names]
        changes: dict[str, list[tuple[Any, str, Any]]] = {
            "pose correctives": [(block, "mute", True) for block in correctives],
            "joints that move with the face": [(constraint, "mute", True) for constraint in follow],
            "wide sliders (0 to 1 instead)": [
                (block, limit, value)
                for block in expressions
                for limit, value in (("slider_min", 0.0), ("slider_max", 1.0))
            ],
            "linear skinning (preserve volume on)": [
                (self.rig.mesh.modifiers["Armature"], "use_deform_preserve_volume", True)
            ],
            "axis-angle as a rotation (numbers used as Euler angles)": [
                (bones[name], "rotation_mode", "XYZ") for name in JOINT_PARTS
            ],
        }
        before = [(owner, name, getattr(owner, name)) for owner, name, _ in changes.get(what, [])]
        for owner, name, value in changes.get(what, []):
            setattr(owner, name, value)
        self._restart()
        try:
            yield self._careless_pose(what)
        finally:
            for owner, name, value in before:
                setattr(owner, name, value)
            self._restart()

    def _restart(self) -> None:
        self.view_layer.update()

    def _careless_pose(self, what: str) -> Callable[[int], None] | None:
        if what == "axis-angle as a rotation (numbers used as Euler angles)":

            def euler(frame: int) -> None:
                for name, (part, which) in JOINT_PARTS.items():
                    axes = self.rig.bone_axes()[name]
                    bone = self.bones[name]
                    bone.rotation_euler = axes @ self.motion[part][frame, which]

            return euler
        if what == "the bone's rest frame (model axes used)":
            from addon.core.clip.rotation import quaternions

            def wrong_frame(frame: int) -> None:
                for name, (part, which) in JOINT_PARTS.items():
                    bone = self.bones[name]
                    bone.rotation_quaternion = quaternions(self.motion[part][frame, which][None])[0]

            return wrong_frame
        return None


PARTS = (
    "pose correctives",
    "joints that move with the face",
    "wide sliders (0 to 1 instead)",
    "axis-angle as a rotation (numbers used as Euler angles)",
    "the bone's rest frame (model axes used)",
    "linear skinning (preserve volume on)",
)


def in_blender(folder: Path) -> int:
    """Measure; 0 if every vertex of every frame is within the limit."""
    bench = BlenderBench(folder, live=False)
    print(f"Blender {bench.bpy.app.version_string}")
    rows = {"complete, identity baked in": bench.errors(range(FRAMES))}
    joints = [c for b in bench.bones for c in b.constraints]
    anim = bench.rig.keys.animation_data
    drivers = [curve.driver for curve in anim.drivers] if anim is not None else []
    if not all(driver is not None and driver.is_simple_expression for driver in drivers):
        print("a driver needs Python")
        return 1
    speeds = {"identity baked in, all live": bench.frames_a_second()}
    for part in PARTS:
        with bench.without(part) as pose:
            rows[f"without {part}"] = bench.errors(FAST_FRAMES, pose)
    with bench.without("pose correctives"):
        speeds["identity baked in, no correctives"] = bench.frames_a_second()
    with bench.without("joints that move with the face"):
        speeds["identity baked in, static joints"] = bench.frames_a_second()
    builds = {f"identity baked in, {len(bench.blocks) - 1} shape keys": bench.build_seconds}
    print(f"{len(joints)} constraints, {len(drivers)} drivers on the face")

    rows["joints of the mean face"] = mean_face_joints(folder)
    live = BlenderBench(folder, live=True)
    builds[f"identity live, {len(live.blocks) - 1} shape keys"] = live.build_seconds
    rows["complete, identity live and different in each frame"] = live.errors(range(FRAMES))
    speeds["identity live, all live"] = live.frames_a_second(30)
    print(f"{'mm':60} {'usual max':>10} {'mean':>9} {'extreme max':>12} {'mean':>9}")
    for name, (a, b, c, d) in rows.items():
        print(f"{name:60} {a:10.4f} {b:9.4f} {c:12.4f} {d:9.4f}")
    for name, seconds in builds.items():
        print(f"built in {seconds:.2f} s: {name}")
    for name, speed in speeds.items():
        print(f"{speed:.1f} frames a second: {name}")
    report = {"errors_mm": rows, "build_seconds": builds, "frames_a_second": speeds}
    (folder / f"report-{bench.bpy.app.version_string.split()[0]}.json").write_text(
        json.dumps(report, indent=1)
    )
    worst = max(max(row[0], row[2]) for name, row in rows.items() if name.startswith("complete"))
    print(f"worst vertex: {worst:.5f} mm (limit {LIMIT_MM})")
    return int(worst > LIMIT_MM)


def mean_face_joints(folder: Path) -> tuple[float, float, float, float]:
    """What a rig is off whose bones stay at the mean face's joints (computed, not built)."""
    from elocute.face.model import FaceModel
    from elocute.face.skinning import pose_vertices

    face = FaceModel.load(folder / "face.npz")
    with np.load(folder / "motion.npz") as data:
        motion = {
            name: data[name][list(FAST_FRAMES)] for name in ("expression", "jaw", "head", "neck", "eyes")
        }
        shape = data["shape"]
    with np.load(folder / "expected.npz") as data:
        expected = data["baked"][list(FAST_FRAMES)]
    shaped = face.v_template + face.shape_dirs @ shape
    values = {name: getattr(face, name) for name in face.__dataclass_fields__}
    moved = face.joint_regressor @ (shaped - face.v_template)  # (J, 3) to take back, at five extra points
    extra = len(JOINT_PARTS)
    pad = ((0, extra), (0, 0))
    values |= {
        "v_template": np.concatenate([shaped, -moved]).astype(np.float32),
        "weights": np.concatenate([face.weights, np.eye(extra, dtype=np.float32)]),
        "joint_regressor": np.concatenate([face.joint_regressor, np.eye(extra, dtype=np.float32)], axis=1),
        "expression_dirs": np.pad(face.expression_dirs, (*pad, (0, 0))),
        "shape_dirs": np.zeros((face.vertices + extra, 3, 0), np.float32),
        "pose_dirs": np.pad(face.pose_dirs, ((0, 0), (0, 3 * extra))),
        "vertex_colors": None,
    }
    posed = pose_vertices(FaceModel(**values), *motion.values())[:, : face.vertices]
    distance = 1000 * np.linalg.norm(posed - expected, axis=-1)
    half = np.array(FAST_FRAMES) >= EXTREME_FROM
    usual, far = distance[~half], distance[half]
    return float(usual.max()), float(usual.mean()), float(far.max()), float(far.mean())


def main() -> None:
    """Run one of the two steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("prepare", "blender"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, help="a licensed FLAME pickle instead of a synthetic one")
    options = parser.parse_args()
    if options.step == "prepare":
        prepare(options.folder, options.model)
    else:
        sys.exit(in_blender(options.folder))


if __name__ == "__main__":
    main()
