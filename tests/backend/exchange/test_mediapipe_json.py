"""Results of MediaPipe's face landmarker there and back, and in the shapes that programs give them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elocute.cli import main
from elocute.exchange.mediapipe_json import SHAPES
from elocute.motion.head1_basis import EXPRESSION_INDEX
from tests.backend.exchange.captures_made import back, farthest, performance, there


def without_tongue():
    clip = performance(eyes=True)
    clip.expression[:, EXPRESSION_INDEX["tongueOut"]] = 0
    clip.eyes[:, [2, 5]] = 0
    return clip


def frames_of(path):
    return json.loads(path.read_text())["frames"]


def test_a_clip_comes_back(tmp_path):
    clip = without_tongue()
    path = there(clip, "mediapipe-json", tmp_path / "a.json")
    categories = frames_of(path)[0]["faceBlendshapes"][0]["categories"]
    assert [one["categoryName"] for one in categories] == ["_neutral", *SHAPES]
    assert (categories[0]["index"], len(categories)) == (0, 52)
    assert max(farthest(clip, back(path)).values()) < 2e-6


@pytest.mark.parametrize("form", ["list", "snake", "categories", "nested", "unstamped"])
def test_what_programs_make_of_the_results_is_read(tmp_path, form):
    clip = without_tongue()
    path = there(clip, "mediapipe-json", tmp_path / "a.json")
    frames = frames_of(path)
    for frame in frames:
        if form == "categories":
            frame["faceBlendshapes"] = frame["faceBlendshapes"][0]["categories"]
        elif form == "nested":
            data = frame["facialTransformationMatrixes"][0]["data"]
            frame["facialTransformationMatrixes"] = [np.reshape(data, (4, 4)).T.tolist()]
        elif form == "unstamped":
            del frame["timestampMs"]
    text = json.dumps(frames if form in ("list", "unstamped") else {"frames": frames})
    if form == "snake":
        for camel, snake in (("faceBlendshapes", "face_blendshapes"), ("timestampMs", "timestamp_ms"),
                             ("facialTransf", "facial_transf"), ("mationMatr", "mation_matr"),
                             ("categoryName", "category_name")):  # fmt: skip
            text = text.replace(camel, snake)
    path.write_text(text)
    assert max(farthest(clip, back(path)).values()) < 2e-6


def test_frames_without_a_face_are_filled(tmp_path, capsys):
    clip = without_tongue()
    path = there(clip, "mediapipe-json", tmp_path / "a.json")
    frames = frames_of(path)
    frames[30]["faceBlendshapes"] = []
    path.write_text(json.dumps(frames))
    read = back(path)
    assert "1 dropped frame was" in capsys.readouterr().out
    assert max(farthest(clip, read).values()) < 0.05


def test_of_frames_without_a_face_at_the_ends_is_said_how_much_later_the_clip_begins(tmp_path, capsys):
    path = there(without_tongue(), "mediapipe-json", tmp_path / "a.json")
    for times in (True, False):
        frames = frames_of(path)
        for number, frame in enumerate(frames):
            if number < 12 or number >= len(frames) - 6:
                frame["faceBlendshapes"] = []
            if not times:
                del frame["timestampMs"]
        (tmp_path / "ends.json").write_text(json.dumps({"frames": frames, "fps": 30}))
        read = back(tmp_path / "ends.json")
        told = capsys.readouterr().out
        assert read.frames == len(frames) - 18
        assert "18 frames without a face at the start or the end of the take, left out." in told
        assert "The clip begins 0.40 s into the take." in told
        assert "The clip begins 0.40 s into the take." in read.meta["notes"]
    assert "notes" not in back(path).meta


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([{"faceBlendshapes": []}] * 3, "it has no frame with a face"),
        ([{"faceBlendshapes": []}, None], "frame 2 has no list of blend shapes"),
        (
            [{"faceBlendshapes": []}] * 2 + [{"faceBlendshapes": [{"categories": 3}]}],
            "frame 3 has no list of",
        ),
    ],
)
def test_what_is_no_face_is_named_by_its_frame(tmp_path, capsys, frames, said):
    (tmp_path / "a.json").write_text(json.dumps(frames))
    assert main(["import", str(tmp_path / "a.json"), "--out", str(tmp_path / "c.npz")]) == 3
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"faceBlendshapes": [{"categories": 3}]}, "no list of categories"),
        ({"faceBlendshapes": 3}, "no list of blend shapes"),
        ({"faceBlendshapes": [{"categories": [{"categoryName": "jawOpen", "score": "1"}]}]}, "no number"),
        ({"timestampMs": "x"}, "no number"),
        ({"timestampMs": None}, "no number"),
        ({"timestampMs": float("nan")}, "no number"),
        ({"facialTransformationMatrixes": [{"data": [0] * 16}]}, "no rotation"),
        ({"facialTransformationMatrixes": [{"data": [[1, 0], [0, 1]]}]}, "no 4 x 4 matrix"),
    ],
)
def test_what_is_damaged_is_told(tmp_path, capsys, change, said):
    path = there(without_tongue(), "mediapipe-json", tmp_path / "a.json")
    frames = frames_of(path)
    frames[3].update(change)
    path.write_text(json.dumps(frames))
    assert main(["import", str(path), "--out", str(tmp_path / "out.npz")]) == 3
    assert said in capsys.readouterr().err


def test_too_few_shapes_are_told(tmp_path, capsys):
    path = tmp_path / "a.json"
    one = {"faceBlendshapes": [{"categories": [{"categoryName": "jawOpen", "score": 1}]}]}
    path.write_text(json.dumps([one, one]))
    assert main(["import", str(path), "--out", str(tmp_path / "out.npz")]) == 3
    assert "only 1 of ARKit's" in capsys.readouterr().err
