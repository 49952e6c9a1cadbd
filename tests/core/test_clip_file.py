"""Reading what the backend writes: clips and face models, good and bad."""

from __future__ import annotations

import numpy as np
import pytest

from addon.core.clip.clip import STAND_IN, WITHOUT_TONGUE, read_clip
from addon.core.clip.face_model import read_face_model
from addon.core.clip.identity import read_identity
from addon.core.errors import UserError
from elocute.errors import InputError
from elocute.face.model import FaceModel
from elocute.motion.basis import ELOCUTE_HEAD_1
from elocute.motion.clip import MotionClip
from tests.core.synthetic_face import saved_face, synthetic_face


@pytest.fixture
def clip_file(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "clip.npz"
    MotionClip(
        fps=25.0,
        basis="elocute-head-1",
        expression=rng.random((6, 43)).astype(np.float32),
        jaw=rng.random((6, 3)).astype(np.float32),
        head=rng.random((6, 3)).astype(np.float32),
        eyes=rng.random((6, 6)).astype(np.float32),
        meta={"seed": 3, "audio": "zwölf.wav"},
    ).save(path)
    return path


def rewritten(path, **changes):
    """The same archive with arrays replaced (None removes one)."""
    with np.load(path) as data:
        arrays = {name: data[name] for name in data.files}
    arrays |= changes
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    return path


@pytest.mark.parametrize("as_bytes", [False, True])
def test_clip_round_trip(clip_file, as_bytes):
    clip = read_clip(clip_file.read_bytes() if as_bytes else clip_file)
    original = MotionClip.load(clip_file)
    for name in ("expression", "jaw", "head", "eyes"):
        np.testing.assert_array_equal(getattr(clip, name), getattr(original, name))
    assert (clip.fps, clip.basis, clip.neck, clip.shape) == (25.0, "elocute-head-1", None, None)
    assert clip.meta == {"seed": 3, "audio": "zwölf.wav"}
    assert clip.seconds == pytest.approx(0.24)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"jaw": None}, "lacks jaw"),
        ({"format": np.int32(9)}, "format 9"),
        ({"jaw": np.zeros((5, 3))}, "jaw must be"),
        ({"head": np.full((6, 3), np.nan)}, "NaN"),
        ({"expression": np.zeros((0, 43)), "jaw": np.zeros((0, 3))}, "damaged"),
        ({"fps": np.float64(0)}, "fps"),
        ({"meta": np.str_("{")}, "damaged"),
    ],
)
def test_bad_clips(clip_file, changes, says):
    with pytest.raises(UserError, match=says):
        read_clip(rewritten(clip_file, **changes))


def test_what_is_no_npz(tmp_path):
    text = tmp_path / "a.npz"
    text.write_text("hello")
    with pytest.raises(UserError, match="is not a motion clip"):
        read_clip(text)
    with pytest.raises(UserError, match="There is no file"):
        read_clip(tmp_path / "none.npz")
    with pytest.raises(UserError, match="is a folder"):
        read_clip(tmp_path)
    with pytest.raises(UserError, match="The received data is not a motion clip"):
        read_clip(b"")
    np.save(tmp_path / "b.npy", np.zeros(3))
    with pytest.raises(UserError, match="is not a motion clip"):
        read_clip(tmp_path / "b.npy")


def test_what_to_do_about_a_file_that_is_no_clip(clip_file, tmp_path):
    capture = tmp_path / "capture.csv"
    capture.write_text("Timecode,BlendShapeCount")
    for wrong in (capture, rewritten(clip_file, jaw=None)):
        with pytest.raises(UserError) as caught:
            read_clip(wrong)
        assert "Elocute wrote" in caught.value.hint
        assert "elocute import" in caught.value.hint


def test_pickles_are_refused(tmp_path):
    path = tmp_path / "evil.npz"
    np.savez(path, format=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match="is not a motion clip"):
        read_clip(path)


def test_truncated_clip(clip_file):
    content = clip_file.read_bytes()
    with pytest.raises(UserError, match="is not a motion clip"):
        read_clip(content[: len(content) // 2])


def test_face_round_trip(tmp_path):
    face, original = read_face_model(saved_face(tmp_path)), synthetic_face()
    for name in (
        "v_template",
        "faces",
        "expression_dirs",
        "weights",
        "uv",
        "vertex_colors",
        "landmark_faces",
    ):
        np.testing.assert_array_equal(getattr(face, name), getattr(original, name), err_msg=name)
    assert face.expression_names == original.expression_names
    assert face.head_joint == 1
    np.testing.assert_array_equal(face.masks["lips"], original.masks["lips"])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"weights": None}, "lacks weights"),
        ({"format": np.int32(2)}, "format 2"),
        ({"expression_vertex": np.array([10**6] * 3, np.int32)}, "damaged"),
        ({"parents": np.array([-1, 2, 1, 1, 1], np.int32)}, "parents"),
        ({"head_joint": np.int32(7)}, "head_joint"),
        ({"landmark_faces": np.full(68, 10**6, np.int32)}, "landmark_faces"),
    ],
)
def test_bad_faces(tmp_path, changes, says):
    with pytest.raises(UserError, match=says):
        read_face_model(rewritten(saved_face(tmp_path), **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"fps": np.str_("25")},
        {"fps": np.array([25.0])},
        {"fps": np.float64(1e300)},
        {"format": np.float64(1)},
        {"basis": np.int32(3)},
        {"expression": np.full((6, 43), "1")},
        {"expression": np.zeros((6, 43), np.complex64)},
        {"head": np.full((6, 3), 1e300)},
        {"meta": np.str_("[" * 5000)},
        {"meta": np.str_('{"a": NaN}')},
        {"meta": np.str_("[]")},
        {"meta": np.str_('{"a": ' + "9" * 5000 + "}")},
    ],
)
def test_members_of_the_wrong_kind_are_one_sentence(clip_file, changes):
    with pytest.raises(UserError) as caught:
        read_clip(rewritten(clip_file, **changes))
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError):
        MotionClip.load(clip_file)


def patched(path, mark, offset, number, size):
    """The archive with a number changed in every record that begins with ``mark``."""
    content = bytearray(path.read_bytes())
    at = content.find(mark)
    while at >= 0:
        content[at + offset : at + offset + size] = number.to_bytes(size, "little")
        at = content.find(mark, at + 4)
    return bytes(content)


@pytest.mark.parametrize(
    ("offset", "number", "size", "says"),
    [
        (8, 1, 2, "it is encrypted"),
        (10, 99, 2, "packed by an unknown method"),
        (24, 2**32 - 2, 4, "unpacks to more than"),
    ],
)
def test_archives_that_lie_are_one_sentence(clip_file, offset, number, size, says):
    with pytest.raises(UserError, match=f"is not a motion clip: .*{says}"):
        read_clip(patched(clip_file, b"PK\x01\x02", offset, number, size))
    with pytest.raises(UserError, match="it is a Git LFS pointer"):
        read_clip(b"version https://git-lfs.github.com/spec/v1\n")


def test_both_sides_read_an_identity(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6.0).reshape(2, 3))
    assert read_identity(tmp_path / "a.npy").tolist() == [0, 1, 2]
    for content in (np.array("x"), np.zeros(0), np.array([np.nan]), np.float32(3)):
        np.save(tmp_path / "a.npy", content)
        with pytest.raises(UserError, match="contains no identity coefficients"):
            read_identity(tmp_path / "a.npy")


@pytest.mark.parametrize(
    "changes",
    [
        {"joint_controls": np.str_('{"jawOpen": {"joint": "nose", "rotation": [0, 0, 0]}}')},
        {"joint_controls": np.str_('{"jawOpen": {"joint": "jaw", "rotation": "x"}}')},
        {"joint_controls": np.str_("[]")},
        {"masks/lips": np.array([10**6])},
        {"masks/lips": np.array(["a"])},
        {"expression_names": np.array([1, 2])},
        {"expression_names": np.array(["x"] * 100_000)},
        {"basis": np.float32(1)},
        {"head_joint": np.array([1, 2])},
        {"uv": np.zeros(3)},
    ],
)
def test_parts_of_a_face_that_do_not_fit_are_one_sentence_on_both_sides(tmp_path, changes):
    path = rewritten(saved_face(tmp_path), **changes)
    with pytest.raises(UserError, match="is damaged"):
        read_face_model(path)
    with pytest.raises(InputError, match="is damaged"):
        FaceModel.load(path)


def test_a_clip_with_a_tongue_and_a_head_without_one_find_each_other(tmp_path):
    frames = np.random.default_rng(3).random((6, 59)).astype(np.float32)
    still = np.zeros((6, 3), np.float32)
    clips = {}
    for width in (43, 59):
        path = tmp_path / f"{width}.npz"
        MotionClip(25.0, "elocute-head-1", frames[:, :width], still, still).save(path)
        clips[width] = read_clip(path)
    assert np.array_equal(clips[59].padded(43).expression, frames[:, :43])
    grown = clips[43].padded(59).expression
    assert np.array_equal(grown[:, :43], frames[:, :43])
    assert grown.shape == (6, 59)
    assert not grown[:, 43:].any()
    assert clips[59].padded(59) is clips[59]
    assert clips[59].padded(40) is clips[59]  # a head that lacks more is no older one


def test_the_add_on_and_the_backend_know_the_same_tongue():
    assert (WITHOUT_TONGUE, len(ELOCUTE_HEAD_1.expressions)) == ELOCUTE_HEAD_1.widths
    assert ELOCUTE_HEAD_1.name == STAND_IN
