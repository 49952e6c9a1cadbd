"""VRM animations: what is written is a whole glTF file, what is read may come from any program."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from elocute.bench.transfer_loss import head_landmarks
from elocute.cli import main
from elocute.controls.vocabulary import ARKIT
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS, EXPRESSION_INDEX, EXPRESSION_NAMES, JAW_OPEN_RADIANS
from scripts.bench.data import HEAD
from tests.backend.exchange.captures_made import back, farthest, packed_glb, performance, there

REQUIRED = {
    *("hips", "spine", "head"),
    *(
        side + bone
        for side in ("left", "right")
        for bone in ("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand")
    ),
}


def parts(data):
    """JSON and numbers of a binary glTF file, by its specification alone."""
    magic, version, total = struct.unpack_from("<4sII", data)
    assert (magic, version, total) == (b"glTF", 2, len(data))
    length, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON"
    assert length % 4 == 0
    size, kind = struct.unpack_from("<I4s", data, 20 + length)
    assert kind == b"BIN\0"
    assert 28 + length + size == total
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def numbers(document, binary, accessor):
    described = document["accessors"][accessor]
    view = document["bufferViews"][described["bufferView"]]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[described["type"]]
    assert described["componentType"] == 5126
    assert view["byteLength"] == 4 * width * described["count"]
    assert view["byteOffset"] % 4 == 0
    return np.frombuffer(binary, "<f4", width * described["count"], view["byteOffset"]).reshape(-1, width)


def curves(document, binary):
    animation = document["animations"][0]
    found = {}
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        times = document["accessors"][sampler["input"]]
        seconds = numbers(document, binary, sampler["input"])[:, 0]
        assert times["min"] == [seconds.min()]
        assert times["max"] == [seconds.max()]
        key = channel["target"]["node"], channel["target"]["path"]
        found[key] = seconds, numbers(document, binary, sampler["output"])
    return found


def test_the_file_is_whole_and_says_what_the_specification_asks_for(tmp_path):
    clip = performance()
    document, binary = parts(there(clip, "vrma", tmp_path / "a.vrma").read_bytes())
    assert document["asset"]["version"] == "2.0"
    assert document["extensionsUsed"] == ["VRMC_vrm_animation"]
    assert document["buffers"] == [{"byteLength": len(binary)}]
    said = document["extensions"]["VRMC_vrm_animation"]
    assert said["specVersion"] == "1.0"
    bones = {name: one["node"] for name, one in said["humanoid"]["humanBones"].items()}
    assert set(bones) >= REQUIRED
    assert not {"leftEye", "rightEye"} & set(bones)
    assert set(said["expressions"]["preset"]) == {"aa", "ih", "ou", "ee", "oh", "blinkLeft", "blinkRight"}
    moved = curves(document, binary)
    for node, path in moved:
        assert path == (
            "rotation" if node in (bones["neck"], bones["head"], said["lookAt"]["node"]) else "translation"
        )
    assert document["nodes"][bones["head"]]["name"] == "head"
    assert bones["head"] in document["nodes"][bones["neck"]]["children"]
    seconds, turns = moved[bones["head"], "rotation"]
    assert np.allclose(seconds, np.arange(clip.frames) / clip.fps)
    assert np.allclose(np.linalg.norm(turns, axis=1), 1, atol=1e-6)
    neck = Rotation.from_quat(moved[bones["neck"], "rotation"][1])
    whole = (neck * Rotation.from_quat(turns)).as_rotvec()
    assert np.abs(whole - clip.head).max() < 1e-5
    for one in said["expressions"]["preset"].values():
        weights = moved[one["node"], "translation"][1]
        assert (weights[:, 0] >= 0).all()
        assert (weights[:, 0] <= 1).all()
        assert not weights[:, 1:].any()
    # Down and to the left are turns about +x and +y of a model that faces +z.
    yaw, pitch, _ = Rotation.from_quat(moved[said["lookAt"]["node"], "rotation"][1]).as_euler("YXZ").T
    assert np.corrcoef(yaw, clip.eyes[:, 1] + clip.eyes[:, 4])[0, 1] > 0.999
    assert np.corrcoef(pitch, clip.eyes[:, 0] + clip.eyes[:, 3])[0, 1] > 0.999


def test_a_clip_comes_back_with_perfect_sync(tmp_path):
    clip = performance()
    clip.eyes[:, 3:] = clip.eyes[:, :3]  # one gaze for both
    clip.eyes[:, [2, 5]] = 0
    path = there(clip, "vrma", tmp_path / "a.vrma", "--perfect-sync")
    said = parts(path.read_bytes())[0]["extensions"]["VRMC_vrm_animation"]
    assert len(said["expressions"]["custom"]) == len(ARKIT)
    assert "JawOpen" in said["expressions"]["custom"]
    worst = farthest(clip, back(path))
    assert worst.pop("eyes") < 0.03  # axis-angle vectors of two angles have a little roll
    assert max(worst.values()) < 1e-5


def spoken(frames=120):
    """A mouth that opens, rounds and closes."""
    time = np.arange(frames) / 30
    expression = np.zeros((frames, len(EXPRESSION_NAMES)))
    jaw = np.zeros((frames, 3))
    jaw[:, 0] = JAW_OPEN_RADIANS * 0.6 * np.clip(np.sin(2 * time) ** 2 - 0.2, 0, 1)
    expression[:, EXPRESSION_INDEX["mouthPucker"]] = 0.8 * np.clip(np.sin(1.1 * time), 0, 1)
    expression[:, EXPRESSION_INDEX["eyeBlinkLeft"]] = np.clip(np.sin(3 * time), 0, 1)
    return MotionClip(30.0, BASIS, expression, jaw, np.zeros((frames, 3)), None, np.zeros((frames, 6)))


def test_vowels_open_and_round_the_mouth_as_the_clip_does(tmp_path):
    clip = spoken()
    read = back(there(clip, "vrma", tmp_path / "a.vrma"))
    assert np.corrcoef(read.jaw[:, 0], clip.jaw[:, 0])[0, 1] > 0.9
    pucker = EXPRESSION_INDEX["mouthPucker"]
    # "ou" opens the lips a little, so a mouth that puckers shut is closed rather than puckered.
    open_ = clip.jaw[:, 0] > 0.1 * JAW_OPEN_RADIANS
    assert np.corrcoef(read.expression[open_, pucker], clip.expression[open_, pucker])[0, 1] > 0.95
    blink = EXPRESSION_INDEX["eyeBlinkLeft"]
    assert np.abs(read.expression[:, blink] - clip.expression[:, blink]).max() < 1e-5
    shut = (clip.jaw[:, 0] == 0) & (clip.expression[:, pucker] < 0.01)
    assert shut.any()
    assert read.jaw[shut, 0].max() < 0.03 * JAW_OPEN_RADIANS


def test_lips_that_are_shut_are_shut_by_vowels_too(tmp_path):
    """A jaw that is open behind closed, rounded lips, as in P: vowels open both or neither."""
    clip = spoken()
    clip.expression[:, EXPRESSION_INDEX["mouthPucker"]] = 0.5
    clip.jaw[:, 0] = 0.3 * JAW_OPEN_RADIANS
    shut = np.arange(clip.frames) % 40 < 20
    clip.expression[shut, EXPRESSION_INDEX["mouthClose"]] = 0.3
    head = FaceModel.load(HEAD)
    openings = []
    for one in (clip, back(there(clip, "vrma", tmp_path / "a.vrma"))):
        points = head_landmarks(head, one)
        openings.append(np.linalg.norm(points[:, 62] - points[:, 66], axis=-1))
    assert openings[0][shut].max() < 0.8
    assert openings[0][~shut].min() > 4
    inner = shut & np.roll(shut, 2) & np.roll(shut, -2)
    assert openings[1][inner].max() < 1.2
    assert openings[1][~shut].max() > 3


def of_another_program(tmp_path, change):
    """Another file with the curves of a clip, changed as the specification allows."""
    clip = performance()
    clip.eyes[:] = 0
    document, binary = parts(there(clip, "vrma", tmp_path / "a.vrma", "--perfect-sync").read_bytes())
    data = bytearray(binary)
    change(document, data)
    document["buffers"][0]["byteLength"] = len(data)
    path = tmp_path / "b.vrma"
    path.write_bytes(packed_glb(document, bytes(data)))
    return clip, path


def sampler_of(document, bone):
    node = document["extensions"]["VRMC_vrm_animation"]["humanoid"]["humanBones"][bone]["node"]
    animation = document["animations"][0]
    channel = next(one for one in animation["channels"] if one["target"]["node"] == node)
    return node, animation["samplers"][channel["sampler"]]


def test_bones_may_be_turned_at_rest(tmp_path):
    above, own = Rotation.from_rotvec([0.4, -1.0, 0.7]), Rotation.from_rotvec([-0.9, 0.2, 1.3])

    def change(document, data):
        chest = document["extensions"]["VRMC_vrm_animation"]["humanoid"]["humanBones"]["chest"]["node"]
        document["nodes"][chest]["rotation"] = above.as_quat().tolist()
        for bone, rest, parent in (("neck", own, above), ("head", Rotation.identity(), above * own)):
            node, sampler = sampler_of(document, bone)
            turns = Rotation.from_quat(numbers(document, bytes(data), sampler["output"]))
            document["nodes"][node]["rotation"] = rest.as_quat().tolist()
            moved = (parent.inv() * turns * parent * rest).as_quat().astype("<f4")
            view = document["bufferViews"][document["accessors"][sampler["output"]]["bufferView"]]
            data[view["byteOffset"] : view["byteOffset"] + moved.nbytes] = moved.tobytes()

    clip, path = of_another_program(tmp_path, change)
    assert farthest(clip, back(path))["head"] < 1e-5


@pytest.mark.parametrize(("kind", "full", "code"), [("<i2", 32767, 5122), ("i1", 127, 5120)])
def test_rotations_may_be_whole_numbers(tmp_path, kind, full, code):
    def change(document, data):
        for bone in ("neck", "head"):
            _, sampler = sampler_of(document, bone)
            accessor = document["accessors"][sampler["output"]]
            rows = np.round(numbers(document, bytes(data), sampler["output"]) * full).astype(kind)
            accessor |= {"componentType": code, "normalized": True}
            view = document["bufferViews"][accessor["bufferView"]]
            view |= {"byteOffset": len(data), "byteLength": rows.nbytes}
            data += rows.tobytes()

    clip, path = of_another_program(tmp_path, change)
    assert farthest(clip, back(path))["head"] < 3 / full


@pytest.mark.parametrize("interpolation", ["STEP", "CUBICSPLINE"])
def test_every_interpolation_is_read(tmp_path, interpolation):
    def change(document, data):
        for bone in ("neck", "head"):
            _, sampler = sampler_of(document, bone)
            sampler["interpolation"] = interpolation
            if interpolation == "CUBICSPLINE":
                accessor = document["accessors"][sampler["output"]]
                rows = numbers(document, bytes(data), sampler["output"])
                tangents = np.gradient(rows, 1 / 30, axis=0)
                spline = np.stack([tangents, rows, tangents], axis=1).astype("<f4")
                view = document["bufferViews"][accessor["bufferView"]]
                view |= {"byteOffset": len(data), "byteLength": spline.nbytes}
                accessor["count"] = 3 * len(rows)
                data += spline.tobytes()

    clip, path = of_another_program(tmp_path, change)
    assert farthest(clip, back(path))["head"] < 1e-5
    halved = back(path, "--fps", "60")
    assert halved.frames == 2 * clip.frames - 1


def test_few_keys_are_read_at_the_rate_of_the_specification(tmp_path):
    """Three keys far apart, and a linear turn between them."""
    times = np.array([0.0, 1.0, 3.0], "<f4")
    turns = Rotation.from_rotvec([[0, 0, 0], [0, 0.6, 0], [0, 0, 0]]).as_quat().astype("<f4")
    turns[1] *= -1  # the same turn
    weights = np.array([[0, 0, 0], [2, 0, 0], [0.5, 0, 0]], "<f4")
    binary = times.tobytes() + turns.tobytes() + weights.tobytes()
    sizes = (times.nbytes, turns.nbytes, weights.nbytes)
    offsets = (0, sizes[0], sizes[0] + sizes[1])
    document = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": at, "byteLength": size}
            for at, size in zip(offsets, sizes, strict=True)
        ],
        "accessors": [
            {"bufferView": place, "componentType": 5126, "count": 3, "type": kind}
            for place, kind in enumerate(("SCALAR", "VEC4", "VEC3"))
        ],
        "nodes": [{"name": "head"}, {"name": "happy"}],
        "animations": [
            {
                "samplers": [{"input": 0, "output": 1}, {"input": 0, "output": 2}],
                "channels": [
                    {"sampler": 0, "target": {"node": 0, "path": "rotation"}},
                    {"sampler": 1, "target": {"node": 1, "path": "translation"}},
                ],
            }
        ],
        "extensions": {
            "VRMC_vrm_animation": {
                "specVersion": "1.0",
                "humanoid": {"humanBones": {"head": {"node": 0}}},
                "expressions": {"preset": {"happy": {"node": 1}}, "custom": {"Sparkle": {"node": 1}}},
            }
        },
    }
    path = tmp_path / "a.vrma"
    path.write_bytes(packed_glb(document, binary))
    clip = back(path)
    assert (clip.fps, clip.frames) == (30, 91)
    assert clip.head[15] == pytest.approx([0, 0.3, 0], abs=1e-5)
    assert clip.head[60] == pytest.approx([0, 0.3, 0], abs=1e-5)
    smile = clip.expression[:, EXPRESSION_INDEX["mouthSmileLeft"]]
    assert smile[30] == pytest.approx(0.8, abs=1e-5), "weights are held within 0 and 1"
    assert smile[90] == pytest.approx(0.4, abs=1e-5)


BROKEN = [
    (lambda d: d.pop("animations"), "no animation"),
    (lambda d: d.pop("extensions"), "no VRM animation"),
    (lambda d: d["animations"][0]["channels"].clear(), "nothing moves"),
    (lambda d: d["accessors"][0].update(count=10**9), "damaged"),
    (lambda d: d["accessors"][0].update(count=10**5), "longer than the file"),
    (lambda d: d["accessors"][1].update(sparse={}), "not read"),
    (lambda d: d["bufferViews"][0].update(buffer=1), "another file"),
    (lambda d: d["nodes"][0].update(children=[0]), "own parent"),
    (lambda d: d["animations"][0]["samplers"][0].update(output=999), "does not hold"),
    (lambda d: d["animations"][0]["samplers"][0].update(interpolation="BEZIER"), "unknown interpolation"),
    (lambda d: d["nodes"][4].update(rotation=[0, 0, 0, 0]), "rotation of a node"),
]


@pytest.mark.parametrize(("change", "said"), BROKEN)
def test_what_is_damaged_is_told(tmp_path, capsys, change, said):
    _, path = of_another_program(tmp_path, lambda document, data: change(document))
    assert main(["import", str(path), "--out", str(tmp_path / "out.npz")]) == 3
    assert said in capsys.readouterr().err
