"""Keyed characters out of a scene: binary glTF whose shape keys have ARKit's names."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from elocute.cli import main
from elocute.controls.vocabulary import ARKIT
from elocute.motion.head1_basis import EXPRESSION_INDEX, JAW_OPEN_RADIANS
from tests.backend.exchange.captures_made import back, packed_glb

FPS = 24.0
FRAMES = 48


def seconds():
    return np.arange(FRAMES) / FPS


def weights(names):
    """(T, N) curves, another one for each name."""
    phase = np.arange(len(names))
    return 0.5 + 0.4 * np.sin(3 * seconds()[:, None] + phase)


class Scene:
    """A glTF file on its way."""

    def __init__(self):
        self.document = {
            "asset": {"version": "2.0"},
            "buffers": [{"byteLength": 0}],
            "bufferViews": [],
            "accessors": [],
            "nodes": [],
            "meshes": [],
            "animations": [{"samplers": [], "channels": []}],
        }
        self.binary = b""
        self.times = self.accessor(seconds(), "SCALAR")

    def accessor(self, values, kind):
        data = np.ascontiguousarray(values, "<f4").tobytes()
        self.document["bufferViews"].append(
            {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data)}
        )
        self.binary += data
        rows = values.size if kind == "SCALAR" else len(values)
        view = len(self.document["bufferViews"]) - 1
        self.document["accessors"].append(
            {"bufferView": view, "componentType": 5126, "count": rows, "type": kind}
        )
        return len(self.document["accessors"]) - 1

    def node(self, name, **facts):
        self.document["nodes"].append({"name": name, **facts})
        return len(self.document["nodes"]) - 1

    def face(self, name, targets):
        self.document["meshes"].append({"extras": {"targetNames": list(targets)}})
        return self.node(name, mesh=len(self.document["meshes"]) - 1)

    def curve(self, node, path, values, kind, animation=0, interpolation="LINEAR"):
        one = self.document["animations"][animation]
        output = self.accessor(values, kind)
        one["channels"].append({"sampler": len(one["samplers"]), "target": {"node": node, "path": path}})
        one["samplers"].append({"input": self.times, "output": output, "interpolation": interpolation})

    def write(self, path):
        self.document["buffers"][0]["byteLength"] = len(self.binary)
        path.write_bytes(packed_glb(self.document, self.binary))
        return path


def value_of(clip, control):
    if control == "jawOpen":
        return clip.jaw[:, 0] / JAW_OPEN_RADIANS
    return clip.expression[:, EXPRESSION_INDEX[control]]


SEEN = [name for name in ARKIT if not name.startswith("eyeLook")]


@pytest.mark.parametrize("prefix", ["", "Face."])
def test_shape_keys_come_back_whatever_else_the_mesh_has(tmp_path, prefix):
    targets = ["Basis2", *(prefix + name for name in ARKIT), "wrinkle"]
    scene, moved = Scene(), weights(targets)
    scene.curve(scene.face("Body", targets), "weights", moved, "SCALAR")
    clip = back(scene.write(tmp_path / "a.glb"))
    assert (clip.fps, clip.frames) == (FPS, FRAMES)
    for name in SEEN:
        expected = moved[:, targets.index(prefix + name)]
        assert value_of(clip, name) == pytest.approx(expected, abs=1e-5), name


def test_four_shapes_are_no_rotation_and_a_key_frame_spline_is_its_keys(tmp_path):
    """A lash mesh with four shapes of its own beside the face; tangents of a spline are not values."""
    scene, moved = Scene(), weights(ARKIT)
    lashes = ["eyeBlinkLeft", "eyeBlinkRight", "a", "b"]
    scene.curve(scene.face("Lashes", lashes), "weights", np.full((FRAMES, 4), 0.25), "SCALAR")
    spline = np.stack([np.gradient(moved, 1 / FPS, axis=0), moved, np.gradient(moved, 1 / FPS, axis=0)], 1)
    scene.curve(scene.face("Face", ARKIT), "weights", spline, "SCALAR", interpolation="CUBICSPLINE")
    clip = back(scene.write(tmp_path / "a.glb"))
    for name in SEEN:
        assert value_of(clip, name) == pytest.approx(moved[:, ARKIT.index(name)], abs=1e-5), name


def test_between_keys_weights_go_straight(tmp_path):
    scene = Scene()
    scene.times = scene.accessor(np.array([0.0, 1.0, 3.0]), "SCALAR")
    targets = [name for name in SEEN if name != "jawOpen"][:12]
    moved = np.zeros((3, len(targets)))
    moved[1] = 0.8
    scene.curve(scene.face("Face", targets), "weights", moved, "SCALAR")
    four = scene.face("Teeth", ["jawOpen", "x", "y", "z"])
    scene.curve(four, "weights", np.array([[0.0] * 4, [1.0, 0.0, 0.0, 0.0], [0.0] * 4]), "SCALAR")
    clip = back(scene.write(tmp_path / "a.glb"))
    assert clip.fps == 30
    assert value_of(clip, targets[0])[15] == pytest.approx(0.4, abs=1e-5)
    assert value_of(clip, "jawOpen")[15] == pytest.approx(0.5, abs=1e-5)
    assert value_of(clip, "jawOpen")[60] == pytest.approx(0.5, abs=1e-5)


def test_the_head_turns_as_its_bones_do_and_the_first_animation_with_a_face_counts(tmp_path):
    scene, moved = Scene(), weights(ARKIT)
    scene.document["animations"] = [{"samplers": [], "channels": []} for _ in range(3)]
    above = Rotation.from_rotvec([0.3, 0.0, 0.0])
    spine = scene.node("spine", rotation=above.as_quat().tolist())
    bones = [scene.node(name) for name in ("mixamorig:Neck", "mixamorig:Head")]
    scene.document["nodes"][spine]["children"] = [bones[0]]
    scene.document["nodes"][bones[0]]["children"] = [bones[1]]
    turn = Rotation.from_rotvec(
        np.column_stack([np.zeros(FRAMES), 0.2 * np.sin(seconds()), np.zeros(FRAMES)])
    )
    own = (above.inv() * turn * above).as_quat()
    face = scene.face("Face", ARKIT)
    scene.curve(spine, "translation", np.ones((FRAMES, 3)), "VEC3", animation=0)
    for bone in bones:
        scene.curve(bone, "rotation", own, "VEC4", animation=1)
    scene.curve(face, "weights", moved, "SCALAR", animation=1)
    scene.curve(face, "weights", np.zeros((FRAMES, len(ARKIT))), "SCALAR", animation=2)
    clip = back(scene.write(tmp_path / "a.glb"))
    assert value_of(clip, "jawOpen") == pytest.approx(moved[:, ARKIT.index("jawOpen")], abs=1e-5)
    assert clip.head == pytest.approx((turn * turn).as_rotvec(), abs=1e-5)


def few(scene):
    scene.document["meshes"][0]["extras"]["targetNames"][9:] = ["a"] * 43


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (few, "only 9 shape keys"),
        (lambda scene: scene.document["meshes"][0].pop("extras"), "only 0 shape keys"),
        (lambda scene: scene.document["nodes"][0].update(mesh=7), "only 0 shape keys"),
        (lambda scene: scene.document["accessors"][1].update(count=FRAMES * 52 - 1), "value of every shape"),
        (lambda scene: scene.document["animations"][0]["channels"].clear(), "nothing moves"),
        (lambda scene: scene.document.pop("animations"), "no animation"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, capsys, change, said):
    scene = Scene()
    scene.curve(scene.face("Face", ARKIT), "weights", weights(ARKIT), "SCALAR")
    change(scene)
    path = scene.write(tmp_path / "a.glb")
    assert main(["import", str(path), "--out", str(tmp_path / "out.npz")]) == 3
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()
