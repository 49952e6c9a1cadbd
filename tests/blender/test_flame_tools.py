"""Baking, vertex caches and adding a head from a file, on a made-up FLAME head."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

import addon
from addon.blender import version_compat
from addon.blender.export.vertex_cache import frame_vertices, write_vertex_cache
from addon.blender.heads.head_builder import build_head
from addon.blender.keys.baking import bake_live_parts
from addon.blender.keys.keyframes import key_clip
from addon.blender.keys.line_strips import PlacedLine, placed_lines
from addon.blender.operators.head_tools import head_blocker
from addon.blender.targets.head_rig import head_of
from addon.blender.version_compat import curves_in
from addon.core.clip.clip import Clip
from addon.core.clip.face_model import read_face_model
from addon.core.clip.identity import read_identity
from addon.core.clip.timebase import SceneTime
from addon.core.errors import UserError
from elocute.face.flame_import import FlameSources, convert_flame
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files
from tests.core.synthetic_face import saved_face

FRAMES = 6


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flame2020")
    files = write_files(make_synthetic_flame(SMALL_SIZE), folder, "numpy2")
    convert_flame(FlameSources(files["model"], landmarks=(files["landmarks"],))).save(folder / "face.npz")
    return folder / "face.npz"


@pytest.fixture
def keyed(scene, path):
    """A head in motion, and its vertices in every frame."""
    rig = build_head(scene, read_face_model(path))
    rng = np.random.default_rng(2)

    def draw(width, size):
        return (size * rng.standard_normal((FRAMES, width))).astype(np.float32)

    clip = Clip(25.0, "flame2020", draw(100, 1), draw(3, 0.3), draw(3, 0.5), draw(3, 0.3), draw(6, 0.3))
    scene.render.fps = 25
    key_clip(rig, clip, SceneTime(25.0), "x")
    shown = []
    for frame in range(1, 1 + FRAMES):
        scene.frame_set(frame)
        shown.append(frame_vertices(rig))
    return rig, np.stack(shown)


def test_baked_heads_move_alike_without_drivers_and_constraints(scene, keyed):
    rig, shown = keyed
    scene.frame_set(3)
    assert bake_live_parts(scene, rig, range(1, 1 + FRAMES)) == 36 + 3 * 10
    assert scene.frame_current == 3
    assert not list(rig.keys.animation_data.drivers)
    assert not [c for bone in rig.armature.pose.bones for c in bone.constraints]
    assert list(rig.armature.children) == [rig.mesh]
    for frame in range(1, 1 + FRAMES):
        scene.frame_set(frame)
        assert np.abs(frame_vertices(rig) - shown[frame - 1]).max() < 1e-6
    assert bake_live_parts(scene, rig, range(1, 3)) == 0


def test_baked_lines_move_alike_and_leave_the_head_at_rest_between_them(scene, keyed):
    rig, shown = keyed
    frames = range(1, 6 + FRAMES)
    scene.frame_set(FRAMES + 3)
    rest = frame_vertices(rig)
    bake_live_parts(scene, rig, frames)
    assert version_compat.current_action(rig.keys) is None, "the curves went into the line"
    assert version_compat.current_action(rig.armature) is None
    for frame in frames:
        scene.frame_set(frame)
        wanted = shown[frame - 1] if frame <= FRAMES else rest
        assert np.abs(frame_vertices(rig) - wanted).max() < 1e-6, frame


def test_a_head_that_moves_outside_of_its_lines_is_baked_into_its_own_action(scene, keyed):
    rig, _ = keyed
    rig.armature.pose.bones["neck"].rotation_quaternion = (0.98, 0.2, 0.0, 0.0)
    rig.armature.pose.bones["neck"].keyframe_insert("rotation_quaternion", frame=1)
    frames = range(1, 6 + FRAMES)
    wanted = []
    for frame in frames:
        scene.frame_set(frame)
        wanted.append(frame_vertices(rig))
    bake_live_parts(scene, rig, frames)
    for frame, vertices in zip(frames, wanted, strict=True):
        scene.frame_set(frame)
        assert np.abs(frame_vertices(rig) - vertices).max() < 1e-6, frame


def test_lines_that_come_with_a_linked_head_are_not_written_to(scene, keyed, monkeypatch):
    rig, shown = keyed
    monkeypatch.setattr(PlacedLine, "is_from_library", True)
    actions = [placed.strip.action for block in (rig.keys, rig.armature) for placed in placed_lines(block)]
    before = [len(curves_in(action)) for action in actions]
    bake_live_parts(scene, rig, range(1, 1 + FRAMES))
    assert [len(curves_in(action)) for action in actions] == before
    assert version_compat.current_action(rig.keys) is not None
    scene.frame_set(5)
    assert np.abs(frame_vertices(rig) - shown[4]).max() < 1e-6


def test_heads_without_motion_and_heads_without_live_parts_bake_too(scene, path, tmp_path):
    rig = build_head(scene, read_face_model(path))
    rig.armature.pose.bones["jaw"].rotation_quaternion = (0.98, 0.2, 0.0, 0.0)
    bpy.context.view_layer.update()
    shown = frame_vertices(rig)
    bake_live_parts(scene, rig, [1])
    scene.frame_set(1)
    assert np.abs(frame_vertices(rig) - shown).max() < 1e-6
    assert bake_live_parts(scene, build_head(scene, read_face_model(saved_face(tmp_path))), [1]) == 0


def test_heads_that_cannot_be_keyed_are_not_baked(scene, path):
    rig = build_head(scene, read_face_model(path))
    anim = rig.armature.animation_data_create()
    track = anim.nla_tracks.new()
    track.strips.new("s", 1, bpy.data.actions.new("strip"))
    track.select = True
    anim.nla_tracks.active = track
    track.strips[0].select = True
    anim.use_tweak_mode = True
    with pytest.raises(UserError, match="tweak mode"):
        bake_live_parts(scene, rig, [1])
    assert len(rig.keys.animation_data.drivers) == 36
    assert len(bpy.data.actions) == 1


def test_vertex_caches_hold_every_frame(scene, keyed, tmp_path):
    rig, shown = keyed
    rig.mesh.modifiers.new("Smooth", "SUBSURF")
    write_vertex_cache(scene, rig, tmp_path / "cache.npy", range(1, 1 + FRAMES))
    np.testing.assert_array_equal(np.load(tmp_path / "cache.npy"), shown)
    assert [m.show_viewport for m in rig.mesh.modifiers if m.type == "SUBSURF"] == [True]
    for suffix in (".abc", ".usdc"):
        write_vertex_cache(scene, rig, tmp_path / f"cache{suffix}", range(1, 1 + FRAMES))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cache.abc", "cache.npy", "cache.usdc"]
    for suffix in (".abc", ".usdc"):
        assert_file_holds(tmp_path / f"cache{suffix}", shown)


def assert_file_holds(cache, shown):
    """Import the file into an empty scene of its own and compare the middle frame."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = 25
    if cache.suffix == ".abc":
        bpy.ops.wm.alembic_import(filepath=str(cache), as_background_job=False)
    else:
        bpy.ops.wm.usd_import(filepath=str(cache))
    thing = next(o for o in scene.objects if o.type == "MESH")
    for frame in (2, FRAMES):
        scene.frame_set(frame)
        mesh = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
        flat = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", flat)
        world = flat.reshape(-1, 3) @ np.array(thing.matrix_world.to_3x3()).T
        expected = shown[frame - 1][:, [0, 2, 1]] * [1, -1, 1]
        assert np.abs(world - expected).max() < 1e-5, f"{cache.suffix} frame {frame}"


def test_bad_cache_names_are_refused(scene, keyed, tmp_path):
    rig, _ = keyed
    with pytest.raises(UserError, match=r"Cannot write cache\.fbx"):
        write_vertex_cache(scene, rig, tmp_path / "cache.fbx", range(1, 3))
    with pytest.raises(UserError, match="no frames"):
        write_vertex_cache(scene, rig, tmp_path / "cache.npy", range(0))
    with pytest.raises(UserError, match="no folder"):
        write_vertex_cache(scene, rig, tmp_path / "absent" / "cache.npy", range(1, 3))


def test_a_head_from_a_file_with_an_identity(scene, path, tmp_path):
    np.save(tmp_path / "identity.npy", np.array([1.0, -1.0], np.float32))
    addon.register()
    try:
        bpy.ops.elocute.add_head_file(filepath=str(path), identity=str(tmp_path / "identity.npy"))
        baked = head_of(bpy.context.active_object)
        bpy.ops.elocute.add_head_file(
            filepath=str(path), identity=str(tmp_path / "identity.npy"), live_identity=True
        )
        live = head_of(bpy.context.active_object)
        with pytest.raises(RuntimeError, match="There is no file"):
            bpy.ops.elocute.add_head_file(filepath=str(tmp_path / "absent.npz"))
    finally:
        addon.unregister()
    assert baked.basis == "flame2020"
    assert baked.armature.name.startswith("flame2020 head")
    assert live.keys.key_blocks["shape001"].value == -1.0
    assert np.abs(frame_vertices(baked) - frame_vertices(live)).max() < 1e-6


def test_identities_come_from_clips_too(tmp_path):
    np.savez(tmp_path / "motion.npz", exp=np.zeros((3, 50)), shape=np.tile([[0.5, 2.0]], (3, 1)))
    assert read_identity(tmp_path / "motion.npz").tolist() == [0.5, 2.0]
    np.savez(tmp_path / "other.npz", exp=np.zeros(3))
    with pytest.raises(UserError, match=r"no identity|identity coefficients"):
        read_identity(tmp_path / "other.npz")
    (tmp_path / "text.npy").write_text("hello")
    with pytest.raises(UserError, match=r"no identity|identity coefficients"):
        read_identity(tmp_path / "text.npy")


def test_tools_by_their_buttons(scene, keyed, tmp_path):
    _, shown = keyed
    scene.frame_start, scene.frame_end = 1, FRAMES
    addon.register()
    try:
        bpy.ops.elocute.write_vertex_cache(filepath=str(tmp_path / "cache.npy"))
        np.testing.assert_array_equal(np.load(tmp_path / "cache.npy"), shown)
        with pytest.raises(RuntimeError, match=r"Cannot write cache\.txt"):
            bpy.ops.elocute.write_vertex_cache(filepath=str(tmp_path / "cache.txt"))
        assert bpy.ops.elocute.bake_head() == {"FINISHED"}
        assert bpy.ops.elocute.bake_head() == {"CANCELLED"}
        bpy.ops.wm.read_factory_settings(use_empty=True)
        assert head_blocker(bpy.context) == "Add a head first."
    finally:
        addon.unregister()
