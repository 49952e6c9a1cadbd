"""MotionClip: validation, and files that survive a round trip or are refused with a sentence."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.motion.clip import LARGEST, MotionClip, named_clip
from elocute.motion.head1_basis import BASIS, EXPRESSION_NAMES


def make_clip(frames: int = 7, **changes) -> MotionClip:
    rng = np.random.default_rng(3)
    fields = {
        "fps": 25.0,
        "basis": BASIS,
        "expression": rng.normal(size=(frames, len(EXPRESSION_NAMES))).astype(np.float32),
        "jaw": rng.normal(size=(frames, 3)).astype(np.float32),
        "head": rng.normal(size=(frames, 3)).astype(np.float32),
        "eyes": rng.normal(size=(frames, 6)).astype(np.float32),
        "shape": rng.normal(size=10).astype(np.float32),
        "meta": {"model": "rules", "style": "Grüße"},
    }
    return MotionClip(**(fields | changes))


def test_round_trip_keeps_every_field_and_omits_absent_ones(tmp_path):
    clip = make_clip()
    path = tmp_path / "clip.npz"
    clip.save(path)
    loaded = MotionClip.load(path)
    for name in ("expression", "jaw", "head", "eyes", "shape"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(clip, name))
    assert loaded.neck is None
    assert (loaded.fps, loaded.basis, dict(loaded.meta)) == (clip.fps, clip.basis, dict(clip.meta))
    assert loaded.seconds == pytest.approx(7 / 25)


def test_saved_file_holds_no_pickled_object(tmp_path):
    path = tmp_path / "clip.npz"
    make_clip().save(path)
    with np.load(path, allow_pickle=False) as data:
        assert all(data[name].dtype != object for name in data.files)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"jaw": np.zeros((6, 3), np.float32)}, "jaw must be"),
        ({"expression": np.zeros(7, np.float32)}, "expression must be"),
        ({"eyes": np.full((7, 6), np.nan, np.float32)}, "NaN"),
        ({"fps": 0.0}, "fps"),
        ({"shape": np.zeros((1, 10), np.float32)}, "shape must be"),
    ],
)
def test_impossible_clips_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        make_clip(**changes)


def test_files_that_are_no_clip_give_one_sentence(tmp_path):
    text = tmp_path / "text.npz"
    text.write_text("not a clip")
    empty = tmp_path / "empty.npz"
    empty.touch()
    partial = tmp_path / "partial.npz"
    np.savez(partial, format=1, fps=25.0)
    future = tmp_path / "future.npz"
    np.savez(future, format=99, fps=25.0, basis="x", expression=0, jaw=0, head=0)
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, format=np.array([{"a": 1}], dtype=object))
    for path in (text, empty, partial, future, pickled, tmp_path / "absent.npz", tmp_path):
        with pytest.raises(InputError) as caught:
            MotionClip.load(path)
        assert "\n" not in str(caught.value)


def test_truncated_file_is_refused(tmp_path):
    path = tmp_path / "clip.npz"
    make_clip(frames=500).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError):
        MotionClip.load(path)


def test_damaged_values_are_refused(tmp_path):
    path = tmp_path / "clip.npz"
    zeros = np.zeros((4, 3), np.float32)
    np.savez(path, format=1, fps=25.0, basis="b", expression=zeros, jaw=zeros[:2], head=zeros)
    with pytest.raises(InputError, match="damaged"):
        MotionClip.load(path)


def test_a_clip_is_read_from_its_bytes():
    stream = io.BytesIO()
    clip = make_clip()
    clip.write(stream)
    loaded = MotionClip.load(stream.getvalue())
    np.testing.assert_array_equal(loaded.expression, clip.expression)
    for damaged in (b"", b"text", stream.getvalue()[:-200]):
        with pytest.raises(InputError, match=r"^The clip is not a motion clip"):
            MotionClip.load(damaged)


@pytest.mark.parametrize(
    "odd",
    [
        {"format": np.array([1, 1])},
        {"fps": np.array([25.0, 25.0])},
        {"fps": np.array("fast")},
        {"expression": np.array("words")},
        {"meta": np.array("3")},
        {"meta": np.array("[" * 100_000)},
        {"meta": np.array("{")},
    ],
)
def test_values_of_another_kind_are_refused_with_a_sentence(odd):
    zeros = np.zeros((4, 3), np.float32)
    stream = io.BytesIO()
    arrays = {"format": 1, "fps": 25.0, "basis": "b", "expression": zeros, "jaw": zeros, "head": zeros}
    np.savez(stream, **(arrays | odd))
    with pytest.raises(InputError, match=r"^The clip is damaged"):
        MotionClip.load(stream.getvalue())


def test_a_small_file_that_unpacks_to_much_is_refused():
    stream = io.BytesIO()
    np.savez_compressed(stream, format=1, expression=np.zeros(LARGEST // 8, np.float64))
    assert len(stream.getvalue()) < 2**20
    with pytest.raises(InputError, match="is too large"):
        MotionClip.load(stream.getvalue())


def test_a_clip_without_frames_is_refused(tmp_path):
    empty = make_clip().part(0, 0)
    empty.save(tmp_path / "empty.npz")
    for source in (tmp_path / "empty.npz", (tmp_path / "empty.npz").read_bytes()):
        with pytest.raises(InputError, match="is damaged: it has no frames") as refused:
            MotionClip.load(source)
        assert refused.value.code == "bad_clip"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_a_clip_may_come_through_a_pipe(tmp_path):
    stream = io.BytesIO()
    make_clip().write(stream)
    content = stream.getvalue()
    assert named_clip(filled_pipe(tmp_path / "clip", content), 10**6) == content
    other = filled_pipe(tmp_path / "other", b"what is no clip")
    with pytest.raises(InputError, match=f"^{other} is not a motion clip"):
        named_clip(other, 10**6)


def filled_pipe(path: Path, content: bytes) -> Path:
    """A pipe with a name from which the content is read once."""
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=(content,), daemon=True).start()
    return path


def test_a_capture_in_a_clips_place_is_told_what_makes_a_clip_of_it(tmp_path):
    capture = tmp_path / "face.csv"
    capture.write_text("Timecode,BlendShapeCount,EyeBlinkLeft\n")
    with pytest.raises(InputError) as caught:
        MotionClip.load(capture)
    assert "elocute import" in caught.value.hint
