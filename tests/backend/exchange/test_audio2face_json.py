"""Audio2Face's JSON there and back, in all three sets of shapes."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from elocute.cli import main
from elocute.exchange.audio2face_json import OLD_SHAPES
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import EXPRESSION_INDEX, EXPRESSION_NAMES, TONGUE_NAMES
from tests.backend.exchange.captures_made import back, farthest, performance, there


@pytest.mark.parametrize(("flags", "shapes"), [((), 52), (("--tongue",), 68)])
def test_a_clip_comes_back(tmp_path, flags, shapes):
    clip = performance()
    path = there(clip, "audio2face-json", tmp_path / "a2f.json", *flags)
    content = json.loads(path.read_text())
    assert len(content["facsNames"]) == content["numPoses"] == shapes
    assert content["facsNames"][:2] == ["EyeBlinkLeft", "EyeLookDownLeft"]
    assert content["facsNames"][51] == "TongueOut"
    assert (content["exportFps"], content["numFrames"], len(content["weightMat"])) == (30.0, 90, 90)
    worst = farthest(clip, back(path))
    assert worst.pop("head") > 0.1  # the format has none
    assert max(worst.values()) < 1e-6


def test_the_older_shapes_come_back_as_far_as_they_tell(tmp_path):
    clip = performance()
    path = there(clip, "audio2face-json", tmp_path / "a2f.json", "--facs-46")
    content = json.loads(path.read_text())
    assert content["facsNames"] == list(OLD_SHAPES)
    assert len(OLD_SHAPES) == 46
    read = back(path)
    merged = ("mouthShrug", "mouthPress", "mouthRoll", "tongueOut")
    told = [index for index, name in enumerate(EXPRESSION_NAMES) if not name.startswith(merged)]
    assert np.abs(read.expression - clip.expression)[:, told].max() < 1e-6
    assert np.abs(read.jaw - clip.jaw).max() < 1e-6
    press = [EXPRESSION_INDEX["mouthPressLeft"], EXPRESSION_INDEX["mouthPressRight"]]
    assert np.allclose(read.expression[:, press], clip.expression[:, press].mean(axis=1)[:, None], atol=1e-6)
    again = there(read, "audio2face-json", tmp_path / "again.json", "--facs-46")
    same = [at for at, name in enumerate(OLD_SHAPES) if not name.startswith("eyesLook")]
    one, other = (np.array(json.loads(text)["weightMat"]) for text in (again.read_text(), path.read_text()))
    assert np.allclose(one[:, same], other[:, same], atol=1e-6)


def test_eyes_of_the_older_shapes_look_to_the_side_that_is_named(tmp_path):
    weights = [[1.0 if name == "eyesLookLeft" else 0.0 for name in OLD_SHAPES]] * 3
    path = tmp_path / "a2f.json"
    path.write_text(json.dumps({"exportFps": 30, "facsNames": list(OLD_SHAPES), "weightMat": weights}))
    read = back(path)
    assert read.eyes[:, [1, 4]].min() > 0.4
    assert np.abs(read.eyes[:, [0, 2, 3, 5]]).max() == 0


def test_the_tongue_comes_back_and_its_shapes_have_their_order(tmp_path):
    given = performance()
    tongue = np.linspace(0.1, 0.9, given.frames)[:, None] * np.linspace(0.2, 1.0, len(TONGUE_NAMES))
    clip = replace(given, expression=np.column_stack([given.expression, tongue]).astype(np.float32))
    path = there(clip, "audio2face-json", tmp_path / "a2f.json", "--tongue")
    assert json.loads(path.read_text())["facsNames"][52:] == [
        *("TongueTipUp", "TongueTipDown", "TongueTipLeft", "TongueTipRight"),
        *("TongueRollUp", "TongueRollDown", "TongueRollLeft", "TongueRollRight"),
        *("TongueUp", "TongueDown", "TongueLeft", "TongueRight"),
        *("TongueIn", "TongueStretch", "TongueWide", "TongueNarrow"),
    ]
    np.testing.assert_allclose(back(path).expression, clip.expression, atol=1e-6)
    without = there(clip, "audio2face-json", tmp_path / "without.json")
    assert back(without).expression.shape[1] == given.expression.shape[1]


def good():
    names = ["JawOpen", "MouthClose", *(f"MouthSmile{side}" for side in ("Left", "Right")), "TongueOut",
             "CheekPuff", "BrowInnerUp", "MouthPucker", "MouthFunnel", "JawLeft", "Whatever"]  # fmt: skip
    return {"exportFps": 30, "facsNames": names, "weightMat": [[0.25] * len(names)] * 4}


def test_shapes_that_are_unknown_are_left_out(tmp_path, capsys):
    (tmp_path / "a.json").write_text(json.dumps(good()))
    read = back(tmp_path / "a.json")
    assert isinstance(read, MotionClip)
    assert np.allclose(read.expression[:, EXPRESSION_INDEX["mouthPucker"]], 0.25)
    assert "they stay at rest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"exportFps": 0}, "no rate"),
        ({"exportFps": "30"}, "no rate"),
        ({"facsNames": "JawOpen"}, "no list of names"),
        ({"weightMat": [[0.0]]}, "a number for each shape"),
        ({"weightMat": [["0"] * 11]}, "a number for each shape"),
        ({"weightMat": []}, "no frames"),
        ({"facsNames": ["JawOpen"] * 11}, "twice"),
        ({"facsNames": ["x"] * 11}, "only 0 of ARKit's"),
        ({"exportFps": 1e9}, "none of a face"),
    ],
)
def test_what_is_damaged_is_told(tmp_path, capsys, change, said):
    (tmp_path / "a.json").write_text(json.dumps({**good(), **change}))
    assert main(["import", str(tmp_path / "a.json"), "--out", str(tmp_path / "out.npz")]) == 3
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


def test_a_text_that_begins_like_json_is_told(tmp_path, capsys):
    (tmp_path / "a.json").write_text('{"facsNames": [')
    assert main(["import", str(tmp_path / "a.json"), "--out", str(tmp_path / "out.npz")]) == 3
    assert "it is no JSON" in capsys.readouterr().err
